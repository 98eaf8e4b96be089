#include "market/import/import.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "market/store/columnar_file.hpp"
#include "support/temp_directory.hpp"
#include "support/testdata.hpp"

namespace clm {
namespace {
namespace fs = std::filesystem;

constexpr std::int64_t kStartMs = 1'672'531'200'000;

std::string row(std::int64_t open_time_ms, int close = 2) {
  return std::to_string(open_time_ms) + ",2,4,1," + std::to_string(close) + ",9\n";
}
std::string rows(int count, std::int64_t step_ms = kHourMs, std::int64_t from_ms = kStartMs) {
  std::string text;
  for (int i = 0; i < count; ++i) text += row(from_ms + i * step_ms);
  return text;
}

class Import : public ::testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& text) {
    const fs::path path = directory_.path() / "in" / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  Result<ImportReport> run(const std::vector<fs::path>& paths, const ImportOptions& options = {}, int jobs = 1) {
    Result<CandleStore> candles = CandleStore::open(directory_.path() / "candles");
    Result<ContextStore> context = ContextStore::open(directory_.path() / "context");
    return import_paths(paths, options, *candles, *context, {clock_, cancel_, progress_, jobs});
  }
  std::string error_of(const std::string& name, const std::string& text, const ImportOptions& options = {}) {
    const Result<ImportReport> report = run({write(name, text)}, options);
    return report ? "none" : report.error().code;
  }
  std::vector<Candle> stored(const char* venue, const char* symbol, const Interval& interval) {
    const Result<CandleStore> store = CandleStore::open(directory_.path() / "candles");
    return store->read({Venue(venue), Symbol(symbol), interval}, {}, Timestamp::max())->candles;
  }

  clm::testing::TempDirectory directory_;
  ManualClock clock_{Timestamp(0)};
  CancelToken cancel_;
  SilentProgress progress_;
};

TEST_F(Import, SecondTimeStoresNothing) {
  write("spot-1h/BTCUSDT-1h.csv", rows(5));
  write("spot-1h/ETHUSDT-1h.csv", rows(7));
  const auto first = run({directory_.path() / "in"});
  ASSERT_TRUE(first) << to_string(first.error());
  EXPECT_EQ(first->files, 2u);
  EXPECT_EQ(first->symbols, 2u);
  EXPECT_EQ(first->rows_stored, 12u);
  const auto second = run({directory_.path() / "in"});
  EXPECT_EQ(second->rows_stored, 0u);
  EXPECT_EQ(second->rows_duplicate, 12u);
  EXPECT_EQ(stored("binance-spot", "BTCUSDT", Interval::one_hour()).size(), 5u);
}

TEST_F(Import, UnsortedIsSortedRepeatedIsCountedContradictionIsQuarantined) {
  const auto report = run({write("BTCUSDT-1h.csv", row(kStartMs + 2 * kHourMs) + row(kStartMs) + row(kStartMs) +
                                                       row(kStartMs + kHourMs) + row(kStartMs, 3))});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->rows_read, 5u);
  EXPECT_EQ(report->rows_stored, 3u);
  EXPECT_EQ(report->rows_duplicate, 1u);
  ASSERT_EQ(report->quarantine.size(), 1u);
  EXPECT_EQ(report->quarantine[0].line, 5u);
  EXPECT_EQ(report->quarantine[0].reason, "contradicts line 2, which has the same time");
  EXPECT_EQ(report->imported.at(0).findings.size(), 1u);
  EXPECT_EQ(stored("import", "BTCUSDT", Interval::one_hour()).at(0).close, 2);
}

