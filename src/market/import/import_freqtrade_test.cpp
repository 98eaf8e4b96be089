// Folders as freqtrade and Binance's public dumps lay them out, and files that cannot be what they are called.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "market/import/freqtrade_name.hpp"
#include "market/import/import.hpp"
#include "market/import/import_name.hpp"
#include "market/store/columnar_file.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {
namespace fs = std::filesystem;

constexpr std::int64_t kExportStartMs = 1'672'531'200'000;

TEST(FreqtradeName, WhatItSays) {
  struct Case {
    const char* path;
    const char* symbol;
    const char* interval;
    const char* venue;
    NamedContent content = NamedContent::unsaid;
  };
  for (const Case& c : {
           Case{"/u/data/binance/ETH_BTC-5m.feather", "ETHBTC", "5m", "binance-spot"},
           Case{"/u/data/binance/futures/BTC_USDT_USDT-1h-futures.feather", "BTCUSDT", "1h", "binance-um"},
           Case{"/u/data/binance/futures/1000PEPE_USDT_USDT-1h-futures.json.gz", "1000PEPEUSDT", "1h", "binance-um"},
           Case{"/u/data/bybit/futures/4_USDT_USDT-1h-futures.parquet", "4USDT", "1h", "bybit-um"},
           Case{"/u/data/binance/futures/BTC_USD_BTC-1h-futures.feather", "BTCUSDBTC", "1h", "binance-cm"},
           Case{"/u/data/binance/futures/BTC_USDT_USDT-230630-1d-futures.feather", "BTCUSDT_230630", "1d",
                "binance-um"},
           Case{"/u/data/binance/futures/BTC_USDT_USDT-8h-mark.feather", "BTCUSDT", "8h", "binance-um",
                NamedContent::mark_price},
           Case{"/u/data/binance/futures/BTC_USDT_USDT-1h-index.feather", "BTCUSDT", "1h", "binance-um",
                NamedContent::index_price},
           Case{"/u/data/binance/futures/BTC_USDT_USDT-1h-premiumIndex.feather", "BTCUSDT", "1h", "binance-um",
                NamedContent::premium_index},
           Case{"/u/data/binance/futures/BTC_USDT_USDT-8h-funding_rate.feather", "BTCUSDT", "8h", "binance-um",
                NamedContent::funding_rate},
           Case{"/u/data/binance/XRP_ETH-trades.feather", "XRPETH", "", "binance-spot", NamedContent::trades},
           Case{"/u/data/okx/futures/BTC_USDT_USDT-230630-25000-C-1d-futures.feather", "BTCUSDT_230630", "1d", "okx-um",
                NamedContent::option},
           Case{"/u/user_data/data/newex/BTC_USDT-1h.feather", "BTCUSDT", "1h", "newex-spot"},
           Case{"/x/freqtrade/ETH_BTC-5m.feather", "ETHBTC", "5m", "freqtrade"},
           Case{"/x/freqtrade/BTC_USDT_USDT-1h-futures.feather", "BTCUSDT", "1h", "freqtrade-futures"},
           Case{"/x/y/BTC_USDT_USDT-1h-futures.feather", "BTCUSDT", "1h", "import-futures"},
           Case{"/x/y/XRP_USDT-8h-mark.json", "XRPUSDT", "8h", "import-futures", NamedContent::mark_price},
           Case{"/x/y/BTC_USDT-1Mo.feather", "BTCUSDT", "", ""},
       }) {
    ASSERT_TRUE(freqtrade_name(c.path)) << c.path;
    const NameHints hints = hints_from_path(c.path);
    EXPECT_EQ(hints.symbol.value_or(""), c.symbol) << c.path;
    EXPECT_EQ(hints.interval ? hints.interval->name() : "", c.interval) << c.path;
    EXPECT_EQ(hints.venue.value_or(""), c.venue) << c.path;
    EXPECT_EQ(hints.content, c.content) << c.path;
  }
  for (const char* path :
       {"/x/BTCUSDT-1h.csv", "/x/BTCUSD_PERP-1h.csv", "/x/BTCUSDT_230630-1h.csv", "/x/um-mark-8h.csv",
        "/x/BTC_USDT.csv", "/x/BTC_USDT-1h-nonsense.csv", "/x/clm_trades.jsonl"})
    EXPECT_FALSE(freqtrade_name(path)) << path;
}

