#include "evaluation/drift/volatility_states.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.hpp"

namespace clm {
namespace {

constexpr std::size_t kVolatilityDay = 24;

struct LoudStretch {
  std::size_t days;
  double volatility;  ///< of a bar
};

std::vector<double> loud_walk(std::initializer_list<LoudStretch> stretches, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> out;
  for (const LoudStretch& stretch : stretches)
    for (std::size_t bar = 0; bar < stretch.days * kVolatilityDay; ++bar)
      out.push_back(stretch.volatility * random.student_t(5));
  return out;
}

std::vector<VolatilityRegime> volatility_said(const std::vector<double>& returns) {
  VolatilityStates states;
  std::vector<VolatilityRegime> out;
  for (const double r : returns) out.push_back(states.update(r));
  return out;
}

/// By the definition, at every bar from all that came before: means by their recursion, quantiles by sorting.
std::vector<VolatilityRegime> volatility_by_definition(const std::vector<double>& returns, std::size_t history_days) {
  const VolatilityStatesOptions o;
  const auto bin_middle = [](double x) { return std::exp2((std::floor(std::log2(x) * 32) + 0.5) / 32); };
  std::vector<VolatilityRegime> out;
  std::vector<double> means;
  std::vector<double> thresholds(5);
  double fast = 0, slow = 0;
  VolatilityRegime state = VolatilityRegime::unknown;
  for (std::size_t bar = 1; bar <= returns.size(); ++bar) {
    const bool settled = bar > 72;
    const double size = settled ? std::min(std::abs(returns[bar - 1]), 5 * slow) : std::abs(returns[bar - 1]);
    fast += std::max(1 - std::exp2(-1.0 / 12), 1.0 / static_cast<double>(bar)) * (size - fast);
    slow += std::max(1 - std::exp2(-1.0 / 72), 1.0 / static_cast<double>(bar)) * (size - slow);
    if (bar > 60 * kVolatilityDay) {
      const bool storm_lasts = state == VolatilityRegime::turbulent && std::max(fast, slow) > thresholds[1];
      const bool calm_lasts = state == VolatilityRegime::calm && slow < thresholds[3];
      if (fast >= thresholds[0] || storm_lasts)
        state = VolatilityRegime::turbulent;
      else
        state = slow <= thresholds[2] || calm_lasts ? VolatilityRegime::calm : VolatilityRegime::normal;
    }
    if (settled) means.push_back(bin_middle(slow));
    if (bar % kVolatilityDay == 0 && bar >= 60 * kVolatilityDay) {
      const std::size_t kept = std::min(means.size(), history_days * kVolatilityDay);
      std::vector<double> sorted(means.end() - static_cast<std::ptrdiff_t>(kept), means.end());
      std::sort(sorted.begin(), sorted.end());
      const auto q = [&](double share) {
        return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size()))];
      };
      thresholds = {
          std::max(q(o.storm_share), o.storm_ratio * q(0.5)), std::max(q(o.passed_share), o.passed_ratio * q(0.5)),
          std::min(q(o.calm_share), o.calm_ratio * q(0.5)), std::min(q(o.ended_share), o.ended_ratio * q(0.5)), q(0.5)};
    }
    out.push_back(state);
  }
  return out;
}

TEST(VolatilityStates, AreThoseOfTheDefinition) {
  const auto returns = loud_walk({{80, 0.005}, {10, 0.015}, {60, 0.003}, {30, 0.006}, {5, 0.03}, {60, 0.004}}, 1);
  const auto seen = volatility_said(returns), expected = volatility_by_definition(returns, 365);
  for (std::size_t bar = 0; bar < returns.size(); ++bar) ASSERT_EQ(seen[bar], expected[bar]) << bar;
  for (const auto state : {VolatilityRegime::calm, VolatilityRegime::normal, VolatilityRegime::turbulent})
    EXPECT_GT(std::count(seen.begin(), seen.end(), state), 24);
}

TEST(VolatilityStates, ForgetWhatIsOlderThanTheirHistory) {
  VolatilityStatesOptions options;
  options.history_days = 60;
  VolatilityStates states(options);
  const auto returns = loud_walk({{70, 0.02}, {100, 0.005}, {60, 0.005}, {6, 0.012}}, 2);
  std::vector<VolatilityRegime> seen;
  for (const double r : returns) seen.push_back(states.update(r));
  const auto expected = volatility_by_definition(returns, 60);
  for (std::size_t bar = 0; bar < returns.size(); ++bar) ASSERT_EQ(seen[bar], expected[bar]) << bar;
  EXPECT_EQ(seen[100 * kVolatilityDay], VolatilityRegime::calm) << "beside the two months before";
  EXPECT_EQ(seen[229 * kVolatilityDay], VolatilityRegime::normal) << "which are forgotten";
  EXPECT_EQ(seen.back(), VolatilityRegime::turbulent);
}

TEST(VolatilityStates, AStormIsSeenWithinADayAndPassesWithinTwoWeeks) {
  std::size_t within = 0, over = 0;
  constexpr std::size_t kMarkets = 40, kStart = 120 * kVolatilityDay, kEnd = 130 * kVolatilityDay;
  for (std::uint64_t seed = 0; seed < kMarkets; ++seed) {
    const auto seen = volatility_said(loud_walk({{120, 0.005}, {10, 0.015}, {20, 0.005}}, 100 + seed));
    within +=
        std::count(seen.begin() + kStart, seen.begin() + kStart + kVolatilityDay, VolatilityRegime::turbulent) > 0;
    EXPECT_EQ(seen[kEnd - 1], VolatilityRegime::turbulent);
    over += seen[kEnd + 14 * kVolatilityDay] != VolatilityRegime::turbulent;
  }
  EXPECT_GE(within, kMarkets * 9 / 10);
  EXPECT_GE(over, kMarkets * 9 / 10);
}

