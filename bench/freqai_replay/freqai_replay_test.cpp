#include "freqai_replay.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.hpp"
#include "features/engine/feature_engine.hpp"
#include "pair_features.hpp"
#include "support/temp_directory.hpp"
#include "support/testdata.hpp"

namespace clm {
namespace {

const Interval kFiveMinutes = Interval::parse("5m").value();

CandleSeries walk(const char* symbol, std::size_t bars, std::uint64_t seed) {
  CandleSeries series{{Venue("sim"), Symbol(std::string(symbol)), kFiveMinutes}, {}};
  Random random(seed);
  double close = 100.0;
  for (std::size_t i = 0; i < bars; ++i) {
    Candle candle;
    candle.open_time = from_calendar(2018, 1, 10) + kFiveMinutes.length() * static_cast<std::int64_t>(i);
    candle.open = close;
    close *= std::exp(0.002 * random.normal());
    candle.close = close;
    candle.high = std::max(candle.open, close) * (1.0 + 0.001 * random.uniform());
    candle.low = std::min(candle.open, close) * (1.0 - 0.001 * random.uniform());
    candle.volume = 100.0 * random.uniform();
    series.candles.push_back(candle);
  }
  return series;
}

struct TestRun {
  ManualClock clock{Timestamp{}};
  CancelToken cancel;
  SilentProgress progress;
  RunContext context{clock, cancel, progress, 1};
};

FeatureFrame features_of(std::vector<CandleSeries> series) {
  TestRun run;
  const MemoryCandleSource source(std::move(series));
  return compute_features(freqai_feature_set(), source, nullptr, FeatureOptions{}, run.context).value();
}

PairHistory made_up_pair(std::size_t bars) {
  const CandleSeries own = walk("A", bars, 1);
  PairHistory pair{join_pair(features_of({own, walk("B", bars, 2)}), 0, 1), {}};
  for (const Candle& candle : own.candles) pair.close.push_back(candle.close);
  return pair;
}

ReplayWindow half_days_from(int first_half_day, int training) {
  const auto at = [](int half_day) { return from_calendar(2018, 1, 10) + std::chrono::hours(12 * half_day); };
  return {{at(first_half_day), at(first_half_day + training)},
          {at(first_half_day + training), at(first_half_day + training + 1)}};
}

std::size_t row_at(const FeatureFrame& frame, std::int64_t open_time_ms) {
  const auto found = std::find(frame.open_time_ms.begin(), frame.open_time_ms.end(), open_time_ms);
  return static_cast<std::size_t>(found - frame.open_time_ms.begin());
}

TEST(ReplayCases, HaveTheWindowsOfFreqtradesBenchmark) {
  const auto a30 = split_windows(*replay_case("A30"));
  ASSERT_EQ(a30.size(), 30U);
  EXPECT_EQ(to_string(a30[0].training.from), "2018-01-12T00:00:00Z");
  EXPECT_EQ(to_string(a30[29].forecast.from), "2018-01-29T12:00:00Z");
  const auto b32 = split_windows(*replay_case("B32"));
  ASSERT_EQ(b32.size(), 32U);
  EXPECT_EQ(to_string(b32[0].training.from), "2018-01-12T00:00:00Z");
  for (const auto& windows : {a30, b32})
    for (std::size_t i = 1; i < windows.size(); ++i) {
      EXPECT_EQ(windows[i].training.to, windows[i].forecast.from);
      EXPECT_EQ(windows[i - 1].forecast.to, windows[i].forecast.from);
    }
  EXPECT_EQ(a30.back().forecast.to, replay_case("A30")->forecasts.to);
  EXPECT_FALSE(replay_case("C1"));
}

TEST(ReplayCases, CutTheLastForecastAtTheEnd) {
  const ReplayCase odd{"odd", {from_calendar(2018, 1, 1), from_calendar(2018, 1, 2)}, 1, std::chrono::hours(9)};
  const auto windows = split_windows(odd);
  ASSERT_EQ(windows.size(), 3U);
  EXPECT_EQ(windows.back().forecast.to - windows.back().forecast.from, std::chrono::hours(6));
}

TEST(PairFeatures, LieBesideEachOtherByTimeNotByPosition) {
  const CandleSeries own = walk("A", 200, 1);
  CandleSeries other = walk("B", 200, 2);
  other.candles.erase(other.candles.begin() + 100);
  const FeatureFrame both = features_of({own, other});
  const FeatureFrame pair = join_pair(both, 0, 1);
  ASSERT_EQ(pair.columns(), kPairColumns);
  ASSERT_EQ(pair.rows(), 200U);
  const std::size_t close = 8, other_close = 27 + 8;
  for (const std::size_t row : {99U, 101U, 199U}) {
    const std::size_t beside = row < 100 ? row : row - 1;
    EXPECT_EQ(pair.row(row)[close], static_cast<float>(own.candles[row].close));
    EXPECT_EQ(pair.row(row)[other_close], static_cast<float>(other.candles[beside].close));
  }
  EXPECT_TRUE(std::isnan(pair.row(100)[other_close]));
  EXPECT_FALSE(std::isnan(pair.row(100)[close]));
}

TEST(PairFeatures, ShiftsAreEarlierRowsAndTheCalendarIsThatOfTheOpen) {
  const FeatureFrame pair = join_pair(features_of({walk("A", 400, 1), walk("B", 400, 2)}), 1, 0);
  for (const std::size_t row : {100U, 399U})
    for (std::size_t column = 0; column < 9; ++column) {
      ASSERT_FALSE(std::isnan(pair.row(row)[column])) << pair.names[column];
      EXPECT_EQ(pair.row(row)[9 + column], pair.row(row - 1)[column]);
      EXPECT_EQ(pair.row(row)[18 + column], pair.row(row - 2)[column]);
    }
  EXPECT_EQ(pair.row(0)[54], 2.0F) << "2018-01-10 was a Wednesday";
  EXPECT_EQ(pair.row(13)[55], 1.0F);
}

TEST(PairFeatures, DoNotLookAhead) {
  std::vector<CandleSeries> whole = {walk("A", 300, 1), walk("B", 300, 2)};
  std::vector<CandleSeries> cut = whole;
  for (CandleSeries& series : cut) series.candles.resize(250);
  const FeatureFrame pair = join_pair(features_of(whole), 0, 1);
  const FeatureFrame earlier = join_pair(features_of(cut), 0, 1);
  ASSERT_EQ(earlier.rows(), 250U);
  for (std::size_t i = 0; i < earlier.values.size(); ++i)
    ASSERT_TRUE(earlier.values[i] == pair.values[i] || (std::isnan(earlier.values[i]) && std::isnan(pair.values[i])));
}

TEST(Window, TrainsOnRowsWhoseLabelIsKnownWhenItEnds) {
  const PairHistory pair = made_up_pair(1500);
  const ReplayWindow window = half_days_from(2, 4);
  const WindowData data = make_window(pair, window);
  // 576 bars, less 20 without a label, less a quarter rounded up.
  EXPECT_EQ(data.training.size(), 556U - 139U);
  EXPECT_EQ(data.forecast.size(), 144U);
  EXPECT_EQ(data.training.frame->open_time_ms.front(), window.training.from.ms());
  EXPECT_EQ(data.forecast.frame->open_time_ms.front(), window.forecast.from.ms());

  PairHistory altered = pair;
  const std::size_t end = row_at(pair.features, window.training.to.ms());
  for (std::size_t row = end; row < altered.close.size(); ++row) altered.close[row] *= 3.0;
  for (std::size_t i = end * kPairColumns; i < altered.features.values.size(); ++i) altered.features.values[i] += 5.0F;
  const WindowData again = make_window(altered, window);
  EXPECT_EQ(again.training.label, data.training.label);
  const auto& before = data.training.frame->values;
  const auto& after = again.training.frame->values;
  EXPECT_TRUE(std::equal(after.begin(), after.end(), before.begin(), before.end()));
}

TEST(Window, ScalesWithTheTrainingRowsAlone) {
  const PairHistory pair = made_up_pair(1500);
  const WindowData data = make_window(pair, half_days_from(2, 4));
  for (std::size_t column = 0; column < kPairColumns; ++column) {
    float least = 2, most = -2;
    for (std::size_t row = 0; row < data.training.size(); ++row) {
      least = std::min(least, data.training.frame->row(row)[column]);
      most = std::max(most, data.training.frame->row(row)[column]);
    }
    EXPECT_EQ(least, -1.0F);
    EXPECT_EQ(most, 1.0F);
  }
  const auto [least, most] = std::minmax_element(data.training.label.begin(), data.training.label.end());
  EXPECT_EQ(*least, -1.0F);
  EXPECT_EQ(*most, 1.0F);
  const std::size_t row = row_at(pair.features, data.training.frame->open_time_ms[7]);
  double mean = 0;
  for (std::size_t k = 1; k <= 20; ++k) mean += pair.close[row + k] / 20;
  EXPECT_NEAR(data.label.invert(double{data.training.label[7]}), mean / pair.close[row] - 1.0, 1e-8);
}

TEST(Window, ARowWithAMissingValueIsNotTrainedOnAndNotForecast) {
  PairHistory pair = made_up_pair(1500);
  const ReplayWindow window = half_days_from(2, 4);
  const std::size_t trained = row_at(pair.features, window.training.from.ms()) + 3;
  const std::size_t forecast = row_at(pair.features, window.forecast.from.ms()) + 5;
  pair.features.values[trained * kPairColumns + 30] = static_cast<float>(kMissing);
  pair.features.values[forecast * kPairColumns + 2] = static_cast<float>(kMissing);
  const WindowData data = make_window(pair, window);
  const auto& times = data.training.frame->open_time_ms;
  EXPECT_EQ(std::count(times.begin(), times.end(), pair.features.open_time_ms[trained]), 0);
  const auto row = data.forecast.frame->row(5);
  EXPECT_TRUE(std::all_of(row.begin(), row.end(), [](float value) { return std::isnan(value); }));
}

TEST(Scale, OfOneValueMapsToZero) {
  EXPECT_EQ((MinMaxScale{3, 3}.apply(3)), 0.0);
  EXPECT_EQ((MinMaxScale{-1, 3}.apply(1)), 0.0);
  EXPECT_EQ((MinMaxScale{-1, 3}.invert(0.5)), 2.0);
}

class Replay : public ::testing::TestWithParam<const char*> {};

TEST_P(Replay, ForecastsWhatTheBareLibraryForecasts) {
  const auto data = testing::test_data("freqtrade");
  if (!data) GTEST_SKIP() << testing::kNoTestData;
  const testing::TempDirectory directory;
  FreqaiReplayOptions options{*replay_case("A30"), GetParam(), *data / "freqtrade", directory.path(), Floor::beside};
  options.replay.forecasts.to = options.replay.forecasts.from + options.replay.step;
  TestRun run;
  const auto outcome = run_freqai_replay(options, run.context);
  ASSERT_TRUE(outcome) << to_string(outcome.error());
  EXPECT_EQ(outcome->windows, 2U);
  EXPECT_EQ(outcome->forecasts, 288U);
  EXPECT_EQ(outcome->abstained, 0U);
  EXPECT_EQ(outcome->largest_difference, 0.0);
  EXPECT_GT(outcome->floor_cpu_s, 0.0);
  EXPECT_GT(outcome->disk_bytes, 100'000U);
  EXPECT_TRUE(std::filesystem::exists(directory.path() / "forecasts.parquet"));
}

INSTANTIATE_TEST_SUITE_P(Libraries, Replay, ::testing::Values("lightgbm", "xgboost"));

}  // namespace
}  // namespace clm
