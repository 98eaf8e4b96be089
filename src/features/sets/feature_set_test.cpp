#include "features/sets/feature_set.hpp"

#include <gtest/gtest.h>

#include <set>

#include "features/engine/feature_engine.hpp"
#include "market/simulator/simulator.hpp"

namespace clm {
namespace {

FeatureFrame compute_one(const FeatureSet& set, std::vector<CandleSeries> series) {
  ManualClock clock{Timestamp(0)};
  CancelToken cancel;
  SilentProgress progress;
  auto frame = compute_features(set, MemoryCandleSource(std::move(series)), nullptr, {}, {clock, cancel, progress, 1});
  EXPECT_TRUE(frame) << to_string(frame.error());
  return std::move(*frame);
}

std::vector<CandleSeries> clean_market(std::size_t symbols, std::size_t bars) {
  SimulationOptions options;
  options.symbols = symbols;
  options.bars = bars;
  return simulate(options)->series;
}

struct CloseToOpen {
  double operator()(const Bar& bar) { return bar.close / bar.open - 1.0; }
};

FeatureSet small_set(const std::string& name, FeatureSpec spec) {
  FeatureSet set(name);
  set.add(symbol_feature(std::move(spec), CloseToOpen{}));
  return set;
}

float value(const FeatureFrame& frame, std::size_t row, const char* name) {
  const auto found = std::find(frame.names.begin(), frame.names.end(), name);
  EXPECT_NE(found, frame.names.end()) << name;
  return frame.row(row)[static_cast<std::size_t>(found - frame.names.begin())];
}

TEST(FeatureSet, BuiltInSetsByName) {
  const auto core = feature_set("core");
  ASSERT_TRUE(core);
  EXPECT_GE(core->size(), 60U);
  const auto classic = feature_set("classic22");
  ASSERT_TRUE(classic);
  EXPECT_EQ(classic->size(), 22U);
  const auto unknown = feature_set("cor");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, "features.unknown_set");
  for (const std::string& name : feature_set_names()) EXPECT_TRUE(feature_set(name));
}

TEST(FeatureSet, TheHashIsThatOfEveryDefinition) {
  const FeatureSpec spec{"a", 1, "close open", "close / open - 1"};
  std::set<std::string> hashes{small_set("s", spec).hash()};
  EXPECT_EQ(*hashes.begin(), small_set("s", spec).hash());
  const auto changed = [&](const std::string& name, FeatureSpec other) {
    return hashes.insert(small_set(name, std::move(other)).hash()).second;
  };
  EXPECT_TRUE(changed("t", spec));
  EXPECT_TRUE(changed("s", {"b", 1, "close open", "close / open - 1"}));
  EXPECT_TRUE(changed("s", {"a", 2, "close open", "close / open - 1"}));
  EXPECT_TRUE(changed("s", {"a", 1, "close", "close / open - 1"}));
  EXPECT_TRUE(changed("s", {"a", 1, "close open", "open / close - 1"}));
  EXPECT_TRUE(changed("s", {"a", 1, "close open", "close / open - 1", std::chrono::hours(4)}));
  FeatureSet ab("s"), ba("s");
  ab.add(symbol_feature({"a", 1, "", ""}, CloseToOpen{})).add(symbol_feature({"b", 1, "", ""}, CloseToOpen{}));
  ba.add(symbol_feature({"b", 1, "", ""}, CloseToOpen{})).add(symbol_feature({"a", 1, "", ""}, CloseToOpen{}));
  EXPECT_NE(ab.hash(), ba.hash());
}

// The declared warm-up is exact: nothing before it, and everything from it on.
TEST(FeatureSet, WarmUpsAreAsDeclared) {
  const FeatureSet set = core_feature_set();
  const FeatureFrame frame = compute_one(set, clean_market(5, 1000));
  for (std::size_t column = 0; column < set.size(); ++column) {
    const FeatureSpec& spec = set.features()[column];
    const bool of_context = spec.inputs == "funding_rate" || spec.inputs == "open_interest" ||
                            spec.inputs == "long_short_ratio" || spec.inputs == "fear_greed";
    const auto warm_up = static_cast<std::size_t>(spec.warm_up(frame.interval));
    for (std::size_t s = 0; s < 5; ++s)
      for (std::size_t i = 0; i < 1000; ++i) {
        const float x = frame.row(frame.symbol_begin[s] + i)[column];
        if (of_context) {
          ASSERT_TRUE(std::isnan(x)) << spec.name;
        } else if (i + 1 >= warm_up) {
          ASSERT_TRUE(std::isfinite(x)) << spec.name << " bar " << i;
        } else if (spec.warm_up_span.count() == 0) {
          ASSERT_TRUE(std::isnan(x)) << spec.name << " bar " << i;
        }
      }
  }
  EXPECT_EQ(set.warm_up(frame.interval), 721);
}

// A coin cut into 1024 is the same market.
TEST(FeatureSet, FeaturesAreScaleFree) {
  for (const FeatureSet& set : {core_feature_set(), classic22_feature_set()}) {
    auto series = clean_market(3, 400);
    const FeatureFrame before = compute_one(set, series);
    // Powers of two: the mantissas stay, so that only a feature with a scale can move by more than rounding.
    for (Candle& bar : series[1].candles) {
      bar.open *= 1024, bar.high *= 1024, bar.low *= 1024, bar.close *= 1024;
      bar.volume /= 1024, bar.taker_buy_volume /= 1024;
    }
    const FeatureFrame after = compute_one(set, series);
    for (std::size_t r = 0; r < before.rows(); ++r)
      for (std::size_t c = 0; c < before.columns(); ++c) {
        const float a = before.row(r)[c], b = after.row(r)[c];
        if (std::isnan(a) && std::isnan(b)) continue;
        ASSERT_NEAR(a, b, 1e-4 * std::max(1.0F, std::abs(a))) << before.names[c];
      }
  }
}

TEST(FeatureSet, ALongGapIsNeverBridged) {
  auto series = clean_market(3, 700);
  auto& bars = series[0].candles;
  bars.erase(bars.begin() + 400, bars.begin() + 400 + kShortGapBars + 1);
  for (std::size_t i = 500; i <= 500 + kShortGapBars; ++i) bars[i].close = kMissing;  // unusable is as good as missing
  const FeatureSet set = core_feature_set();
  const FeatureFrame gappy = compute_one(set, series);
  // What follows a gap is what a series that begins there gives, in everything that is of the symbol alone.
  auto cut = series;
  cut[0].candles.assign(bars.begin() + 400, bars.begin() + 500);
  const FeatureFrame fresh = compute_one(set, cut);
  for (const auto& group : set.symbol_groups())
    for (std::size_t i = 0; i < 100; ++i)
      for (std::size_t c = group.first_column; c < group.first_column + group.width; ++c) {
        const float a = gappy.row(400 + i)[c], b = fresh.row(i)[c];
        ASSERT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << set.features()[c].name << ' ' << i;
      }
  EXPECT_TRUE(std::isnan(value(gappy, 499, "correlation_168")));
  for (std::size_t c = 0; c < set.size(); ++c) EXPECT_TRUE(std::isnan(gappy.row(500)[c])) << set.features()[c].name;
  const std::size_t after = 501 + kShortGapBars;
  EXPECT_TRUE(std::isnan(value(gappy, after, "log_return_1")));
  EXPECT_TRUE(std::isfinite(value(gappy, after + 1, "log_return_1")));
  EXPECT_TRUE(std::isnan(value(gappy, after + 1, "log_return_24")));
}

TEST(FeatureSet, AfterAShortGapStreamsGoOnWithoutTheReturnAcrossIt) {
  const FeatureSet set = core_feature_set();
  const auto whole = clean_market(3, 1000);
  auto missing = whole;
  missing[0].candles.erase(missing[0].candles.begin() + 800, missing[0].candles.begin() + 800 + kShortGapBars);
  auto unusable = whole;
  for (std::size_t i = 800; i < 800 + kShortGapBars; ++i) unusable[0].candles[i].high = kMissing;
  const FeatureFrame absent = compute_one(set, missing), empty = compute_one(set, unusable);
  for (std::size_t c = 0; c < set.size(); ++c) {
    const bool of_context = set.features()[c].inputs.find("_ra") != std::string::npos ||
                            set.features()[c].inputs == "open_interest" || set.features()[c].inputs == "fear_greed";
    for (std::size_t i = 800; i < 1000 - kShortGapBars; ++i) {
      // That a candle is there but cannot be used makes no difference.
      const float a = absent.row(i)[c], b = empty.row(i + kShortGapBars)[c];
      ASSERT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << set.features()[c].name << ' ' << i;
      if (i == 800 && (set.features()[c].name == "log_return_1" || set.features()[c].name == "residual_return_1" ||
                       set.features()[c].name == "rank_return_1")) {
        ASSERT_TRUE(std::isnan(a));
      } else if (!of_context && set.features()[c].name != "log_return_1_1d") {
        ASSERT_TRUE(std::isfinite(a)) << set.features()[c].name << ' ' << i;
      }
    }
  }
  // The jump of the price across the gap stands in no volatility.
  auto jump = missing;
  for (std::size_t i = 800; i < jump[0].candles.size(); ++i) {
    Candle& bar = jump[0].candles[i];
    bar.open *= 4, bar.high *= 4, bar.low *= 4, bar.close *= 4;
  }
  const FeatureFrame jumped = compute_one(set, jump);
  for (const char* name : {"volatility_24", "volatility_168", "beta_720", "residual_skewness_72", "residual_return_24"})
    EXPECT_NEAR(value(jumped, 805, name), value(absent, 805, name), 1e-6) << name;
  EXPECT_NEAR(value(jumped, 805, "log_return_24"), value(absent, 805, "log_return_24") + std::log(4.0), 1e-5);
}

TEST(FeatureSet, ZeroVolumeIsNotKnownAndNeverInfinite) {
  auto series = clean_market(3, 400);
  for (std::size_t i = 200; i < 400; ++i) {
    Candle& bar = series[0].candles[i];
    bar.volume = bar.taker_buy_volume = 0.0;
    bar.open = bar.high = bar.low = bar.close = series[0].candles[199].close;
  }
  const FeatureFrame frame = compute_one(core_feature_set(), series);
  for (const float x : frame.values) ASSERT_FALSE(std::isinf(x));
  for (const char* name : {"taker_share", "relative_volume_ratio_24_168", "mfi_14", "balance_share_24", "body_share",
                           "stochastic_k_14", "volatility_ratio_24_168", "relative_money_flow_24"})
    EXPECT_TRUE(std::isnan(value(frame, 399, name))) << name;
  EXPECT_EQ(value(frame, 399, "log_return_24"), 0.0F);
  // One bar without trades silences itself and no other.
  series = clean_market(3, 400);
  series[0].candles[300].volume = series[0].candles[300].taker_buy_volume = 0.0;
  const FeatureFrame one = compute_one(core_feature_set(), series);
  EXPECT_TRUE(std::isnan(value(one, 300, "relative_taker_share_72")));
  EXPECT_TRUE(std::isfinite(value(one, 301, "relative_taker_share_72")));
}

TEST(FeatureSet, AHigherBarIsNotSeenBeforeItsClose) {
  const auto series = clean_market(2, 240);
  const FeatureFrame frame = compute_one(core_feature_set(), series);
  const auto& bars = series[0].candles;
  ASSERT_EQ(bars[0].open_time.ms() % 86'400'000, 0);
  for (std::size_t i = 72; i < 240; ++i) {
    // The last day that was over when bar i closed.
    const std::size_t end = (i + 1) / 24 * 24;
    const double wanted = std::log(bars[end - 1].close / bars[end - 25].close);
    ASSERT_NEAR(value(frame, i, "log_return_1_1d"), wanted, 1e-6) << i;
  }
}

TEST(FeatureSet, RanksAndMeansIgnoreWhatIsMissing) {
  FeatureSet set("test");
  set.add(symbol_feature({"x", 1, "close", "close, or nothing above 100"},
                         [](const Bar& bar) { return bar.close > 100 ? kMissing : bar.close; }));
  set.add(CrossFeature{"rank_x", CrossOperation::rank, "x"});
  set.add(CrossFeature{"relative_x", CrossOperation::minus_mean, "x"});
  std::vector<CandleSeries> series;
  const std::vector<double> closes{3, 200, 1, 3, 5};
  for (std::size_t s = 0; s < closes.size(); ++s) {
    CandleSeries one{{Venue("v"), Symbol("S" + std::to_string(s)), Interval::one_hour()}, {}};
    for (int i = 0; i < 2; ++i) {
      // In the second bar only one symbol has a value.
      const double close = i == 0 || s == 0 ? closes[s] : 200;
      one.candles.push_back({Timestamp(i * 3'600'000), close, close, close, close, 1.0});
    }
    series.push_back(one);
  }
  const FeatureFrame frame = compute_one(set, series);
  const auto rank = [&](std::size_t s) { return frame.row(2 * s)[1]; };
  EXPECT_FLOAT_EQ(rank(2), 0.5F / 4 - 0.5F);
  EXPECT_FLOAT_EQ(rank(0), 2.0F / 4 - 0.5F);
  EXPECT_EQ(rank(0), rank(3));
  EXPECT_FLOAT_EQ(rank(4), 3.5F / 4 - 0.5F);
  EXPECT_TRUE(std::isnan(rank(1)));
  EXPECT_FLOAT_EQ(frame.row(8)[2], 2.0F);
  EXPECT_TRUE(std::isnan(frame.row(2)[2]));
  for (std::size_t s = 0; s < closes.size(); ++s) EXPECT_TRUE(std::isnan(frame.row(2 * s + 1)[1])) << s;
}

// Beta and residuals by their definitions, over whole windows, from the returns in the frame.
TEST(FeatureSet, BetaAndResidualsAreAsDefined) {
  constexpr std::size_t kSymbols = 4, kBars = 1700;
  const FeatureFrame frame = compute_one(core_feature_set(), clean_market(kSymbols, kBars));
  std::vector<double> market(kBars);
  std::vector<std::vector<double>> own(kSymbols, std::vector<double>(kBars)), residual = own;
  for (std::size_t i = 1; i < kBars; ++i)
    for (std::size_t s = 0; s < kSymbols; ++s) {
      own[s][i] = value(frame, s * kBars + i, "log_return_1");
      market[i] += own[s][i] / kSymbols;
    }
  const auto slope = [&](std::size_t s, std::size_t end, std::size_t length) {
    double x = 0, y = 0, xx = 0, xy = 0;
    const auto n = static_cast<double>(length);
    for (std::size_t i = end - length; i < end; ++i) x += market[i] / n, y += own[s][i] / n;
    for (std::size_t i = end - length; i < end; ++i)
      xx += (market[i] - x) * (market[i] - x), xy += (market[i] - x) * (own[s][i] - y);
    return xy / xx;
  };
  for (std::size_t s = 0; s < kSymbols; ++s) {
    for (std::size_t i = 721; i < kBars; ++i)
      residual[s][i] = own[s][i] - 0.5 * (slope(s, i, 168) + slope(s, i, 720)) * market[i];
    const std::vector<double>& e = residual[s];
    const auto sum = [&](std::size_t end, std::size_t length, int power) {
      double total = 0;
      for (std::size_t i = end - length; i < end; ++i) total += std::pow(e[i], power);
      return total;
    };
    const std::size_t row = s * kBars + kBars - 1, end = kBars;
    const double deviation = std::sqrt(sum(end, 168, 2) / 168 - std::pow(sum(end, 168, 1) / 168, 2));
    EXPECT_NEAR(value(frame, row, "beta_720"), slope(s, end, 720), 1e-4);
    EXPECT_NEAR(value(frame, row, "beta_change_168_720"), slope(s, end, 168) - slope(s, end, 720), 1e-4);
    EXPECT_NEAR(value(frame, row, "residual_return_1"), e[end - 1] / deviation, 1e-3);
    EXPECT_NEAR(value(frame, row, "residual_return_24"), sum(end, 24, 1) / deviation / std::sqrt(24.0), 1e-3);
    EXPECT_NEAR(value(frame, row, "residual_momentum_168_24"), sum(end - 24, 168, 1) / deviation / std::sqrt(168.0),
                1e-3);
    EXPECT_NEAR(value(frame, row, "residual_skewness_72"), sum(end, 72, 3) / 72 / std::pow(sum(end, 72, 2) / 72, 1.5),
                1e-3);
    // The hour after next to five hours later, yesterday and on each of the last 20 days.
    double yesterday = 0, season = 0;
    for (std::size_t day = 1; day <= 20; ++day)
      for (std::size_t j = 1; j <= 12; ++j) {
        const double x = e[end + j - 24 * day];
        season += x;
        if (day == 1 && j <= 5) yesterday += x;
      }
    EXPECT_NEAR(value(frame, row, "season_5_day_1"), yesterday / deviation / std::sqrt(5.0), 1e-3);
    EXPECT_NEAR(value(frame, row, "season_12_day_20"), season / std::sqrt(20.0) / deviation / std::sqrt(12.0), 1e-3);
  }
}

}  // namespace
}  // namespace clm
