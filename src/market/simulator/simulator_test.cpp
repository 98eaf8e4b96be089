#include "market/simulator/simulator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>

namespace clm {
namespace {

Simulation make(const SimulationOptions& options) {
  Result<Simulation> made = simulate(options);
  EXPECT_TRUE(made.has_value()) << (made ? "" : to_string(made.error()));
  return made ? *std::move(made) : Simulation{};
}

bool same_bytes(const Candle& a, const Candle& b) { return std::memcmp(&a, &b, sizeof(Candle)) == 0; }

bool is_prefix(const CandleSeries& prefix, const CandleSeries& whole) {
  return prefix.candles.size() <= whole.candles.size() &&
         std::equal(prefix.candles.begin(), prefix.candles.end(), whole.candles.begin(), same_bytes);
}

std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> result(values.size());
  for (std::size_t i = 0; i < order.size(); ++i) result[order[i]] = static_cast<double>(i);
  return result;
}

double spearman(const std::vector<double>& x, const std::vector<double>& y) {
  const std::vector<double> a = ranks(x), b = ranks(y);
  const double middle = 0.5 * static_cast<double>(x.size() - 1);
  double covariance = 0, variance = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    covariance += (a[i] - middle) * (b[i] - middle);
    variance += (a[i] - middle) * (a[i] - middle);
  }
  return covariance / variance;
}

double log_return(const CandleSeries& series, std::size_t t) {
  return std::log(series.candles[t].close / series.candles[t - 1].close);
}

struct IcEstimate {
  double mean = 0;
  double standard_error = 0;
};

using Signal = std::function<double(const Simulation&, std::size_t symbol, std::size_t bar)>;

/// The written-out definition of cross-sectional rank IC: labels enter at the next bar's open, in units of the last
/// 48 bars' volatility, sections `horizon` bars apart so that labels do not overlap.
IcEstimate rank_ic(const Simulation& market, int horizon, const Signal& signal, std::size_t from = 200,
                   std::size_t to = 0) {
  const auto h = static_cast<std::size_t>(horizon);
  const std::size_t end = to == 0 ? market.options.bars : to;
  std::vector<double> sections;
  for (std::size_t t = from; t + 1 + h < end; t += h) {
    std::vector<double> forecast, label;
    for (std::size_t i = 0; i < market.series.size(); ++i) {
      const CandleSeries& series = market.series[i];
      double square = 0;
      for (std::size_t j = t - 47; j <= t; ++j) square += std::pow(log_return(series, j), 2);
      label.push_back(std::log(series.candles[t + 1 + h].open / series.candles[t + 1].open) / std::sqrt(square));
      forecast.push_back(signal(market, i, t));
    }
    sections.push_back(spearman(forecast, label));
  }
  IcEstimate estimate;
  const auto n = static_cast<double>(sections.size());
  for (const double ic : sections) estimate.mean += ic / n;
  for (const double ic : sections) estimate.standard_error += std::pow(ic - estimate.mean, 2) / n / n;
  estimate.standard_error = std::sqrt(estimate.standard_error);
  return estimate;
}

double taker_share(const CandleSeries& series, std::size_t t) {
  return series.candles[t].taker_buy_volume / series.candles[t].volume;
}

/// What a plain feature can see of the state: the mean share of the last 4 bars over that of the last 168.
double share_imbalance(const Simulation& market, std::size_t symbol, std::size_t bar) {
  double recent = 0, usual = 0;
  for (std::size_t j = bar - 167; j <= bar; ++j) {
    const double share = taker_share(market.series[symbol], j);
    usual += share / 168;
    if (j + 4 > bar) recent += share / 4;
  }
  return recent - usual;
}

double best_of_5(const Simulation& market, std::size_t symbol, std::size_t bar) {
  return market.best_forecast(symbol, bar, 5);
}

double latent(const Simulation& market, std::size_t symbol, std::size_t bar) {
  return static_cast<double>(market.states[symbol][bar]);
}

SimulationOptions panel(double signal_ic, std::uint64_t seed) {
  SimulationOptions options;
  options.symbols = 50;
  options.bars = 3000;
  options.signal_ic = signal_ic;
  options.seed = seed;
  return options;
}