TEST(HintsFromPath, WhatBinancesDumpsHold) {
  struct Case {
    const char* path;
    NamedContent content;
    const char* venue;
  };
  const std::string um = "/d/data/futures/um/monthly/";
  for (const Case& c : {
           Case{"/d/data/futures/um/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2023-01.csv", NamedContent::unsaid,
                "binance-um"},
           Case{"/d/data/futures/um/monthly/markPriceKlines/BTCUSDT/1h/BTCUSDT-1h-2023-01.csv",
                NamedContent::mark_price, "binance-um"},
           Case{"/d/data/futures/cm/daily/indexPriceKlines/BTCUSD/1h/BTCUSD-1h-2023-01-01.csv",
                NamedContent::index_price, "binance-cm"},
           Case{"/d/data/futures/um/daily/premiumIndexKlines/BTCUSDT/1h/BTCUSDT-1h-2023-01-01.csv",
                NamedContent::premium_index, "binance-um"},
           Case{"/d/markPriceKlines/BTCUSDT-1h-2023-01.csv", NamedContent::mark_price, ""},
           Case{"/d/data/spot/monthly/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2023-01.csv", NamedContent::trades,
                "binance-spot"},
           Case{"/d/BTCUSDT-aggTrades-2023-01.csv", NamedContent::trades, ""},
           Case{"/d/BTCUSDT-trades-2023-01.csv", NamedContent::trades, ""},
           Case{"/d/BTCUSDT-bookTicker-2023-01.csv", NamedContent::trades, ""},
           Case{"/d/BTCUSDT-markPriceKlines-1h.csv", NamedContent::mark_price, ""},
           Case{"/d/BTCUSDT-1h-mark.json", NamedContent::mark_price, ""},
           Case{"/d/BTCUSDT-fundingRate-2023-01.csv", NamedContent::funding_rate, ""},
           Case{"/d/BTCUSDT-funding-8h.csv", NamedContent::funding_rate, ""},
           Case{"/d/trades/BTCUSDT-1h.csv", NamedContent::unsaid, ""},
           Case{"/d/INDEX_USDT-1h.csv", NamedContent::unsaid, ""},
           Case{"/d/clm_trades.jsonl", NamedContent::unsaid, ""},
       }) {
    const NameHints hints = hints_from_path(c.path);
    EXPECT_EQ(hints.content, c.content) << c.path;
    EXPECT_EQ(hints.venue.value_or(""), c.venue) << c.path;
  }
}

TEST(HintsFromPath, AreTheSameFromWhereverAFileIsNamed) {
  const testing::TempDirectory directory;
  fs::create_directories(directory.path() / "um-1h");
  const fs::path before = fs::current_path();
  fs::current_path(directory.path() / "um-1h");
  const NameHints near = hints_from_path("BTCUSDT-1h.csv"), dotted = hints_from_path("./BTCUSDT-1h.csv");
  fs::current_path(before);
  EXPECT_EQ(near.venue, "binance-um");
  EXPECT_EQ(dotted.venue, "binance-um");
}

class FreqtradeFolder : public ::testing::Test {
 protected:
  fs::path folder() const { return directory_.path() / "user_data" / "data" / "binance"; }
  fs::path futures() const { return folder() / "futures"; }

