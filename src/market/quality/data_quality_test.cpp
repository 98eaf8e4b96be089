#include "market/quality/data_quality.hpp"

#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/random.hpp"
#include "market/import/gzip_reader.hpp"
#include "support/testdata.hpp"

namespace clm {
namespace {

namespace fs = std::filesystem;

const Timestamp kFirstBar = from_calendar(2023, 1, 1);

CandleSeries healthy(std::size_t bars = 1'000) {
  CandleSeries series{{Venue("sim"), Symbol("X"), Interval::one_hour()}, {}};
  Random random(5);
  double price = 100;
  for (std::size_t i = 0; i < bars; ++i) {
    Candle bar;
    bar.open_time = kFirstBar + static_cast<std::int64_t>(i) * series.key.interval.length();
    bar.open = price;
    price *= std::exp(0.01 * random.normal());
    bar.close = price;
    bar.high = std::max(bar.open, bar.close) * 1.001;
    bar.low = std::min(bar.open, bar.close) * 0.999;
    bar.volume = 1 + random.uniform();
    series.candles.push_back(bar);
  }
  return series;
}

Timestamp end_of(const CandleSeries& series) { return series.known_at(series.candles.size() - 1); }

QualityReport check(const CandleSeries& series) { return check_series(series, end_of(series)); }

std::int64_t bars_of(const QualityReport& report, FindingKind kind) {
  std::int64_t bars = 0;
  for (const auto& finding : report.findings) bars += finding.kind == kind ? finding.bars : 0;
  return bars;
}

TEST(DataQuality, NothingIsWrongWithAHealthySeries) {
  const auto series = healthy();
  const auto report = check(series);
  EXPECT_EQ(report.status, QualityStatus::ok);
  EXPECT_EQ(report.use.used_rows, report.rows);
  EXPECT_TRUE(report.findings.empty());
  EXPECT_TRUE(report.use.unusable.empty());
  EXPECT_EQ(report.usable_share, 1);
  EXPECT_EQ(report.range, (TimeRange{kFirstBar, end_of(series)}));
}

TEST(DataQuality, GapsAreCountedWhereTheyAre) {
  auto series = healthy();
  series.candles.erase(series.candles.begin() + 100, series.candles.begin() + 105);
  auto report = check(series);
  EXPECT_EQ(report.missing_bars, 5);
  EXPECT_EQ(report.status, QualityStatus::ok) << "half a percent";
  ASSERT_EQ(report.findings.size(), 1U);
  const auto hour = series.key.interval.length();
  EXPECT_EQ(report.findings[0].range, (TimeRange{kFirstBar + 100 * hour, kFirstBar + 105 * hour}));
  series.candles.erase(series.candles.begin() + 300, series.candles.begin() + 320);
  report = check(series);
  EXPECT_EQ(report.missing_bars, 25);
  EXPECT_EQ(report.status, QualityStatus::gappy);
  EXPECT_EQ(report.use.used_rows, report.rows);
}

TEST(DataQuality, AFrozenStretchIsLostAndNothingElse) {
  auto series = healthy();
  const double price = series.candles[400].close;
  for (std::size_t i = 401; i < 441; ++i) {
    auto& bar = series.candles[i];
    bar.open = bar.high = bar.low = bar.close = price;
    bar.volume = 0;
  }
  const auto report = check(series);
  ASSERT_EQ(report.use.unusable.size(), 1U);
  EXPECT_EQ(report.use.unusable[0], (TimeRange{series.candles[401 + 23].open_time, series.candles[441].open_time}))
      << "as learning sees it: the first 23 bars could not be told from a quiet market";
  EXPECT_EQ(report.use.used_rows, report.rows - 17);
  EXPECT_EQ(bars_of(report, FindingKind::frozen), 40);
  EXPECT_EQ(bars_of(report, FindingKind::zero_volume), 40);
  EXPECT_EQ(report.status, QualityStatus::ok) << "4 % of the bars, long ago";
  // The same at the end: frozen now. One bar fewer than a stretch: nothing.
  auto ending = series;
  ending.candles.resize(441);
  EXPECT_EQ(check(ending).status, QualityStatus::frozen);
  ending.candles.resize(401 + 23);
  EXPECT_TRUE(check(ending).use.unusable.empty());
}

TEST(DataQuality, PricesMayFreezeWhileVolumeDoesNot) {
  auto series = healthy();
  for (std::size_t i = 0; i < series.candles.size(); ++i) {
    auto& bar = series.candles[i];
    bar.open = bar.high = bar.low = bar.close = 5;
  }
  const auto report = check(series);
  EXPECT_EQ(report.status, QualityStatus::frozen);
  EXPECT_EQ(report.use.used_rows, 24) << "the bars until it could be known";
  EXPECT_EQ(bars_of(report, FindingKind::zero_volume), 0);
}

TEST(DataQuality, ImpossibleBarsAreUnusable) {
  auto series = healthy();
  series.candles[10].close = kMissing;
  series.candles[20].low = -1;
  series.candles[30].open = std::numeric_limits<double>::infinity();
  series.candles[40].volume = -1;
  series.candles[50].high = series.candles[50].low * 0.5;
  series.candles[60].volume = kMissing;
  const auto report = check(series);
  EXPECT_EQ(bars_of(report, FindingKind::invalid), 4);
  EXPECT_EQ(bars_of(report, FindingKind::ohlc), 1);
  ASSERT_EQ(report.use.unusable.size(), 5U) << "a missing volume is not wrong";
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(report.use.unusable[i].from, series.candles[10 * (i + 1)].open_time);
}

TEST(DataQuality, AJumpIsReportedInUnitsOfRecentVolatility) {
  auto series = healthy();
  for (std::size_t i = 500; i < 1'000; ++i) {
    auto& bar = series.candles[i];
    for (double* price : {&bar.open, &bar.high, &bar.low, &bar.close}) *price *= 3;
  }
  const auto report = check(series);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].kind, FindingKind::jump);
  EXPECT_EQ(report.findings[0].range.from, series.candles[500].open_time);
  EXPECT_NEAR(report.findings[0].value, std::log(3) / 0.01, 15);
  EXPECT_TRUE(report.use.unusable.empty());
}

