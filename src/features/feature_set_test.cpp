#include "features/feature_set.hpp"

#include <gtest/gtest.h>

#include <set>

#include "features/feature_engine.hpp"
#include "market/simulator.hpp"

namespace clm {
namespace {

FeatureFrame compute(const FeatureSet& set, std::vector<CandleSeries> series) {
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
  const FeatureFrame frame = compute(set, clean_market(5, 400));
  for (std::size_t column = 0; column < set.size(); ++column) {
    const FeatureSpec& spec = set.features()[column];
    const bool of_context = spec.inputs == "funding_rate" || spec.inputs == "open_interest" ||
                            spec.inputs == "long_short_ratio" || spec.inputs == "fear_greed";
    const auto warm_up = static_cast<std::size_t>(spec.warm_up(frame.interval));
    for (std::size_t s = 0; s < 5; ++s)
      for (std::size_t i = 0; i < 400; ++i) {
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
  EXPECT_EQ(set.warm_up(frame.interval), 200);
}

// Prices and volumes in another unit are the same market.
TEST(FeatureSet, FeaturesAreScaleFree) {
  for (const FeatureSet& set : {core_feature_set(), classic22_feature_set()}) {
    auto series = clean_market(3, 400);
    const FeatureFrame before = compute(set, series);
    // Powers of two: the mantissas stay, so that only a feature with a scale can move by more than rounding.
    for (Candle& bar : series[1].candles) {
      bar.open *= 1024, bar.high *= 1024, bar.low *= 1024, bar.close *= 1024;
      bar.volume *= 64, bar.taker_buy_volume *= 64;
    }
    const FeatureFrame after = compute(set, series);
    for (std::size_t r = 0; r < before.rows(); ++r)
      for (std::size_t c = 0; c < before.columns(); ++c) {
        const float a = before.row(r)[c], b = after.row(r)[c];
        if (std::isnan(a) && std::isnan(b)) continue;
        ASSERT_NEAR(a, b, 1e-4 * std::max(1.0F, std::abs(a))) << before.names[c];
      }
  }
}

TEST(FeatureSet, AGapIsNeverBridged) {
  auto series = clean_market(3, 700);
  auto& bars = series[0].candles;
  bars.erase(bars.begin() + 400);
  bars[500].close = kMissing;  // unusable is as good as missing
  const FeatureSet set = core_feature_set();
  const FeatureFrame gappy = compute(set, series);
  // What follows a gap is what a series that begins there gives, in everything that is of the symbol alone.
  auto cut = series;
  cut[0].candles.assign(bars.begin() + 400, bars.begin() + 500);
  const FeatureFrame fresh = compute(set, cut);
  for (const auto& group : set.symbol_groups())
    for (std::size_t i = 0; i < 100; ++i)
      for (std::size_t c = group.first_column; c < group.first_column + group.width; ++c) {
        const float a = gappy.row(400 + i)[c], b = fresh.row(i)[c];
        ASSERT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << set.features()[c].name << ' ' << i;
      }
  for (const auto& group : set.symbol_groups())
    for (std::size_t c = group.first_column; c < group.first_column + group.width; ++c)
      EXPECT_TRUE(std::isnan(gappy.row(500)[c])) << set.features()[c].name;
  EXPECT_TRUE(std::isnan(value(gappy, 501, "log_return_1")));
  EXPECT_TRUE(std::isfinite(value(gappy, 502, "log_return_1")));
  EXPECT_TRUE(std::isnan(value(gappy, 400 + 100 - 1, "beta_168")));
}

TEST(FeatureSet, ZeroVolumeIsNotKnownAndNeverInfinite) {
  auto series = clean_market(3, 400);
  for (std::size_t i = 200; i < 400; ++i) {
    Candle& bar = series[0].candles[i];
    bar.volume = bar.taker_buy_volume = 0.0;
    bar.open = bar.high = bar.low = bar.close = series[0].candles[199].close;
  }
  const FeatureFrame frame = compute(core_feature_set(), series);
  for (const float x : frame.values) ASSERT_FALSE(std::isinf(x));
  for (const char* name : {"taker_share", "volume_ratio_24", "mfi_14", "balance_share_24", "body_share",
                           "stochastic_k_14", "volatility_ratio_24_168"})
    EXPECT_TRUE(std::isnan(value(frame, 399, name))) << name;
  EXPECT_EQ(value(frame, 399, "log_return_24"), 0.0F);
  // One bar without trades silences itself and no other.
  series = clean_market(3, 400);
  series[0].candles[300].volume = series[0].candles[300].taker_buy_volume = 0.0;
  const FeatureFrame one = compute(core_feature_set(), series);
  EXPECT_TRUE(std::isnan(value(one, 300, "taker_share_less_ema_72")));
  EXPECT_TRUE(std::isfinite(value(one, 301, "taker_share_less_ema_72")));
}

TEST(FeatureSet, AHigherBarIsNotSeenBeforeItsClose) {
  const auto series = clean_market(2, 240);
  const FeatureFrame frame = compute(core_feature_set(), series);
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
  const FeatureFrame frame = compute(set, series);
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

TEST(FeatureSet, BetaAndResidualsFollowTheMarket) {
  // Two symbols that are the market times 1 + d and 1 - d have betas of exactly that, and no residual.
  std::vector<CandleSeries> series;
  const auto source = clean_market(1, 300)[0];
  for (const double beta : {1.25, 0.75}) {
    CandleSeries one{{Venue("v"), Symbol(beta > 1 ? "A" : "B"), Interval::one_hour()}, {}};
    for (const Candle& bar : source.candles) {
      const double close = std::pow(bar.close, beta);
      one.candles.push_back({bar.open_time, close, close, close, close, 1.0});
    }
    series.push_back(one);
  }
  const FeatureFrame frame = compute(core_feature_set(), series);
  EXPECT_NEAR(value(frame, 299, "beta_168"), 1.25, 1e-6);
  EXPECT_NEAR(value(frame, 599, "beta_168"), 0.75, 1e-6);
  EXPECT_NEAR(value(frame, 299, "correlation_168"), 1.0, 1e-6);
  EXPECT_NEAR(value(frame, 299, "residual_return_24"), 0.0, 1e-6);
  EXPECT_NEAR(value(frame, 299, "market_return_24"), value(frame, 599, "log_return_24") / 0.75, 1e-6);
}

}  // namespace
}  // namespace clm