TEST(Simulator, CandlesAreConsistentAndComplete) {
  SimulationOptions options = panel(0.1, 7);
  options.bars = 1000;
  const Simulation market = make(options);
  ASSERT_EQ(market.series.size(), 50U);
  double lowest = 1e300, highest = 0;
  for (const CandleSeries& series : market.series) {
    ASSERT_EQ(series.candles.size(), 1000U);
    for (std::size_t t = 0; t < series.candles.size(); ++t) {
      const Candle& c = series.candles[t];
      ASSERT_EQ(c.open_time, options.start + options.interval.length() * static_cast<std::int64_t>(t));
      ASSERT_GT(c.low, 0);
      ASSERT_LE(c.low, std::min(c.open, c.close));
      ASSERT_GE(c.high, std::max(c.open, c.close));
      ASSERT_GT(c.volume, 0);
      ASSERT_GE(c.trades, 1);
      ASSERT_GT(c.taker_buy_volume, 0);
      ASSERT_LT(c.taker_buy_volume, c.volume);
      ASSERT_GE(c.quote_volume, c.volume * c.low * (1 - 1e-12));
      ASSERT_LE(c.quote_volume, c.volume * c.high * (1 + 1e-12));
      ASSERT_NEAR(c.taker_buy_quote_volume / c.quote_volume, c.taker_buy_volume / c.volume, 1e-12);
      if (t > 0) {
        ASSERT_NEAR(std::log(c.open / series.candles[t - 1].close), 0, 0.01);
      }
    }
    lowest = std::min(lowest, series.candles[0].open);
    highest = std::max(highest, series.candles[0].open);
  }
  EXPECT_GT(highest / lowest, 1e4) << "prices of very different magnitudes";
}

TEST(Simulator, PricesCarrySixSignificantDigits) {
  const Simulation market = make(panel(0, 3));
  for (const CandleSeries& series : market.series)
    for (const Candle& c : series.candles) {
      char text[32];
      std::snprintf(text, sizeof text, "%.5e", c.close);
      ASSERT_EQ(std::stod(text), c.close);
    }
}

TEST(Simulator, SameSeedSameBytesAndOtherSeedsOtherMarkets) {
  const Simulation a = make(panel(0.1, 11)), b = make(panel(0.1, 11)), c = make(panel(0.1, 12));
  for (std::size_t i = 0; i < a.series.size(); ++i) {
    EXPECT_TRUE(is_prefix(a.series[i], b.series[i]));
    EXPECT_FALSE(is_prefix(a.series[i], c.series[i]));
  }
}

TEST(Simulator, MoreSymbolsAndMoreBarsLeaveTheRestUntouched) {
  SimulationOptions small = panel(0.05, 5);
  small.symbols = 6;
  small.bars = 500;
  small.gap_rate = 0.02;
  small.outage_rate = 0.01;
  SimulationOptions large = small;
  large.symbols = 9;
  large.bars = 800;
  const Simulation a = make(small), b = make(large);
  for (std::size_t i = 0; i < a.series.size(); ++i) {
    EXPECT_EQ(a.series[i].key, b.series[i].key);
    EXPECT_TRUE(is_prefix(a.series[i], b.series[i]));
    EXPECT_TRUE(std::equal(a.states[i].begin(), a.states[i].end(), b.states[i].begin()));
    EXPECT_TRUE(std::equal(a.activities[i].begin(), a.activities[i].end(), b.activities[i].begin()));
  }
}

TEST(Simulator, TheSignalMovesReturnsAndNothingElse) {
  SimulationOptions options = panel(0, 5);
  options.symbols = 3;
  const Simulation noise = make(options);
  options.signal_ic = 0.2;
  const Simulation conditional = make(options);
  options.signal_shape = SignalShape::linear;
  const Simulation linear = make(options);
  EXPECT_EQ(noise.activities, conditional.activities);
  EXPECT_EQ(noise.states, linear.states);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t t = 0; t < options.bars; ++t) {
      const Candle& c = noise.series[i].candles[t];
      ASSERT_EQ(c.quote_volume, conditional.series[i].candles[t].quote_volume);
      ASSERT_EQ(c.quote_volume, linear.series[i].candles[t].quote_volume);
      ASSERT_NEAR(taker_share(noise.series[i], t), taker_share(conditional.series[i], t), 1e-12);
    }
  EXPECT_NE(log_return(conditional.series[0], 500), log_return(noise.series[0], 500));
  EXPECT_NE(log_return(conditional.series[0], 500), log_return(linear.series[0], 500));
}

struct StatedStrength {
  double rank_ic;
  SignalShape shape;
};
class StatedIc : public ::testing::TestWithParam<StatedStrength> {};