TEST(DataQuality, StaleAndShort) {
  auto series = healthy();
  const auto day = Duration(std::chrono::hours(24));
  EXPECT_EQ(check_series(series, end_of(series) + 14 * day).status, QualityStatus::ok);
  const auto stale = check_series(series, end_of(series) + 15 * day);
  EXPECT_EQ(stale.status, QualityStatus::stale);
  EXPECT_EQ(stale.use.used_rows, stale.rows) << "its past is still true";
  series.candles.resize(100);
  EXPECT_EQ(check(series).status, QualityStatus::short_history);
  EXPECT_EQ(check(series).use.used_rows, 100) << "it is learned from all the same";
  series.candles.clear();
  EXPECT_EQ(check_series(series, kFirstBar).status, QualityStatus::short_history);
}

TEST(DataQuality, WhatADamagedFileHoldsIsNoGapOfTheMarket) {
  auto series = healthy();
  series.candles.erase(series.candles.begin() + 100, series.candles.begin() + 105);
  series.candles.erase(series.candles.begin() + 300, series.candles.begin() + 320);
  auto report = check(series);
  ASSERT_EQ(report.missing_bars, 25);
  const auto hour = series.key.interval.length();
  const std::vector<TimeRange> unreadable{{kFirstBar + 300 * hour, kFirstBar + 330 * hour}};
  tell_damage_from_gaps(report, unreadable);
  EXPECT_EQ(report.missing_bars, 5);
  EXPECT_EQ(bars_of(report, FindingKind::gap), 5);
  EXPECT_EQ(bars_of(report, FindingKind::damaged), 20);
}

