#include "evaluation/drift/regime_detector.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.hpp"

namespace clm {
namespace {

constexpr std::size_t kDayBars = 24;

struct Stretch {
  std::size_t days;
  double volatility;  ///< of a bar
  double drift = 0;   ///< of a bar, in volatilities
};

std::vector<double> returns_of(std::initializer_list<Stretch> stretches, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> out;
  for (const Stretch& stretch : stretches)
    for (std::size_t bar = 0; bar < stretch.days * kDayBars; ++bar)
      out.push_back(stretch.volatility * (stretch.drift + random.student_t(5)));
  return out;
}

/// Two years in which all states occur.
RegimeModel model(const RegimeOptions& options = {}) {
  const auto training = returns_of(
      {{120, 0.005}, {60, 0.02}, {60, 0.01, 0.3}, {120, 0.005}, {60, 0.01, -0.3}, {60, 0.02}, {120, 0.01}}, 1);
  return RegimeModel::fit(std::vector<std::vector<double>>{training}, options).value();
}

std::vector<Regime> run(const RegimeModel& model, const std::vector<double>& returns) {
  RegimeDetector detector(model);
  std::vector<Regime> out;
  for (const double r : returns) out.push_back(detector.update(r));
  return out;
}

/// Bars from `change` on until `is` holds; the length of the rest where it never does.
template <typename Is>
std::size_t delay(const std::vector<Regime>& regimes, std::size_t change, Is is) {
  std::size_t bar = change;
  while (bar < regimes.size() && !is(regimes[bar])) ++bar;
  return bar - change;
}

TEST(RegimeDetector, LearnsTheStatesThatThereWere) {
  const RegimeModel learned = model();
  EXPECT_NEAR(learned.volatility.mean[0], std::log(0.005), 0.15);
  EXPECT_NEAR(learned.volatility.mean[1], std::log(0.01), 0.15);
  EXPECT_NEAR(learned.volatility.mean[2], std::log(0.02), 0.15);
  // 0.3 a bar is 0.3 sqrt(24) = 1.5 a day, in units of the day's volatility.
  EXPECT_NEAR(learned.trend.mean[2], 1.4, 0.3);
  EXPECT_EQ(learned.trend.mean[1], 0);
}

/// Stated: three days to be sustained, and at most two more of getting sure; three where a trend begins.
TEST(RegimeDetector, FindsPlantedChangesWithinDays) {
  const RegimeModel learned = model();
  std::size_t found_volatility = 0, found_trend = 0, early = 0;
  constexpr std::size_t kMarkets = 40;
  for (std::uint64_t seed = 0; seed < kMarkets; ++seed) {
    const std::size_t change = 30 * kDayBars;
    const auto turmoil = run(learned, returns_of({{30, 0.005}, {20, 0.02}}, 100 + seed));
    EXPECT_EQ(turmoil[change - 1].volatility, VolatilityRegime::calm);
    const std::size_t waited =
        delay(turmoil, change, [](const Regime& r) { return r.volatility == VolatilityRegime::turbulent; });
    found_volatility += waited <= 5 * kDayBars ? 1U : 0U;
    early += waited < 3 * kDayBars - 1 ? 1U : 0U;
    const auto rally = run(learned, returns_of({{30, 0.01}, {20, 0.01, 0.6}}, 200 + seed));
    found_trend +=
        delay(rally, change, [](const Regime& r) { return r.trend == TrendRegime::up; }) <= 6 * kDayBars ? 1U : 0U;
  }
  EXPECT_EQ(found_volatility, kMarkets);
  EXPECT_EQ(early, 0U) << "nothing counts before it was sustained";
  EXPECT_GE(found_trend, kMarkets * 9 / 10);
}

TEST(RegimeDetector, AShortFlipDoesNotCount) {
  const RegimeModel learned = model();
  const auto shock = returns_of({{30, 0.005}, {2, 0.03}, {30, 0.005}}, 5);
  const auto regimes = run(learned, shock);
  for (std::size_t bar = 10 * kDayBars; bar < regimes.size(); ++bar)
    ASSERT_EQ(regimes[bar].volatility, VolatilityRegime::calm) << bar;
  const auto noticed =
      std::count_if(regimes.begin(), regimes.end(), [](const Regime& r) { return r.volatility_now[2] > 0.9; });
  EXPECT_EQ(noticed, 2 * static_cast<std::ptrdiff_t>(kDayBars)) << "it was seen, and not taken for a regime";
  // Where nothing must be sustained, the same two days are a regime.
  RegimeOptions hasty;
  hasty.sustain_bars = 1;
  const auto jumpy = run(model(hasty), shock);
  EXPECT_EQ(delay(jumpy, 30 * kDayBars, [](const Regime& r) { return r.volatility == VolatilityRegime::turbulent; }),
            kDayBars - 1);
}

TEST(RegimeDetector, NothingIsKnownBeforeItWasSustained) {
  const auto regimes = run(model(), returns_of({{10, 0.005}}, 6));
  for (std::size_t bar = 0; bar < 3 * kDayBars - 1; ++bar)
    ASSERT_EQ(regimes[bar].volatility, VolatilityRegime::unknown);
  EXPECT_EQ(regimes[3 * kDayBars - 1].volatility, VolatilityRegime::calm);
}

/// Smoothed states (Kim 1994): what a version that looks ahead would say of each observation.
std::vector<StateProbabilities> smoothed(const GaussianHmm& hmm, const std::vector<double>& observations) {
  std::vector<StateProbabilities> filtered, predicted;
  for (const double x : observations) {
    StateProbabilities ahead{};
    if (!filtered.empty())
      for (std::size_t i = 0; i < hmm.states; ++i)
        for (std::size_t j = 0; j < hmm.states; ++j) ahead[j] += filtered.back()[i] * hmm.transition[i][j];
    predicted.push_back(ahead);
    filtered.push_back(filtered.empty() ? hmm.filter_first(x) : hmm.filter_next(filtered.back(), x));
  }
  for (std::size_t t = filtered.size() - 1; t-- > 0;) {
    StateProbabilities now{};
    for (std::size_t i = 0; i < hmm.states; ++i)
      for (std::size_t j = 0; j < hmm.states; ++j)
        now[i] += filtered[t][i] * hmm.transition[i][j] * filtered[t + 1][j] / predicted[t + 1][j];
    filtered[t] = now;
  }
  return filtered;
}

TEST(RegimeDetector, TheFutureChangesNothingEarlier) {
  const RegimeModel learned = model();
  auto returns = returns_of({{20, 0.005}, {20, 0.009}}, 7);
  const auto before = run(learned, returns);
  const std::size_t cut = 30 * kDayBars + 5;
  for (std::size_t bar = cut; bar < returns.size(); ++bar) returns[bar] = 0.04 * (bar % 2 == 0 ? 1 : -1);
  const auto after = run(learned, returns);
  for (std::size_t bar = 0; bar < cut; ++bar) ASSERT_EQ(before[bar], after[bar]) << bar;
  EXPECT_NE(before.back(), after.back());
}

TEST(RegimeDetector, ASmoothingVersionWouldFailThat) {
  const GaussianHmm hmm = model().volatility;
  std::vector<double> observations(10, (hmm.mean[0] + hmm.mean[1]) / 2);
  const auto before = smoothed(hmm, observations);
  auto others = observations;
  for (std::size_t t = 6; t < others.size(); ++t) others[t] = hmm.mean[2];
  EXPECT_GT(std::abs(smoothed(hmm, others)[5][0] - before[5][0]), 0.05);
}

TEST(RegimeDetector, MissingBarsTellNothing) {
  const RegimeModel learned = model();
  auto returns = returns_of({{40, 0.005}}, 8);
  for (std::size_t bar = 20 * kDayBars; bar < 22 * kDayBars; ++bar) returns[bar] = std::nan("");
  returns[25 * kDayBars] = std::numeric_limits<double>::infinity();
  const auto regimes = run(learned, returns);
  EXPECT_EQ(regimes[22 * kDayBars - 1].volatility, VolatilityRegime::calm);
  EXPECT_EQ(regimes.back().volatility, VolatilityRegime::calm);
  EXPECT_LT(regimes[22 * kDayBars - 1].volatility_now[0], regimes[20 * kDayBars - 1].volatility_now[0])
      << "less sure after an outage";
  // A frozen symbol has no volatility to speak of, and is no calm one.
  const auto frozen = run(learned, std::vector<double>(20 * kDayBars, 0.0));
  EXPECT_EQ(frozen.back().volatility, VolatilityRegime::unknown);
  EXPECT_EQ(frozen.back().trend, TrendRegime::unknown);
}

TEST(RegimeDetector, SaysSinceWhenAndHowSureItIs) {
  RegimeDetector detector(model());
  const auto returns = returns_of({{30, 0.005}, {20, 0.02}}, 9);
  EXPECT_TRUE(std::isnan(detector.volatility_probability()));
  for (std::size_t bar = 0; bar < returns.size(); ++bar) {
    const Regime& regime = detector.update(returns[bar]);
    if (bar < 3 * kDayBars - 1) {
      ASSERT_EQ(regime.volatility_since, 0U);
      ASSERT_TRUE(std::isnan(detector.volatility_probability()));
    } else if (bar == 3 * kDayBars - 1) {
      EXPECT_EQ(regime.volatility_since, kDayBars) << "the first whole day";
    }
  }
  // The first whole day of turmoil, or the one after it.
  EXPECT_GE(detector.regime().volatility_since, 31 * kDayBars);
  EXPECT_LE(detector.regime().volatility_since, 32 * kDayBars);
  EXPECT_EQ(detector.volatility_probability(), detector.regime().volatility_now[2]);
  EXPECT_GT(detector.volatility_probability(), 0.9);
  EXPECT_EQ(detector.trend_probability(), detector.regime().trend_now[1]);
}

TEST(RegimeDetector, ATrendMustBeLikelierToBeginThanToLast) {
  const RegimeModel learned = model();
  const auto rally = returns_of({{30, 0.01}, {20, 0.01, 0.6}, {60, 0.01}}, 17);
  RegimeDetector detector(learned);
  TrendRegime before = TrendRegime::unknown;
  std::size_t changes = 0;
  for (const double r : rally) {
    const Regime& now = detector.update(r);
    if (now.trend == before) continue;
    ++changes;
    if (now.trend == TrendRegime::up) {
      EXPECT_GT(detector.trend_probability(), learned.options.trend_probability);
    }
    if (before == TrendRegime::up) {
      EXPECT_LE(now.trend_now[2], learned.options.min_probability);
    }
    before = now.trend;
  }
  EXPECT_EQ(changes, 3U) << "flat, up, and flat again";
  RegimeOptions easy;
  easy.trend_probability = easy.min_probability;
  EXPECT_GT(delay(run(learned, rally), 0, [](const Regime& r) { return r.trend == TrendRegime::up; }),
            delay(run(model(easy), rally), 0, [](const Regime& r) { return r.trend == TrendRegime::up; }));
}

TEST(RegimeDetector, TwoStatesAreCalmAndTurbulent) {
  RegimeOptions two;
  two.volatility_states = 2;
  const auto regimes = run(model(two), returns_of({{20, 0.005}, {20, 0.02}}, 10));
  EXPECT_EQ(regimes[20 * kDayBars - 1].volatility, VolatilityRegime::calm);
  EXPECT_EQ(regimes.back().volatility, VolatilityRegime::turbulent);
}

TEST(RegimeDetector, ARandomWalkHasFewTrends) {
  const RegimeModel learned = model();
  std::size_t trending = 0, bars = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed)
    for (const Regime& regime : run(learned, returns_of({{200, 0.01}}, 300 + seed))) {
      ++bars;
      trending += regime.trend == TrendRegime::up || regime.trend == TrendRegime::down ? 1U : 0U;
    }
  EXPECT_LT(static_cast<double>(trending) / static_cast<double>(bars), 0.02);
}

TEST(RegimeDetector, NoiseTeachesNoTrends) {
  const auto noise = returns_of({{700, 0.01}}, 12);
  const RegimeModel learned = RegimeModel::fit(std::vector<std::vector<double>>{noise}, {}).value();
  EXPECT_GE(learned.trend.mean[2], 1) << "states that cannot be told apart would be named by chance";
  std::size_t trending = 0;
  const auto regimes = run(learned, returns_of({{500, 0.01}}, 13));
  for (const Regime& regime : regimes)
    trending += regime.trend == TrendRegime::up || regime.trend == TrendRegime::down ? 1U : 0U;
  EXPECT_EQ(trending, 0U);
}

TEST(RegimeDetector, TrainsOnNothingButWhatItIsGiven) {
  const auto training = returns_of({{100, 0.005}, {100, 0.02}}, 11);
  const auto numbers = [](const std::vector<double>& returns) {
    const auto fitted = RegimeModel::fit(std::vector<std::vector<double>>{returns}, {}).value();
    std::vector<double> out;
    for (const GaussianHmm* hmm : {&fitted.volatility, &fitted.trend}) {
      out.insert(out.end(), hmm->mean.begin(), hmm->mean.end());
      out.push_back(hmm->deviation);
      for (const auto& row : hmm->transition) out.insert(out.end(), row.begin(), row.end());
    }
    return out;
  };
  const auto once = numbers(training);
  EXPECT_EQ(numbers(training), once);
  // Bars that fill no window are no observation: a model of whole days does not see the half day after them.
  auto longer = training;
  longer.insert(longer.end(), kDayBars / 2, 0.5);
  EXPECT_EQ(numbers(longer), once);
  EXPECT_EQ(
      RegimeModel::fit(std::vector<std::vector<double>>{std::vector<double>(30 * kDayBars, 0.01)}, {}).error().code,
      "hmm.too_short");
}

TEST(MarketReturn, IsTheMeanOfWhatIsKnown) {
  EXPECT_EQ(market_return(std::vector<double>{0.01, std::nan(""), 0.03}), 0.02);
  EXPECT_TRUE(std::isnan(market_return(std::vector<double>{std::nan("")})));
}

}  // namespace
}  // namespace clm