TEST_P(StatedIc, IsWhatTheBestForecastReaches) {
  const double stated = GetParam().rank_ic;
  double mean = 0, variance = 0;
  constexpr int kSeeds = 3;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SimulationOptions options = panel(stated, seed);
    options.signal_shape = GetParam().shape;
    const IcEstimate ic = rank_ic(make(options), 5, best_of_5);
    mean += ic.mean / kSeeds;
    variance += ic.standard_error * ic.standard_error / kSeeds / kSeeds;
  }
  const double expected = stated * 50.0 / 51.0;  // a Spearman of n pairs estimates n / (n + 1) of the population's
  EXPECT_NEAR(mean, expected, 3 * std::sqrt(variance));
  EXPECT_LT(std::sqrt(variance), 0.006) << "the test can tell the strengths apart";
}
INSTANTIATE_TEST_SUITE_P(Simulator, StatedIc,
                         ::testing::Values(StatedStrength{0.03, SignalShape::conditional},
                                           StatedStrength{0.1, SignalShape::conditional},
                                           StatedStrength{0.2, SignalShape::conditional},
                                           StatedStrength{0.05, SignalShape::linear},
                                           StatedStrength{0.2, SignalShape::linear}));

TEST(Simulator, ALinearModelSeesPartOfTheConditionalSignalOnly) {
  double by_state = 0, best = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Simulation market = make(panel(0.2, seed));
    by_state += rank_ic(market, 5, latent).mean / 3;
    best += rank_ic(market, 5, best_of_5).mean / 3;
  }
  EXPECT_GT(by_state, 0.35 * best);
  EXPECT_LT(by_state, 0.6 * best);
}

TEST(Simulator, ActivityShowsInTheVolume) {
  const Simulation market = make(panel(0, 14));
  double correlation = 0;
  for (std::size_t i = 0; i < market.series.size(); ++i) {
    std::vector<double> activity, volume;
    for (std::size_t t = 167; t < market.options.bars; t += 24) {
      double recent = 0, usual = 0;
      for (std::size_t j = t - 167; j <= t; ++j) {
        usual += market.series[i].candles[j].volume / 168;
        if (j + 6 > t) recent += market.series[i].candles[j].volume / 6;
      }
      activity.push_back(static_cast<double>(market.activities[i][t]));
      volume.push_back(recent / usual);
    }
    correlation += spearman(activity, volume) / static_cast<double>(market.series.size());
  }
  EXPECT_GT(correlation, 0.55);
}

TEST(Simulator, BestRankIcHoldsAtOtherHorizons) {
  const Simulation market = make(panel(0.1, 21));
  EXPECT_NEAR(market.best_rank_ic(5), 0.1, 2e-4);
  for (const int horizon : {1, 24}) {
    const IcEstimate ic = rank_ic(market, horizon, [horizon](const Simulation& m, std::size_t i, std::size_t t) {
      return m.best_forecast(i, t, horizon);
    });
    EXPECT_NEAR(ic.mean, market.best_rank_ic(horizon) * 50 / 51, 3 * ic.standard_error + 0.003) << horizon;
  }
}

TEST(Simulator, TheSignalShowsInTheTakerShareAndAveragingHelps) {
  SimulationOptions options = panel(0.1, 4);
  options.signal_shape = SignalShape::linear;
  const Simulation market = make(options);
  const IcEstimate averaged = rank_ic(market, 5, share_imbalance);
  const IcEstimate single =
      rank_ic(market, 5, [](const Simulation& m, std::size_t i, std::size_t t) { return taker_share(m.series[i], t); });
  EXPECT_GT(averaged.mean, 0.06);
  EXPECT_GT(averaged.mean, single.mean);
  EXPECT_LT(averaged.mean, 0.1 + 3 * averaged.standard_error);
}

struct NamedSignal {
  const char* name;
  Signal signal;
};

