#include <gtest/gtest.h>
#include <zlib.h>

#include <charconv>
#include <cmath>
#include <string>

#include "base/random.hpp"
#include "market/import/import_file.hpp"
#include "market/import/import_name.hpp"
#include "market/import/import_number.hpp"

namespace clm {
namespace {

std::string gzip_of(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

FileContent read(const std::string& bytes) {
  Result<FileContent> content = read_market_bytes(bytes, {});
  EXPECT_TRUE(content) << to_string(content.error());
  return content ? *std::move(content) : FileContent(0);
}

std::string error_code(const std::string& bytes, const ImportLimits& limits = {}) {
  const Result<FileContent> content = read_market_bytes(bytes, limits);
  return content ? "none" : content.error().code;
}

const std::string kRow = "1672531200000,16541.77,16545.7,16508.39,16529.67,4364.8357";

TEST(ScanDecimal, IsTheNearestDoubleAsFromCharsFindsIt) {
  Random random(7);
  for (int i = 0; i < 200'000; ++i) {
    std::string text = random.below(4) == 0 ? "-" : "";
    for (std::uint64_t d = 0, n = 1 + random.below(11); d < n; ++d) text += static_cast<char>('0' + random.below(10));
    if (random.below(4) != 0) text += '.';
    if (text.back() == '.')
      for (std::uint64_t d = 0, n = random.below(10); d < n; ++d) text += static_cast<char>('0' + random.below(10));
    const std::size_t length = text.size();
    double expected = 0.0;
    std::from_chars(text.data(), text.data() + length, expected);
    text += "," + std::string(kScanSlackBytes, '9');
    double value = 0.0;
    const char* const end = scan_decimal(text.data(), value);
    if (end == nullptr) continue;  // more than 19 digits
    ASSERT_EQ(end, text.data() + length) << text;
    ASSERT_EQ(value, expected) << text;
  }
}

TEST(ScanDecimal, RefusesWhatIsNoPlainNumber) {
  double value = 0.0;
  for (const std::string text : {",", "-", ".", "-.", "x1", "12345678901234567890"})
    EXPECT_EQ(scan_decimal((text + "," + std::string(kScanSlackBytes, ' ')).c_str(), value), nullptr) << text;
}

TEST(MarketTime, UnitIsKnownByMagnitude) {
  const Timestamp expected(1'672'531'200'000);
  for (const char* text : {"1672531200", "1672531200000", "1672531200000000", "1672531200000000000", "1672531200000.0",
                           "2023-01-01", "2023-01-01 00:00:00", "2023-01-01T00:00:00.000000+00:00", "2023-01-01T00:00Z",
                           "2023-01-01 02:30:00+0230", "2022-12-31T23:00:00.0009-01:00"})
    EXPECT_EQ(parse_market_time(text), expected) << text;
  for (const char* text :
       {"", "0", "-5", "99999999999", "inf", "nan", "yesterday", "1999-12-31", "2023-13-01", "2023-02-30",
        "2023-01-01 0", "2023-01-01T24:00", "2023-01-01T00:00:00x", "2023-01-01T00:00+1"})
    EXPECT_EQ(parse_market_time(text), std::nullopt) << text;
}

TEST(HintsFromPath, SymbolIntervalAndVenue) {
  struct Case {
    const char* path;
    const char* symbol;
    const char* interval;
    const char* venue;
  };
  for (const Case& c :
       {Case{"klines/spot-1h/BTCUSDT-1h.csv.gz", "BTCUSDT", "1h", "binance-spot"},
        Case{"um-5m/1INCHUSDT-5m-2023-01.csv", "1INCHUSDT", "5m", "binance-um"},
        Case{"data/futures/um/BTCUSDT-1h.csv", "BTCUSDT", "1h", "binance-um"},
        Case{"x/BTCUSDT_futures_1m.json.gz", "BTCUSDT", "1m", "import-futures"},
        Case{"freqtrade/ETH_BTC-5m.feather", "ETHBTC", "5m", "freqtrade"},
        Case{"x/BTC_USDT_USDT-1h-futures.feather", "BTCUSDT", "1h", "import-futures"},
        Case{"x/BTCUSDT_230630-1h.csv", "BTCUSDT_230630", "1h", ""}, Case{"x/BTCUSDT.parquet", "BTCUSDT", "", ""},
        Case{"x/btcusdt-1h.csv", "BTCUSDT", "1h", ""}, Case{"x/BTCUSDT-1H.csv", "BTCUSDT", "1h", ""},
        Case{"x/ETH_BTC_4H.csv", "ETHBTC", "4h", ""}, Case{"x/BTCUSDT_1D.csv", "BTCUSDT", "1d", ""},
        Case{"x/BTCUSDT-1M.csv", "BTCUSDT", "", ""}, Case{"x/BTCUSDT-60M.csv", "BTCUSDT", "", ""},
        Case{"x/um-open-interest-4h.csv.gz", "", "4h", "binance-um"}, Case{"x/data.csv", "", "", ""}}) {
    const NameHints hints = hints_from_path(c.path);
    EXPECT_EQ(hints.symbol.value_or(""), c.symbol) << c.path;
    EXPECT_EQ(hints.interval ? hints.interval->name() : "", c.interval) << c.path;
    EXPECT_EQ(hints.venue.value_or(""), c.venue) << c.path;
  }
}

TEST(ReadCsv, WithAndWithoutHeaderFromSixToTwelveColumns) {
  const std::string tail = ",1672534799999,72146293.5,149854,2179.5,36032352.5,0";
  for (std::size_t columns = 6; columns <= 12; ++columns) {
    std::string row = kRow + tail;
    std::size_t commas = 0;
    for (std::size_t i = 0; i < row.size(); ++i)
      if (row[i] == ',' && ++commas == columns) row.resize(i);
    const FileContent content = read(row + "\n");
    ASSERT_EQ(content.candles.size(), 1u);
    ASSERT_EQ(content.candles[0].candles.size(), 1u) << row;
    const Candle& candle = content.candles[0].candles[0];
    EXPECT_EQ(candle.open_time, Timestamp(1'672'531'200'000));
    EXPECT_EQ(candle.close, 16529.67);
    EXPECT_EQ(candle.volume, 4364.8357);
    EXPECT_EQ(std::isnan(candle.quote_volume), columns < 8);
    EXPECT_EQ(candle.trades == 149854, columns >= 9);
    EXPECT_EQ(candle.taker_buy_quote_volume == 36032352.5, columns >= 11);
  }
  const FileContent named =
      read("close;Open;High;Low;Open time;quote asset volume;Volume\r\n3;2;4;1;1672531200;8;9\r\n");
  const Candle& candle = named.candles.at(0).candles.at(0);
  EXPECT_EQ(candle.open, 2);
  EXPECT_EQ(candle.close, 3);
  EXPECT_EQ(candle.volume, 9);
  EXPECT_EQ(candle.quote_volume, 8);
}

TEST(ReadCsv, AFieldAfterTheVolumeThatIsNoTimeIsTheQuoteVolume) {
  EXPECT_EQ(read(kRow + ",72146293.5,12\n").candles[0].candles[0].quote_volume, 72146293.5);
}

TEST(ReadCsv, BadRowsAreQuarantinedWithLineAndReason) {
  const FileContent content = read("open_time,open,high,low,close,volume\n" + kRow + "\n" +
                                   "1672534800000,abc,3,1,2,9\n"   // line 3
                                   "1672538400000,2,nan,1,2,9\n"   // 4
                                   "1672542000000,2,inf,1,2,9\n"   // 5
                                   "1672545600000,-2,3,1,2,9\n"    // 6
                                   "1672549200000,2,1,3,2,9\n"     // 7
                                   "1672552800000,5,3,1,2,9\n"     // 8
                                   "1672556400000,2,3,1,2\n"       // 9
                                   "1672560000000,2,3,1,2,-9\n"    // 10
                                   "soon,2,3,1,2,9\n"              // 11
                                   "\n1672567200000,2,3,1,,9\n");  // 13
  EXPECT_EQ(content.rows_read, 11u);
  EXPECT_EQ(content.candles[0].candles.size(), 1u);
  const std::vector<std::pair<std::uint64_t, std::string>> expected = {
      {3, "'abc' in column 2 is not a number"},
      {4, "'nan' in column 3 is not a finite number"},
      {5, "'inf' in column 3 is not a finite number"},
      {6, "open -2 is not positive"},
      {7, "high 1 is below low 3"},
      {8, "open 5 lies outside low 1 and high 3"},
      {9, "has 5 columns instead of 6"},
      {10, "volume -9 is negative"},
      {11, "'soon' is not a time between 2000 and 2100"},
      {13, "'' in column 5 is not a number"}};
  ASSERT_EQ(content.quarantine.rows().size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(content.quarantine.rows()[i].line, expected[i].first);
    EXPECT_EQ(content.quarantine.rows()[i].reason, expected[i].second);
  }
}

TEST(ReadCsv, QuarantineIsCountedBeyondWhatIsListed) {
  std::string text = "open_time,open,high,low,close,volume\n";
  for (int i = 0; i < 50; ++i) text += "x\n";
  ImportLimits limits;
  limits.max_quarantine_listed = 7;
  const Result<FileContent> content = read_market_bytes(text, limits);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->quarantine.count(), 50u);
  EXPECT_EQ(content->quarantine.rows().size(), 7u);
}

TEST(ReadCsv, RowsAcrossBlocksKeepTheirLines) {
  std::string text = "open_time,open,high,low,close,volume\n";
  constexpr int kRows = 30'000;  // several blocks of 256 KiB
  for (int i = 0; i < kRows; ++i)
    text += std::to_string(1'672'531'200'000 + i * 60'000LL) + ",2.5,3.25,1.125,2.0625," + std::to_string(i) + "\n";
  text.pop_back();  // the last line feed is missing
  for (const std::string& bytes : {text, gzip_of(text)}) {
    const FileContent content = read(bytes);
    ASSERT_EQ(content.candles[0].candles.size(), static_cast<std::size_t>(kRows));
    for (int i = 0; i < kRows; ++i) {
      ASSERT_EQ(content.candles[0].candles[static_cast<std::size_t>(i)].volume, i);
      ASSERT_EQ(content.candles[0].lines[static_cast<std::size_t>(i)], static_cast<std::uint32_t>(i + 2));
    }
  }
}

TEST(ReadCsv, ALineBeyondTheLimitEndsTheFile) {
  EXPECT_EQ(error_code(kRow + "\n" + std::string(3'000'000, '7') + "\n"), "import.line_too_long");
  EXPECT_EQ(error_code(kRow + "\n" + std::string(70'000, '7') + "\n" + kRow + "\n"), "import.line_too_long");
}

TEST(ReadCsv, ContextSeries) {
  const FileContent content = read(
      "symbol,time,sum_open_interest,sum_open_interest_value\n"
      "AUSDT,1771632000000,10,100\nBUSDT,1771632000000,20,\nAUSDT,1771718400000,-1,5\n");
  ASSERT_EQ(content.context.size(), 3u);
  EXPECT_EQ(content.context[0].name, "open_interest");
  EXPECT_EQ(content.context[1].name, "open_interest_value");
  EXPECT_EQ(content.context[2].symbol, "BUSDT");
  EXPECT_EQ(content.context[2].values[0].second, 20);
  EXPECT_EQ(content.quarantine.count(), 1u);
}

TEST(ReadCandleJson, ObjectsAndArrays) {
  const std::string object = R"({"symbol": "BTCUSDT", "interval": "1m", "fetched_at": "x", "candles": [
 {"timestamp": 1763314500000, "open": 2, "high": 4, "low": 1, "close": 3, "volume": 9},
 {"timestamp": 1763314560000, "open": 2, "high": "oops", "low": 1, "close": 3, "volume": 9},
 {"timestamp": 1763314620000, "open": 2, "high": 4, "low": 1, "close": 3, "volume": null}]})";
  const FileContent content = read(object);
  EXPECT_EQ(content.candles[0].symbol, "BTCUSDT");
  EXPECT_EQ(content.interval->name(), "1m");
  EXPECT_EQ(content.rows_read, 3u);
  ASSERT_EQ(content.candles[0].candles.size(), 1u);
  ASSERT_EQ(content.quarantine.rows().size(), 2u);
  EXPECT_EQ(content.quarantine.rows()[0].line, 3u);
  EXPECT_EQ(content.quarantine.rows()[0].reason, "'oops' for high is not a finite number");

  const FileContent klines = read(R"([[1499040000000,"2","4","1","3","9",1499644799999,"20.5",7,"5","6","0"]])");
  const Candle& candle = klines.candles[0].candles.at(0);
  EXPECT_EQ(candle.open, 2);
  EXPECT_EQ(candle.quote_volume, 20.5);
  EXPECT_EQ(candle.trades, 7);
  EXPECT_EQ(candle.taker_buy_quote_volume, 6);
}

TEST(ReadMarketBytes, WholeFileFailures) {
  EXPECT_EQ(error_code(""), "import.empty");
  EXPECT_EQ(error_code("\n\n"), "import.empty");
  EXPECT_EQ(error_code("open_time,open,high,low,close,volume\n"), "import.empty");
  EXPECT_EQ(error_code("date,HUFL,OT\n2016-07-01,1,2\n"), "import.unknown_format");
  EXPECT_EQ(error_code("1\n0\n"), "import.unknown_format");
  EXPECT_EQ(error_code(std::string("ab\0cd\n", 6)), "import.unknown_format");
  EXPECT_EQ(error_code("{\"side\": \"BUY\", \"entry_price\": 1}\n{\"side\": \"BUY\"}\n"), "import.not_candles");
  EXPECT_EQ(error_code("[{\"side\": \"BUY\", \"entry_price\": 1}]"), "import.not_candles");
  EXPECT_EQ(error_code("{\"candles\": [}"), "json.syntax");
  EXPECT_EQ(error_code("[[1499040000000,2,4,1,3,9]] x"), "json.syntax");
  EXPECT_EQ(error_code("[]"), "import.empty");
  ImportLimits limits;
  limits.max_memory_bytes = ImportLimits::kRowBytes;
  EXPECT_EQ(error_code(kRow + "\n" + kRow + "\n", limits), "import.too_many_rows");
}

TEST(GzipReader, EveryTruncationAndEveryFlippedBitIsNoticed) {
  const std::string text = "open_time,open,high,low,close,volume\n" + kRow + "\n";
  const std::string whole = gzip_of(text);
  for (std::size_t bytes = 2; bytes < whole.size(); ++bytes)
    EXPECT_EQ(error_code(whole.substr(0, bytes)), "gzip.truncated") << bytes;
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string altered = whole;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << (bit % 8)));
    const Result<FileContent> content = read_market_bytes(altered, {});
    // The header's date and the bits that fill up the last byte of data mean nothing.
    if (content) {
      EXPECT_EQ(content->candles.at(0).candles.at(0).volume, 4364.8357) << bit;
    }
    const bool means_something = bit >= 10 * 8 && bit / 8 != whole.size() - 9;
    EXPECT_FALSE(means_something && content) << bit;
  }
  EXPECT_EQ(error_code(whole + "garbage behind the end"), "gzip.corrupt");
  EXPECT_EQ(read(gzip_of(text) + gzip_of("1672534800000,2,4,1,3,9\n")).rows_read, 2u) << "members follow each other";
  ImportLimits limits;
  limits.max_memory_bytes = 1000;
  EXPECT_EQ(error_code(gzip_of(text + std::string(1'000'000, '\n')), limits), "import.too_large");
}

}  // namespace
}  // namespace clm