TEST_F(Import, IntervalsAreCheckedAgainstTheRows) {
  EXPECT_EQ(error_of("BTCUSDT-1h.csv", rows(20, 300'000)), "import.interval_mismatch");
  EXPECT_EQ(error_of("BTCUSDT-1m.csv", rows(20, 300'000)), "import.interval_mismatch");
  EXPECT_EQ(error_of("BTCUSDT.csv", rows(20, 420'000)), "import.interval_unknown");
  EXPECT_EQ(error_of("BTCUSDT.csv", rows(1)), "import.interval_unknown");
  const auto inferred = run({write("BTCUSDT.csv", rows(20, 300'000))});
  EXPECT_EQ(inferred->imported.at(0).series.at(0).interval, "5m");
}

TEST_F(Import, MixedIntervalsNameTheLine) {
  const std::string hours = rows(50);
  for (const std::string& mixed : {hours + rows(50, 300'000, kStartMs + 50 * kHourMs),       // closer at the end
                                   hours + rows(20, 4 * kHourMs, kStartMs + 50 * kHourMs)})  // farther at the end
    for (const char* name : {"BTCUSDT-1h.csv", "BTCUSDT.csv"}) {
      const auto report = run({write(name, mixed)});
      ASSERT_FALSE(report);
      EXPECT_EQ(report.error().code, "import.mixed_intervals") << to_string(report.error());
      EXPECT_NE(report.error().where.find("line 5"), std::string::npos) << report.error().where;
    }
}

TEST_F(Import, HolesAreNoMixture) {
  std::string text;
  for (const int hour : {0, 1, 2, 5, 6, 7, 12, 13, 14, 15, 40, 41}) text += row(kStartMs + hour * kHourMs);
  const auto report = run({write("BTCUSDT-1h.csv", text)});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->rows_stored, 12u);
}

TEST_F(Import, ASingleRowOffTheGridIsQuarantined) {
  const auto report =
      run({write("BTCUSDT-1h.csv", rows(40) + row(kStartMs + 40 * kHourMs + 60'000) + row(kStartMs + 41 * kHourMs))});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->rows_stored, 41u);
  ASSERT_EQ(report->quarantine.size(), 1u);
  EXPECT_EQ(report->quarantine[0].line, 41u);
}

TEST_F(Import, SymbolOfContentAndNameMustAgree) {
  const std::string json = R"({"symbol":"ETHUSDT","interval":"1h","candles":[[1672531200000,2,4,1,3,9]]})";
  EXPECT_EQ(error_of("BTCUSDT-1h.json", json), "import.symbol_mismatch");
  EXPECT_EQ(error_of("ETHUSDT-1m.json", json), "import.interval_mismatch");
  EXPECT_EQ(error_of("ETHUSDT_1h.json", json), "none");
  EXPECT_EQ(error_of("data.csv", rows(5)), "import.no_symbol");
}

TEST_F(Import, ABadFileIsReportedAndTheRestGoesOn) {
  write("a/BTCUSDT-1h.csv", rows(5));
  write("a/EMPTY-1h.csv", "");
  write("a/README.md", "# what this is\n");
  write("a/.hidden", "x");
  const fs::path missing = directory_.path() / "nowhere.csv";
  const auto report = run({directory_.path() / "in", missing});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->files, 1u);
  EXPECT_EQ(report->rows_stored, 5u);
  ASSERT_EQ(report->failed.size(), 2u);
  EXPECT_EQ(report->failed[0].error.code, "import.empty");
  EXPECT_EQ(report->failed[1].error.code, "import.missing");
  ASSERT_EQ(report->skipped.size(), 1u);
  EXPECT_EQ(report->skipped[0].error.code, "import.unknown_format");
}

TEST_F(Import, NothingUsableIsAnError) {
  EXPECT_EQ(run({}).error().code, "import.no_input");
  EXPECT_EQ(run({directory_.path()}).error().code, "import.no_files");
  EXPECT_EQ(run({"/dev/null"}).error().code, "import.not_a_file");
  if (::geteuid() != 0) {
    const fs::path secret = write("BTCUSDT-1h.csv", rows(3));
    fs::permissions(secret, fs::perms::none);
    EXPECT_EQ(run({secret}).error().code, "import.permission");
  }
}

TEST_F(Import, FeatherAndParquetLikeCsv) {
  ColumnarTable table;
  std::vector<std::int64_t> times;
  for (int i = 0; i < 10; ++i) times.push_back(kStartMs + i * kHourMs);
  table.columns.push_back({"date", times});
  for (const char* name : {"open", "high", "low", "close", "volume"})
    table.columns.push_back({name, std::vector<double>(10, 2.0)});
  std::get<std::vector<double>>(table.columns[2].values)[4] = 1.0;  // a high below its low
  const fs::path path = directory_.path() / "ETH_BTC-1h.parquet";
  ASSERT_TRUE(write_parquet(path, table));
  const auto report = run({path});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->rows_stored, 9u);
  ASSERT_EQ(report->quarantine.size(), 1u);
  EXPECT_EQ(report->quarantine[0].line, 5u);
  EXPECT_EQ(stored("import", "ETHBTC", Interval::one_hour()).size(), 9u);
}

TEST_F(Import, DailyValuesAreKnownOnlyAfterTheirDay) {
  write("BTCUSDT-metrics-1d.csv",
        "time,sum_open_interest,count_long_short_ratio\n1772668800000,5,2\n1772755200000,6,3\n");
  write("fear-greed-1d.csv", "time,value,date\n1772668800000,30,2026-03-05\n");
  write("um-mark-8h.csv", "symbol,open_time,open,high,low,close\nBTCUSDT,1772668800000,1,3,1,2\n");
  write("um-funding.csv", "symbol,funding_time,funding_rate\nBTCUSDT,1772668800007,-0.0001\n");
  const auto report = run({directory_.path() / "in"});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->rows_stored, 7u);
  const auto store = ContextStore::open(directory_.path() / "context");
  const auto first_event = [&](SeriesKind kind, const Symbol& symbol) {
    const bool of_um = kind == SeriesKind::mark_price || kind == SeriesKind::funding_rate;
    const Venue venue(symbol == kWholeMarket ? "" : of_um ? "binance-um" : "import");
    return store->read({kind, symbol, venue}, Timestamp::max())->points.at(0).event_time.ms();
  };
  const std::int64_t label = 1'772'668'800'000;
  EXPECT_EQ(first_event(SeriesKind::open_interest, Symbol("BTCUSDT")), label + 24 * kHourMs);
  EXPECT_EQ(first_event(SeriesKind::mark_price, Symbol("BTCUSDT")), label + 8 * kHourMs);
  EXPECT_EQ(first_event(SeriesKind::funding_rate, Symbol("BTCUSDT")), label + 7);
  EXPECT_EQ(first_event(SeriesKind::fear_greed, kWholeMarket), label);
}

TEST_F(Import, AMeanOfFundingRatesIsNoFundingRate) {
  write("um-funding.csv", "symbol,funding_time,funding_rate\nBTCUSDT,1772668800007,-0.0001\n");
  write("BTCUSDT-funding-daily-mean.csv", "time,funding_mean,date\n1772668800000,0.0002,2026-03-05\n");
  const auto report = run({directory_.path() / "in"});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->rows_stored, 2u);
  const auto store = ContextStore::open(directory_.path() / "context");
  const auto rates = store->read({SeriesKind::funding_rate, Symbol("BTCUSDT"), Venue("binance-um")}, Timestamp::max());
  ASSERT_EQ(rates->points.size(), 1u);
  EXPECT_EQ(rates->points[0].value, -0.0001);
  const auto means =
      store->read({SeriesKind::funding_rate_daily_mean, Symbol("BTCUSDT"), Venue("import")}, Timestamp::max());
  ASSERT_EQ(means->points.size(), 1u);
  EXPECT_EQ(means->points[0].event_time.ms(), 1'772'668'800'000 + 24 * kHourMs) << "known when the day is over";
}

TEST_F(Import, WhatLiesInTheFutureIsQuarantined) {
  ImportOptions options;
  options.now = Timestamp(kStartMs + 4 * kHourMs + 1);
  const std::int64_t in_2050 = 2'524'608'000'000;
  const auto report = run({write("BTCUSDT-1h.csv", rows(6) + row(in_2050))}, options);
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->rows_stored, 4u) << "the fifth bar is still open";
  ASSERT_EQ(report->quarantine.size(), 3u);
  std::set<std::uint64_t> lines;
  for (const QuarantinedRow& bad : report->quarantine) {
    lines.insert(bad.line);
    EXPECT_NE(bad.reason.find("lies in the future"), std::string::npos) << bad.reason;
  }
  EXPECT_EQ(lines, (std::set<std::uint64_t>{5, 6, 7}));
  const auto later = run({write("BTCUSDT-1h.csv", rows(6))});
  EXPECT_EQ(later->rows_stored, 2u) << "once the clock has reached them";
}

TEST_F(Import, ContextOfTheFutureIsQuarantinedToo) {
  ImportOptions options;
  options.now = Timestamp(1'772'700'000'000);
  const auto report = run({write("um-funding.csv",
                                 "symbol,funding_time,funding_rate\nBTCUSDT,1772668800007,-0.0001\n"
                                 "BTCUSDT,2524608000000,0.5\n"),
                           write("BTCUSDT-metrics-1d.csv",
                                 "time,sum_open_interest,count_long_short_ratio\n1772582400000,5,2\n"
                                 "1772668800000,6,3\n")},
                          options);
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->rows_stored, 3u);
  EXPECT_EQ(report->rows_quarantined, 3u) << "a rate of 2050, and two values of a day that is not over";
}

TEST_F(Import, AFileOfNothingButFutureRowsIsTakenWithoutAny) {
  ImportOptions options;
  options.now = Timestamp(kStartMs);
  const auto report = run({write("BTCUSDT-1h.csv", rows(5))}, options);
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->rows_read, 5u);
  EXPECT_EQ(report->rows_quarantined, 5u);
  EXPECT_EQ(report->rows_stored, 0u);
}

TEST_F(Import, PairsAreImportedAsPeopleAndExchangesWriteThem) {
  const auto report = run(
      {write("BTCUSDT-1h.json", R"({"symbol":"BTC/USDT:USDT","interval":"1h","candles":[[1672531200000,2,4,1,3,9]]})"),
       write("list-1h.csv",
             "symbol,open_time,open,high,low,close,volume\n"
             "币安人生USDT,1672531200000,2,4,1,3,9\neth_btc,1672531200000,2,4,1,3,9\n")});
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_TRUE(report->failed.empty()) << to_string(report->failed[0].error);
  const auto named = run({write("币安人生USDT-1h.csv", rows(3)), write("币安人生_USDT-5m.csv", rows(3, 300'000))});
  ASSERT_TRUE(named) << to_string(named.error());
  EXPECT_TRUE(named->failed.empty());
  EXPECT_EQ(stored("import", "币安人生USDT", *Interval::parse("5m")).size(), 3U);
  EXPECT_EQ(stored("import", "币安人生USDT", Interval::one_hour()).size(), 3U);
  for (const char* symbol : {"BTCUSDT", "ETHBTC"})
    EXPECT_EQ(stored("import", symbol, Interval::one_hour()).size(), 1U) << symbol;
}

TEST_F(Import, BinaryGarbageInAReasonIsCutAndEscaped) {
  std::string garbage(5'000, '\x01');
  garbage[0] = '\xff';
  const auto report = run({write("BTCUSDT-1h.csv", rows(3) + garbage + ",2,4,1,3,9\n")});
  ASSERT_TRUE(report) << to_string(report.error());
  ASSERT_EQ(report->quarantine.size(), 1u);
  EXPECT_EQ(report->quarantine[0].reason.find("'\\xff\\x01"), 0u) << report->quarantine[0].reason;
  EXPECT_LT(report->quarantine[0].reason.size(), 200u);
}

TEST_F(Import, ADamagedFileOfTheStoreIsRepairedByTheWay) {
  const fs::path source = write("BTCUSDT-1h.csv", rows(200));
  const fs::path other = write("ETHUSDT-1h.csv", rows(200));
  ASSERT_TRUE(run({source, other}));
  const fs::path file = directory_.path() / "candles/import/1h/BTCUSDT/2023.parquet";
  fs::resize_file(file, fs::file_size(file) / 2);
  const auto report = run({other, source});
  ASSERT_TRUE(report) << to_string(report.error());
  ASSERT_EQ(report->repaired.size(), 1u);
  EXPECT_EQ(report->repaired[0].rows, 200u);
  EXPECT_FALSE(report->repaired[0].awaited);
  EXPECT_EQ(to_json(*report)["repaired"][0]["whole"], true);
  EXPECT_EQ(stored("import", "BTCUSDT", Interval::one_hour()).size(), 200U);
}

TEST_F(Import, JobsChangeNothing) {
  for (int i = 0; i < 20; ++i)
    write("S" + std::to_string(i) + "USDT-1h.csv", rows(10 + i) + (i % 3 == 0 ? "bad\n" : "") + row(kStartMs));
  const std::string one = to_json(*run({directory_.path() / "in"}, {}, 1)).dump();
  fs::remove_all(directory_.path() / "candles");
  const std::string two = to_json(*run({directory_.path() / "in"}, {}, 2)).dump();
  EXPECT_EQ(one, two);
}

TEST_F(Import, CancelEndsItWithoutAnswer) {
  write("BTCUSDT-1h.csv", rows(5));
  cancel_.request();
  EXPECT_EQ(run({directory_.path() / "in"}).error().code, "cancelled");
}

TEST_F(Import, RealDataHasTheRowsItsReadmeStates) {
  const auto data = clm::testing::test_data("klines");
  if (!data) GTEST_SKIP() << clm::testing::kNoTestData;
  const std::map<std::string, std::uint64_t> rows_of = {{"klines/um-91x1500-1h", 136'409},
                                                        {"klines/spot-12col-1h", 3'623},
                                                        {"klines/spot-qv-1m", 30'237},
                                                        {"freqtrade", 4 * 5'760},
                                                        {"candles-json", 17'409}};
  for (const auto& [folder, expected] : rows_of) {
    const auto report = run({*data / folder});
    ASSERT_TRUE(report) << folder << ": " << to_string(report.error());
    EXPECT_EQ(report->rows_read, expected) << folder;
    EXPECT_EQ(report->rows_quarantined, 0u) << folder;
    EXPECT_EQ(report->rows_stored + report->rows_duplicate, expected) << folder;
    EXPECT_TRUE(report->failed.empty()) << folder;
  }
}

}  // namespace
}  // namespace clm