TEST(Simulator, WithoutSignalNothingPredicts) {
  const std::vector<NamedSignal> signals = {
      {"state", latent},
      {"taker share", share_imbalance},
      {"last return", [](const Simulation& m, std::size_t i, std::size_t t) { return log_return(m.series[i], t); }},
      {"return of 24 bars",
       [](const Simulation& m, std::size_t i, std::size_t t) {
         return m.series[i].candles[t].close / m.series[i].candles[t - 24].close;
       }},
      {"volume change",
       [](const Simulation& m, std::size_t i, std::size_t t) {
         return m.series[i].candles[t].quote_volume / m.series[i].candles[t - 24].quote_volume;
       }},
      {"range", [](const Simulation& m, std::size_t i,
                   std::size_t t) { return m.series[i].candles[t].high / m.series[i].candles[t].low; }},
      {"close in range", [](const Simulation& m, std::size_t i, std::size_t t) {
         const Candle& c = m.series[i].candles[t];
         return (c.close - c.low) / (c.high - c.low + 1e-9 * c.close);
       }}};
  constexpr int kSeeds = 5;
  std::vector<IcEstimate> sums(signals.size());
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Simulation market = make(panel(0, 100 + seed));
    EXPECT_EQ(market.best_forecast(0, 10, 5), 0.0);
    EXPECT_EQ(market.best_rank_ic(5), 0.0);
    for (std::size_t s = 0; s < signals.size(); ++s) {
      const IcEstimate ic = rank_ic(market, 1, signals[s].signal);
      sums[s].mean += ic.mean / kSeeds;
      sums[s].standard_error = std::hypot(sums[s].standard_error, ic.standard_error / kSeeds);
    }
  }
  for (std::size_t s = 0; s < signals.size(); ++s) {
    EXPECT_LT(std::abs(sums[s].mean), 3 * sums[s].standard_error) << signals[s].name;
    EXPECT_LT(sums[s].standard_error, 0.003) << "a bounce of 1 % would be seen: " << signals[s].name;
  }
}

TEST(Simulator, SignalVanishesOrFlipsAtTheStatedBar) {
  SimulationOptions options = panel(0.2, 9);
  options.signal_shape = SignalShape::linear;
  options.bars = 6000;
  options.signal_ends_at_bar = 1500;
  const Simulation vanishing = make(options);
  options.signal_end = SignalEnd::flip;
  const Simulation flipping = make(options);

  EXPECT_NEAR(rank_ic(vanishing, 5, latent, 200, 1500).mean, 0.2, 0.03);
  const IcEstimate after = rank_ic(vanishing, 5, latent, 1500);
  EXPECT_NEAR(after.mean, 0, 3 * after.standard_error);
  EXPECT_NEAR(rank_ic(flipping, 5, latent, 1500).mean, -0.2, 0.03);
  EXPECT_NEAR(rank_ic(flipping, 5, best_of_5, 1500).mean, 0.2, 0.03);

  EXPECT_GT(vanishing.best_forecast(0, 1300, 5) * latent(vanishing, 0, 1300), 0);
  EXPECT_EQ(vanishing.best_forecast(0, 1499, 5), 0) << "all bars of this label lie after the end";
  EXPECT_NE(vanishing.best_forecast(0, 1498, 5), 0) << "the first bar of this label does not";

  SimulationOptions unending = options;
  unending.bars = 3000;
  unending.signal_ends_at_bar.reset();
  const Simulation whole = make(unending);
  for (std::size_t t = 0; t < 1500; ++t)
    ASSERT_TRUE(same_bytes(whole.series[0].candles[t], vanishing.series[0].candles[t])) << t;
  EXPECT_FALSE(same_bytes(whole.series[0].candles[1500], vanishing.series[0].candles[1500]));
}

TEST(Simulator, ReturnsHaveTheStylisedFacts) {
  const Simulation market = make(panel(0, 2));
  double kurtosis = 0, square_autocorrelation = 0, pair_correlation = 0, volume_link = 0;
  std::vector<std::vector<double>> returns(market.series.size());
  for (std::size_t i = 0; i < returns.size(); ++i)
    for (std::size_t t = 1; t < market.options.bars; ++t) returns[i].push_back(log_return(market.series[i], t));
  const auto n = static_cast<double>(market.options.bars - 1);
  const auto symbols = static_cast<double>(returns.size());
  for (std::size_t i = 0; i < returns.size(); ++i) {
    double second = 0, fourth = 0;
    std::vector<double> size, next_size, volume;
    for (const double r : returns[i]) {
      second += r * r / n;
      fourth += r * r * r * r / n;
    }
    for (std::size_t t = 0; t + 1 < returns[i].size(); ++t) {
      size.push_back(std::abs(returns[i][t]));
      next_size.push_back(std::abs(returns[i][t + 1]));
      volume.push_back(market.series[i].candles[t + 1].quote_volume);  // the bar of this return
    }
    kurtosis += fourth / second / second / symbols;
    square_autocorrelation += spearman(size, next_size) / symbols;
    volume_link += spearman(size, volume) / symbols;
    EXPECT_GT(std::sqrt(second), 0.002);
    EXPECT_LT(std::sqrt(second), 0.03);
    pair_correlation += spearman(returns[i], returns[(i + 1) % returns.size()]) / symbols;
  }
  EXPECT_GT(kurtosis, 5);
  EXPECT_GT(square_autocorrelation, 0.08);
  EXPECT_GT(pair_correlation, 0.3);
  EXPECT_LT(pair_correlation, 0.7);
  EXPECT_GT(volume_link, 0.3);
}