TEST(DataQuality, BarsThatHaveNotClosedAreNamedAndLeftAside) {
  auto series = healthy();
  Candle future = series.candles.back();
  future.open_time = from_calendar(2050, 1, 1);
  series.candles.push_back(future);
  const Timestamp now = end_of(healthy());
  const auto report = check_series(series, now, {}, now);
  EXPECT_EQ(report.status, QualityStatus::ok);
  EXPECT_EQ(report.missing_bars, 0);
  EXPECT_EQ(report.range.to, now);
  EXPECT_EQ(bars_of(report, FindingKind::future), 1);
  EXPECT_EQ(report.use.used_rows, report.rows - 1);
  ASSERT_EQ(report.use.left_out.size(), 1U);
  EXPECT_EQ(report.use.left_out[0].reason, LeftOut::future);
  EXPECT_EQ(usable_candles(series, 24, now).candles.size(), series.candles.size() - 1);
}

TEST(DataQuality, ManyFindingsOfAKindBecomeOne) {
  auto series = healthy();
  std::vector<Candle> every_second;
  for (std::size_t i = 0; i < 1'000; i += 2) every_second.push_back(series.candles[i]);
  series.candles = every_second;
  const auto report = check(series);
  EXPECT_EQ(report.findings.size(), 21U);
  EXPECT_EQ(bars_of(report, FindingKind::gap), 499);
  EXPECT_EQ(report.findings.back().sentence, "and 479 more");
}

TEST(DataQuality, TypicalEndIgnoresOutliers) {
  const std::vector<Timestamp> ends{Timestamp(100), Timestamp(1), Timestamp(101), Timestamp(9'999), Timestamp(102)};
  EXPECT_EQ(typical_end(ends), Timestamp(101));
  const std::vector<Timestamp> two{Timestamp(5), Timestamp(900)};
  EXPECT_EQ(typical_end(two), Timestamp(900)) << "of two, one of them long dead, the live one is typical";
  EXPECT_EQ(typical_end({}), Timestamp::min());
}

std::string gunzip(const fs::path& path) {
  auto file = open_file(path);
  EXPECT_TRUE(file) << path;
  auto reader = gzip_reader(std::move(*file), 1U << 28U, Error());
  std::string text;
  std::vector<char> buffer(1U << 16U);
  for (;;) {
    const auto got = reader->read(buffer);
    EXPECT_TRUE(got) << path;
    if (!got || *got == 0) return text;
    text.append(buffer.data(), *got);
  }
}

std::string symbol_of(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.substr(0, name.find_first_of("-_"));
}

/// The well-formed CSV of the test data, read as simply as can be.
CandleSeries read_csv(const fs::path& path, const Interval& interval) {
  CandleSeries series{{Venue("real"), Symbol(symbol_of(path)), interval}, {}};
  const std::string text = gunzip(path);
  const char* at = text.c_str() + text.find('\n') + 1;
  while (*at != '\0') {
    char* next = nullptr;
    Candle bar;
    bar.open_time = Timestamp(std::strtoll(at, &next, 10));
    for (double* value : {&bar.open, &bar.high, &bar.low, &bar.close, &bar.volume})
      *value = std::strtod(next + 1, &next);
    series.candles.push_back(bar);
    while (*next != '\0' && *next != '\n') ++next;
    at = *next == '\0' ? next : next + 1;
  }
  return series;
}

TEST(DataQualityOnRealData, FindsTheFrozenPerpetuals) {
  const auto data = testing::test_data("klines/um-91x1500-1h");
  if (!data) GTEST_SKIP() << testing::kNoTestData;
  const std::set<std::string> dead{"FTMUSDT", "FTTUSDT", "LITUSDT", "OCEANUSDT", "REEFUSDT", "WAVESUSDT"};
  const std::map<std::string, std::size_t> live_bars{{"ALPHAUSDT", 764}, {"BAKEUSDT", 1'003}};
  int files = 0;
  for (const auto& entry : fs::directory_iterator(*data / "klines" / "um-91x1500-1h")) {
    if (entry.path().extension() != ".gz") continue;
    ++files;
    const auto series = read_csv(entry.path(), Interval::one_hour());
    const auto report = check(series);
    const std::string symbol = series.key.symbol.str();
    if (dead.contains(symbol)) {
      EXPECT_EQ(report.status, QualityStatus::frozen) << symbol;
      EXPECT_EQ(report.use.used_rows, 23) << symbol;
      ASSERT_EQ(report.use.unusable.size(), 1U) << symbol;
      EXPECT_EQ(report.use.unusable[0], (TimeRange{series.candles[23].open_time, report.range.to})) << symbol;
    } else if (const auto part = live_bars.find(symbol); part != live_bars.end()) {
      EXPECT_EQ(report.status, QualityStatus::frozen) << symbol;
      EXPECT_EQ(report.use.used_rows, static_cast<std::int64_t>(part->second) + 23) << symbol;
      ASSERT_EQ(report.use.unusable.size(), 1U) << symbol;
      EXPECT_EQ(report.use.unusable[0], (TimeRange{series.candles[part->second + 23].open_time, report.range.to}))
          << symbol;
    } else {
      EXPECT_EQ(report.status, QualityStatus::ok) << symbol;
      EXPECT_EQ(report.use.used_rows, report.rows) << symbol;
    }
  }
  EXPECT_EQ(files, 91);
}

TEST(DataQualityOnRealData, TheSpotPanelIsUsableThroughout) {
  const auto data = testing::test_data("klines/spot-1h");
  if (!data) GTEST_SKIP() << testing::kNoTestData;
  // A few of the 60 suffice here: all miss the same bars.
  for (const char* symbol : {"AAVEUSDT", "BTCUSDT", "CELOUSDT", "CFXUSDT"}) {
    const auto path = *data / "klines" / "spot-1h" / (std::string(symbol) + "-1h.csv.gz");
    const auto report = check(read_csv(path, Interval::one_hour()));
    EXPECT_EQ(report.status, QualityStatus::ok) << symbol;
    EXPECT_EQ(report.missing_bars, 12) << symbol;
    EXPECT_EQ(report.use.used_rows, report.rows) << symbol;
  }
}

TEST(DataQualityOnRealData, TellsGappyDeadAndStaleCandleFilesApart) {
  const auto data = testing::test_data("candles-json");
  if (!data) GTEST_SKIP() << testing::kNoTestData;
  std::vector<CandleSeries> universe;
  std::vector<Timestamp> ends;
  for (const auto& entry : fs::directory_iterator(*data / "candles-json")) {
    const auto json = nlohmann::json::parse(gunzip(entry.path()));
    CandleSeries series{{Venue("real"), Symbol(symbol_of(entry.path())), *Interval::parse("1m")}, {}};
    for (const auto& row : json.at("candles")) {
      Candle bar;
      bar.open_time = Timestamp(row.at("timestamp").get<std::int64_t>());
      bar.open = row.at("open").get<double>();
      bar.high = row.at("high").get<double>();
      bar.low = row.at("low").get<double>();
      bar.close = row.at("close").get<double>();
      bar.volume = row.at("volume").get<double>();
      series.candles.push_back(bar);
    }
    ends.push_back(end_of(series));
    universe.push_back(std::move(series));
  }
  const std::map<std::string, QualityStatus> expected{
      {"LDOUSDT", QualityStatus::gappy},   {"ROSEUSDT", QualityStatus::gappy}, {"SXPUSDT", QualityStatus::gappy},
      {"AGIXUSDT", QualityStatus::frozen}, {"BALUSDT", QualityStatus::frozen}, {"DAIUSDT", QualityStatus::stale}};
  std::size_t seen = 0;
  for (const auto& series : universe) {
    const auto found = expected.find(series.key.symbol.str());
    if (found == expected.end()) continue;
    ++seen;
    const auto report = check_series(series, typical_end(ends));
    EXPECT_EQ(report.status, found->second) << found->first << " is " << to_string(report.status);
  }
  EXPECT_EQ(seen, expected.size());
}

}  // namespace
}  // namespace clm