TEST(VolatilityStates, OneVolatilityHasNoStormsThoughItHasATenthOfHighestDays) {
  std::size_t storms = 0, calms = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto seen = volatility_said(loud_walk({{60 + 365, 0.01}}, 200 + seed));
    for (std::size_t bar = 1; bar < seen.size(); ++bar) {
      storms += seen[bar] == VolatilityRegime::turbulent && seen[bar - 1] != seen[bar] ? 1U : 0U;
      calms += seen[bar] == VolatilityRegime::calm && seen[bar - 1] != seen[bar] ? 1U : 0U;
    }
  }
  EXPECT_LE(storms, 20U) << "stated: at most one a year";
  EXPECT_LE(calms, 20U);
}

TEST(VolatilityStates, OneBarIsNoStorm) {
  auto returns = loud_walk({{100, 0.005}}, 3);
  returns[90 * kVolatilityDay] = -0.5;
  const auto seen = volatility_said(returns);
  EXPECT_EQ(std::count(seen.begin(), seen.end(), VolatilityRegime::turbulent), 0);
}

TEST(VolatilityStates, LaterBarsChangeNothingEarlier) {
  const auto returns = loud_walk({{100, 0.005}, {20, 0.02}}, 4);
  auto other = returns;
  const std::size_t cut = 90 * kVolatilityDay + 7;
  for (std::size_t bar = cut; bar < other.size(); ++bar) other[bar] = bar % 2 == 0 ? 0.2 : -0.2;
  const auto seen = volatility_said(returns), again = volatility_said(other);
  for (std::size_t bar = 0; bar < cut; ++bar) ASSERT_EQ(seen[bar], again[bar]) << bar;
  EXPECT_NE(std::vector(seen.begin() + static_cast<std::ptrdiff_t>(cut), seen.end()),
            std::vector(again.begin() + static_cast<std::ptrdiff_t>(cut), again.end()));
}

/// What a version that takes its thresholds from all bars would say.
TEST(VolatilityStates, AVersionThatKnowsTheWholeHistoryWouldFailThat) {
  const auto shares_of_calm = [](double later) {
    const auto returns = loud_walk({{100, 0.005}, {100, later}}, 5);
    std::vector<double> slow;
    double mean = 0.004;
    for (const double r : returns) slow.push_back(mean += (1 - std::exp2(-1.0 / 72)) * (std::abs(r) - mean));
    auto sorted = slow;
    std::sort(sorted.begin(), sorted.end());
    return std::count_if(slow.begin(), slow.begin() + 100 * kVolatilityDay,
                         [&](double x) { return x < sorted[sorted.size() / 4]; });
  };
  EXPECT_NE(shares_of_calm(0.002), shares_of_calm(0.02)) << "of the very same first hundred days";
}

TEST(VolatilityStates, MissingBarsAndAPriceThatDoesNotMoveTellNothing) {
  const auto returns = loud_walk({{100, 0.005}}, 6);
  VolatilityStates whole, gaps;
  for (std::size_t bar = 0; bar < returns.size(); ++bar) {
    const VolatilityRegime state = whole.update(returns[bar]);
    ASSERT_EQ(gaps.update(returns[bar]), state);
    if (bar % 100 == 0) {
      ASSERT_EQ(gaps.update(std::nan("")), state);
      ASSERT_EQ(gaps.update(INFINITY), state);
    }
  }
  // A year of standing still, and it goes on where it was.
  VolatilityStates frozen = whole;
  for (std::size_t bar = 0; bar < 365 * kVolatilityDay; ++bar) frozen.update(0);
  EXPECT_GT(frozen.level(), 0.7 * whole.level());
  EXPECT_EQ(frozen.known_bars(), whole.known_bars() + kVolatilityDay);
  VolatilityStates dead;
  for (std::size_t bar = 0; bar < 365 * kVolatilityDay; ++bar) dead.update(0);
  EXPECT_EQ(dead.state(), VolatilityRegime::unknown);
  EXPECT_TRUE(std::isnan(dead.times_usual()));
}

TEST(VolatilityStates, AreUnknownForSixtyDays) {
  const auto seen = volatility_said(loud_walk({{61, 0.005}}, 7));
  EXPECT_EQ(std::count(seen.begin(), seen.end(), VolatilityRegime::unknown), 60 * kVolatilityDay);
  EXPECT_EQ(seen[60 * kVolatilityDay], VolatilityRegime::normal);
}

TEST(VolatilityStates, ACopyGoesOnAsTheOriginal) {
  const auto returns = loud_walk({{100, 0.005}, {10, 0.02}, {20, 0.004}}, 8);
  VolatilityStates original;
  for (std::size_t bar = 0; bar < 2'500; ++bar) original.update(returns[bar]);
  VolatilityStates copy = original;
  for (std::size_t bar = 2'500; bar < returns.size(); ++bar) {
    ASSERT_EQ(original.update(returns[bar]), copy.update(returns[bar]));
    ASSERT_EQ(original.level(), copy.level());
  }
}

}  // namespace
}  // namespace clm