TEST(Simulator, RangeAgreesWithBrownianMotion) {
  // Parkinson (1980): for a diffusion E[ln(high / low)^2] = 4 ln 2 E[r^2]; independent draws of the two extremes of
  // the bridge lower the product term only, so that the ratio comes out a little under.
  const Simulation market = make(panel(0, 6));
  double range = 0, square = 0;
  for (const CandleSeries& series : market.series)
    for (const Candle& c : series.candles) {
      range += std::pow(std::log(c.high / c.low), 2);
      square += std::pow(std::log(c.close / c.open), 2);
    }
  EXPECT_NEAR(range / square, 4 * std::log(2.0), 0.25);
}

TEST(Simulator, GapsOutagesAndDeadSymbolsOnRequest) {
  SimulationOptions options = panel(0, 8);
  options.symbols = 5;
  const Simulation whole = make(options);
  options.gap_rate = 0.01;
  options.outage_rate = 0.002;
  options.events = {{1, SymbolEventKind::listed, 400},
                    {2, SymbolEventKind::delisted, 2000},
                    {3, SymbolEventKind::frozen, 1000},
                    {4, SymbolEventKind::frozen, 0}};
  const Simulation market = make(options);

  std::vector<int> delivered(options.bars, 0);
  for (const CandleSeries& series : market.series)
    for (const Candle& c : series.candles) ++delivered[market.bar_of(c.open_time)];
  EXPECT_GT(std::count(delivered.begin(), delivered.end(), 0), 3) << "outages take every symbol";
  EXPECT_LT(market.series[0].candles.size(), 2990U);
  EXPECT_GT(market.series[0].candles.size(), 2850U);
  for (const Candle& c : market.series[0].candles)
    ASSERT_TRUE(same_bytes(c, whole.series[0].candles[market.bar_of(c.open_time)])) << "gaps change no other bar";

  EXPECT_GE(market.bar_of(market.series[1].candles.front().open_time), 400U);
  EXPECT_LT(market.bar_of(market.series[2].candles.back().open_time), 2000U);
  for (const Candle& c : market.series[3].candles) {
    if (market.bar_of(c.open_time) < 1000) continue;
    ASSERT_EQ(c.volume, 0);
    ASSERT_EQ(c.trades, 0);
    ASSERT_EQ(c.high, c.low);
    ASSERT_EQ(c.close, market.series[3].candles.back().close);
  }
  for (const Candle& c : market.series[4].candles) ASSERT_EQ(c.close, market.series[4].candles.front().close);
}

TEST(Simulator, RefusesOptionsOutsideTheirRange) {
  const auto refused = [](const std::function<void(SimulationOptions&)>& change, const char* option) {
    SimulationOptions options;
    change(options);
    const Result<Simulation> made = simulate(options);
    ASSERT_FALSE(made.has_value()) << option;
    EXPECT_EQ(made.error().code, "simulate.options");
    EXPECT_NE(made.error().message.find(option), std::string::npos) << made.error().message;
  };
  refused([](SimulationOptions& o) { o.symbols = 0; }, "symbols");
  refused([](SimulationOptions& o) { o.bars = 0; }, "bars");
  refused([](SimulationOptions& o) { o.signal_ic = -0.1; }, "signal_ic");
  refused([](SimulationOptions& o) { o.signal_ic = std::nan(""); }, "signal_ic");
  refused([](SimulationOptions& o) { o.horizon_bars = 0; }, "horizon_bars");
  refused([](SimulationOptions& o) { o.gap_rate = 0.9; }, "gap_rate");
  refused([](SimulationOptions& o) { o.start = Timestamp(1); }, "start");
  refused([](SimulationOptions& o) { o.events = {{99, SymbolEventKind::frozen, 0}}; }, "events");
}

}  // namespace
}  // namespace clm