  /// Rows as freqtrade writes them, from kExportStartMs on: date, open, high, low, close, volume.
  void write_feather(const fs::path& path, std::int64_t step_ms, const std::vector<double>& opens,
                     const std::vector<double>& closes, double volume) {
    fs::create_directories(path.parent_path());
    ColumnarTable table;
    std::vector<std::int64_t> dates;
    std::vector<double> high, low;
    for (std::size_t i = 0; i < opens.size(); ++i) {
      dates.push_back(kExportStartMs + static_cast<std::int64_t>(i) * step_ms);
      high.push_back(volume > 0 ? std::max(opens[i], closes[i]) : closes[i]);
      low.push_back(volume > 0 ? std::min(opens[i], closes[i]) : closes[i]);
    }
    table.columns = {{"date", dates}, {"open", opens},   {"high", high},
                     {"low", low},    {"close", closes}, {"volume", std::vector<double>(opens.size(), volume)}};
    // Parquet in a file that is called feather: the content decides.
    ASSERT_TRUE(write_parquet(path, table));
  }
  void write_text(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  Result<ImportReport> run(const std::vector<fs::path>& paths, const ImportOptions& options = {}) {
    Result<CandleStore> candles = CandleStore::open(directory_.path() / "candles");
    Result<ContextStore> context = ContextStore::open(directory_.path() / "context");
    return import_paths(paths, options, *candles, *context, {clock_, cancel_, progress_, 1});
  }
  std::vector<Candle> stored(const char* venue, const char* symbol, const char* interval) {
    const Result<CandleStore> store = CandleStore::open(directory_.path() / "candles");
    return store->read({Venue(venue), Symbol(symbol), *Interval::parse(interval)}, {}, Timestamp::max())->candles;
  }
  std::vector<SeriesPoint> points(SeriesKind kind, const char* symbol, const char* venue = "binance-um") {
    const Result<ContextStore> store = ContextStore::open(directory_.path() / "context");
    return store->read({kind, Symbol(symbol), Venue(venue)}, Timestamp::max())->points;
  }

  clm::testing::TempDirectory directory_;
  ManualClock clock_{Timestamp(0)};
  CancelToken cancel_;
  SilentProgress progress_;
};

TEST_F(FreqtradeFolder, EveryFileGoesWhereItBelongs) {
  const std::vector<double> prices(30, 20'000.0), marks(30, 20'001.0), rates(30, 0.0001), zeros(30, 0.0);
  write_feather(folder() / "BTC_USDT-8h.feather", 8 * kHourMs, std::vector<double>(30, 19'990.0),
                std::vector<double>(30, 19'990.0), 5);
  write_feather(futures() / "BTC_USDT_USDT-8h-futures.feather", 8 * kHourMs, prices, prices, 5);
  write_feather(futures() / "BTC_USDT_USDT-8h-mark.feather", 8 * kHourMs, marks, marks, 0);
  write_feather(futures() / "BTC_USDT_USDT-8h-funding_rate.feather", 8 * kHourMs, rates, zeros, 0);
  write_feather(futures() / "BTC_USDT_USDT-1h-index.feather", kHourMs, marks, marks, 0);
  write_feather(futures() / "BTC_USDT_USDT-1h-premiumIndex.feather", kHourMs, zeros, std::vector<double>(30, -0.0002),
                0);
  write_text(futures() / "BTC_USDT_USDT-trades.feather", "whatever");
  const auto report = run({directory_.path() / "user_data"});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_TRUE(report->failed.empty());
  EXPECT_EQ(report->rows_corrected, 0u);
  EXPECT_EQ(report->rows_quarantined, 0u) << (report->quarantine.empty() ? "" : report->quarantine[0].reason);
  ASSERT_EQ(report->skipped.size(), 1u);
  EXPECT_EQ(report->skipped[0].error.code, "import.not_candles");

  ASSERT_EQ(stored("binance-spot", "BTCUSDT", "8h").size(), 30u);
  ASSERT_EQ(stored("binance-um", "BTCUSDT", "8h").size(), 30u);
  EXPECT_EQ(stored("binance-spot", "BTCUSDT", "8h")[0].close, 19'990.0);
  EXPECT_EQ(stored("binance-um", "BTCUSDT", "8h")[0].close, 20'000.0);
  const auto mark = points(SeriesKind::mark_price, "BTCUSDT");
  ASSERT_EQ(mark.size(), 30u);
  EXPECT_EQ(mark[0].value, 20'001.0);
  EXPECT_EQ(mark[0].event_time.ms(), kExportStartMs + 8 * kHourMs) << "known at the bar's close";
  const auto funding = points(SeriesKind::funding_rate, "BTCUSDT");
  ASSERT_EQ(funding.size(), 30u);
  EXPECT_EQ(funding[0].value, 0.0001);
  EXPECT_EQ(funding[0].event_time.ms(), kExportStartMs) << "the settlement";
  ASSERT_EQ(points(SeriesKind::index_price, "BTCUSDT").size(), 30u);
  EXPECT_EQ(points(SeriesKind::index_price, "BTCUSDT")[0].event_time.ms(), kExportStartMs + kHourMs);
  ASSERT_EQ(points(SeriesKind::premium_index, "BTCUSDT").size(), 30u);
  EXPECT_EQ(points(SeriesKind::premium_index, "BTCUSDT")[0].value, -0.0002);
}

TEST_F(FreqtradeFolder, JsonAndCsvAreReadLikewise) {
  std::string json = "[", csv;
  for (int i = 0; i < 5; ++i) {
    const std::string time = std::to_string(kExportStartMs + i * 8 * kHourMs + 7);
    json += (i > 0 ? "," : "") + ("[" + time) + ",-0.0003,0.0,0.0,0.0,0.0]";
    csv += std::to_string(kExportStartMs + i * kHourMs) + ",5,6,4,5.5,0,0,0,0,0,0,0\n";
  }
  write_text(futures() / "XRP_USDT_USDT-8h-funding_rate.json", json + "]");
  write_text(directory_.path() / "data/futures/um/monthly/markPriceKlines/XRPUSDT/1h/XRPUSDT-1h-2023-01.csv", csv);
  const auto report = run({directory_.path() / "user_data", directory_.path() / "data"});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->rows_quarantined, 0u);
  ASSERT_EQ(points(SeriesKind::funding_rate, "XRPUSDT").size(), 5u);
  EXPECT_EQ(points(SeriesKind::funding_rate, "XRPUSDT")[0].value, -0.0003);
  ASSERT_EQ(points(SeriesKind::mark_price, "XRPUSDT").size(), 5u);
  EXPECT_EQ(points(SeriesKind::mark_price, "XRPUSDT")[0].value, 5.5);
  EXPECT_EQ(CandleStore::open(directory_.path() / "candles")->list()->size(), 0u);
}

TEST_F(FreqtradeFolder, ABarThatIsLongerThanItsNameSaysIsRefused) {
  const std::vector<double> marks(30, 20'001.0);
  write_feather(futures() / "BTC_USDT_USDT-1h-mark.feather", 8 * kHourMs, marks, marks, 0);
  const auto report = run({futures()});
  ASSERT_FALSE(report) << "values would be known seven hours before they are";
  EXPECT_EQ(report.error().code, "import.interval_mismatch");
}

TEST_F(FreqtradeFolder, BarsThatNobodyTradedAreNoCandlesWhateverTheirName) {
  std::string csv =
      "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
      "taker_buy_quote_volume,ignore\n";
  for (int i = 0; i < 5; ++i) csv += std::to_string(kExportStartMs + i * kHourMs) + ",5,6,4,5.5,0,0,0,3600,0,0,0\n";
  write_text(directory_.path() / "x" / "XRPUSDT-1h-2023-01.csv", csv);
  const auto report = run({directory_.path() / "x" / "XRPUSDT-1h-2023-01.csv"});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, "import.untraded_bars");
  write_text(directory_.path() / "y" / "XRPUSDT-1h-mark.csv", csv);
  ASSERT_TRUE(run({directory_.path() / "y"}));
  EXPECT_EQ(points(SeriesKind::mark_price, "XRPUSDT", "import").size(), 5u);
}

TEST_F(FreqtradeFolder, PricesAreNoFundingRates) {
  const std::vector<double> prices(30, 20'000.0);
  write_feather(futures() / "BTC_USDT_USDT-8h-funding_rate.feather", 8 * kHourMs, prices, prices, 5);
  const auto report = run({futures()});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->rows_stored, 0u);
  EXPECT_EQ(report->rows_quarantined, 30u);
}

TEST_F(FreqtradeFolder, Hdf5IsRefusedWithTheWayOut) {
  write_text(futures() / "BTC_USDT_USDT-1h-futures.h5", "\x89HDF\r\n\x1a\nrest");
  const auto report = run({futures()});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, "import.hdf5");
  EXPECT_NE(report.error().remedy.find("convert-data"), std::string::npos);
}

TEST_F(FreqtradeFolder, TradesNamedByAPersonAreAnError) {
  write_text(folder() / "XRP_ETH-trades.json.gz", "[]");
  const auto report = run({folder() / "XRP_ETH-trades.json.gz"});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, "import.not_candles");
}

TEST_F(FreqtradeFolder, AFundingFileUnderACandlesNameIsQuarantinedWhole) {
  const std::vector<double> prices(48, 20'000.0), rates(48, 0.0001);
  write_feather(directory_.path() / "a" / "BTCUSDT-1h.feather", kHourMs, prices, prices, 5);
  write_feather(directory_.path() / "b" / "BTCUSDT-1h.feather", kHourMs, rates, rates, 5);
  ASSERT_TRUE(run({directory_.path() / "a"}));
  const auto report = run({directory_.path() / "b"});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->rows_read, 48u);
  EXPECT_EQ(report->rows_corrected, 0u);
  EXPECT_EQ(report->rows_quarantined, 48u);
  EXPECT_EQ(report->rows_jumping, 48u);
  ASSERT_EQ(report->quarantine.size(), 1u);
  EXPECT_NE(report->quarantine[0].reason.find("all 48 rows"), std::string::npos) << report->quarantine[0].reason;
  EXPECT_EQ(stored("import", "BTCUSDT", "1h")[0].close, 20'000.0);

  ImportOptions forced;
  forced.jumps.reset();
  EXPECT_EQ(run({directory_.path() / "b"}, forced)->rows_corrected, 48u);
  EXPECT_EQ(stored("import", "BTCUSDT", "1h")[0].close, 0.0001);
}

TEST_F(FreqtradeFolder, OneImportIsComparedWithItself) {
  const std::vector<double> prices(48, 20'000.0), rates(48, 0.0001);
  write_feather(directory_.path() / "in" / "a" / "BTCUSDT-1h.feather", kHourMs, prices, prices, 5);
  write_feather(directory_.path() / "in" / "b" / "BTCUSDT-1h.feather", kHourMs, rates, rates, 5);
  const auto report = run({directory_.path() / "in"});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->rows_stored, 48u);
  EXPECT_EQ(report->rows_corrected, 0u);
  EXPECT_EQ(report->rows_jumping, 48u);
}

TEST_F(FreqtradeFolder, TheNeighbourFilesOfTheStoreAreLookedAt) {
  const auto csv = [](std::int64_t from_ms, int rows, const char* price) {
    std::string text;
    for (int i = 0; i < rows; ++i)
      text += std::to_string(from_ms + i * kHourMs) + "," + price + "," + price + "," + price + "," + price + ",9\n";
    return text;
  };
  const std::int64_t next_year = kExportStartMs + 8'760 * kHourMs;
  write_text(directory_.path() / "a" / "BTCUSDT-1h.csv", csv(next_year - 48 * kHourMs, 48, "20000"));
  write_text(directory_.path() / "b" / "BTCUSDT-1h.csv", csv(next_year, 48, "0.0001"));
  write_text(directory_.path() / "c" / "BTCUSDT-1h.csv", csv(next_year, 48, "15000"));
  ASSERT_TRUE(run({directory_.path() / "a"}));
  EXPECT_EQ(run({directory_.path() / "b"})->rows_jumping, 48u);
  EXPECT_EQ(run({directory_.path() / "c"})->rows_stored, 48u);
}

}  // namespace
}  // namespace clm
