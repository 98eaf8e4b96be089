#include "evaluation/drift/trend_detector.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.hpp"

namespace clm {
namespace {

constexpr std::size_t kTrendDay = 24;

struct DriftStretch {
  std::size_t days;
  double a_day;  ///< drift, in volatilities of a day
};

std::vector<double> drifting_walk(std::initializer_list<DriftStretch> stretches, std::uint64_t seed,
                                  double degrees = 5) {
  Random random(seed);
  std::vector<double> out;
  for (const DriftStretch& stretch : stretches)
    for (std::size_t bar = 0; bar < stretch.days * kTrendDay; ++bar)
      out.push_back(0.01 * (random.student_t(degrees) + stretch.a_day / std::sqrt(24.0)));
  return out;
}

std::vector<TrendRegime> trends_said(const std::vector<double>& returns) {
  TrendDetector detector;
  std::vector<TrendRegime> out;
  for (const double r : returns) out.push_back(detector.update(r));
  return out;
}

/// The evidence of both directions by its definition: the mean over strengths of the sum over all starting points since
/// `first` of the product of L.
double evidence_by_definition(const std::vector<double>& z, double sign) {
  double mean = 0;
  for (const double strength : TrendDetectorOptions{}.strengths) {
    const double lambda = strength / std::sqrt(24.0);
    double sum = 0;
    for (std::size_t from = 0; from < z.size(); ++from) {
      double log_product = 0;
      for (std::size_t i = from; i < z.size(); ++i) log_product += sign * lambda * z[i] - lambda * lambda / 2;
      sum += std::exp(log_product);
    }
    mean += sum / 3;
  }
  return mean;
}

TEST(TrendDetector, ItsEvidenceIsThatOfTheDefinition) {
  const auto returns = drifting_walk({{16, 0.3}}, 1);
  TrendDetector detector;
  double variance = 0;
  std::vector<double> z;
  for (std::size_t bar = 1; bar <= returns.size(); ++bar) {
    const double r = returns[bar - 1];
    if (bar > 7 * kTrendDay) z.push_back(std::clamp(r / std::sqrt(variance), -2.0, 2.0));
    const double square = bar > 7 * kTrendDay ? std::min(r * r, 4 * variance) : r * r;
    variance += std::max(1 - std::exp2(-1.0 / 72), 1 / static_cast<double>(bar)) * (square - variance);
    detector.update(r);
  }
  ASSERT_EQ(detector.state(), TrendRegime::flat) << "evidence ends where a trend begins";
  const double expected = std::max(evidence_by_definition(z, 1), evidence_by_definition(z, -1)) / (1095 * kTrendDay);
  EXPECT_NEAR(detector.evidence(), expected, 1e-9 * expected);
}

TEST(TrendDetector, FindsADriftWithinItsStatedTimeAndSaysWhereItBegan) {
  constexpr std::size_t kMarkets = 40, kStart = 60 * kTrendDay;
  const auto delays = [](double a_day) {
    std::vector<std::size_t> out;
    for (std::uint64_t seed = 0; seed < kMarkets; ++seed) {
      const auto seen = trends_said(drifting_walk({{60, 0}, {180, a_day}}, 100 + seed));
      const auto found = std::find(seen.begin() + kStart, seen.end(), a_day > 0 ? TrendRegime::up : TrendRegime::down);
      out.push_back(static_cast<std::size_t>(found - seen.begin()) - kStart);
    }
    std::sort(out.begin(), out.end());
    return out;
  };
  for (const double sign : {1.0, -1.0}) {
    const auto strong = delays(2 * sign), middle = delays(sign), weak = delays(0.5 * sign);
    EXPECT_LE(strong[kMarkets / 2], 5 * kTrendDay);
    EXPECT_LE(middle[kMarkets / 2], 11 * kTrendDay);
    EXPECT_LE(middle[kMarkets * 9 / 10], 20 * kTrendDay);
    EXPECT_LE(weak[kMarkets / 2], 32 * kTrendDay);
    EXPECT_GT(weak[kMarkets / 2], middle[kMarkets / 2]);
    EXPECT_GT(middle[kMarkets / 2], strong[kMarkets / 2]);
  }
  std::size_t near = 0;
  for (std::uint64_t seed = 0; seed < kMarkets; ++seed) {
    const auto returns = drifting_walk({{60, 0}, {60, 1}}, 100 + seed);
    TrendDetector detector;
    std::size_t bar = 0;
    while (bar < returns.size() && detector.update(returns[bar]) != TrendRegime::up) ++bar;
    const auto began = static_cast<double>(bar + 1 - detector.bars_since_began());
    near += std::abs(began - kStart) <= 4 * kTrendDay ? 1U : 0U;
  }
  EXPECT_GE(near, kMarkets * 7 / 10);
}

/// Trends that begin in so many years of a walk without drift.
template <typename Next>
double false_trends_a_year(std::size_t years, Next next) {
  std::size_t begun = 0;
  for (std::uint64_t seed = 0; seed < years; ++seed) {
    Random random(1'000 + seed);
    TrendDetector detector;
    TrendRegime before = TrendRegime::unknown;
    for (std::size_t bar = 0; bar < 379 * kTrendDay; ++bar) {
      const TrendRegime now = detector.update(next(random));
      begun += now != before && (now == TrendRegime::up || now == TrendRegime::down) ? 1U : 0U;
      before = now;
    }
  }
  return static_cast<double>(begun) / static_cast<double>(years);
}

TEST(TrendDetector, AWalkWithoutDriftHasAtMostOneTrendAYear) {
  constexpr std::size_t kYears = 150;
  const double noise = 2 * std::sqrt(0.8 / kYears);
  EXPECT_LE(false_trends_a_year(kYears, [](Random& random) { return 0.01 * random.normal(); }), 0.67 + noise)
      << "two directions, three years each";
  EXPECT_LE(false_trends_a_year(kYears, [](Random& random) { return 0.01 * random.student_t(3); }), 0.8 + noise);
  double variance = 1;
  const double clustered = false_trends_a_year(kYears, [&](Random& random) {
    const double shock = std::sqrt(variance) * random.student_t(5);
    variance = 0.01 + 0.06 * shock * shock + 0.93 * variance;
    return 0.01 * shock;
  });
  EXPECT_LE(clustered, 0.8 + noise);
  // Half a bar's size of drift in every bar is one, whatever its tails.
  EXPECT_GE(false_trends_a_year(3, [](Random& random) { return 0.01 * (random.student_t(3) + 0.5); }), 1.0);
}

TEST(TrendDetector, ATrendEndsWhenItHasGivenBackAndTurnsWhenTheOtherBegins) {
  const auto ended = trends_said(drifting_walk({{60, 0}, {30, 1.5}, {60, 0}}, 2));
  EXPECT_EQ(ended[90 * kTrendDay - 1], TrendRegime::up);
  EXPECT_EQ(ended.back(), TrendRegime::flat);
  const auto turned = trends_said(drifting_walk({{60, 0}, {30, 1.5}, {30, -1.5}}, 3));
  EXPECT_EQ(turned[90 * kTrendDay - 1], TrendRegime::up);
  EXPECT_EQ(turned.back(), TrendRegime::down);
  // No rise that goes on at its pace is taken for ended: 4 volatilities back are rare.
  const auto steady = trends_said(drifting_walk({{60, 0}, {120, 1.5}}, 4));
  const auto begun = std::find(steady.begin(), steady.end(), TrendRegime::up);
  EXPECT_EQ(std::count(begun, steady.end(), TrendRegime::up), steady.end() - begun);
}

TEST(TrendDetector, LaterBarsChangeNothingEarlier) {
  const auto returns = drifting_walk({{60, 0}, {30, 1}}, 5);
  const std::size_t cut = 68 * kTrendDay + 5;
  auto other = returns;
  for (std::size_t bar = cut; bar < other.size(); ++bar) other[bar] = -other[bar];
  const auto seen = trends_said(returns), again = trends_said(other);
  for (std::size_t bar = 0; bar < cut; ++bar) ASSERT_EQ(seen[bar], again[bar]) << bar;
  EXPECT_NE(seen.back(), again.back());
}

/// A version that takes the scale from all bars, or dates a trend back to where it began, says something else before.
TEST(TrendDetector, AVersionThatDatesATrendBackWouldFailThat) {
  const auto dated_back = [](const std::vector<double>& returns) {
    TrendDetector detector;
    std::vector<TrendRegime> out;
    for (const double r : returns) {
      const TrendRegime before = detector.state();
      out.push_back(detector.update(r));
      if (out.back() != before && out.back() == TrendRegime::up)
        std::fill(out.end() - static_cast<std::ptrdiff_t>(detector.bars_since_began()), out.end(), TrendRegime::up);
    }
    return out;
  };
  const auto returns = drifting_walk({{60, 0}, {30, 1}}, 5);
  const std::size_t cut = 62 * kTrendDay;
  const std::vector<double> part(returns.begin(), returns.begin() + cut);
  const auto whole = dated_back(returns), early = dated_back(part);
  EXPECT_FALSE(std::equal(early.begin(), early.end(), whole.begin()));
}

TEST(TrendDetector, MissingBarsAndAPriceThatDoesNotMoveTellNothing) {
  const auto returns = drifting_walk({{60, 0}, {20, 1}}, 6);
  TrendDetector whole, gaps;
  for (std::size_t bar = 0; bar < returns.size(); ++bar) {
    const TrendRegime state = whole.update(returns[bar]);
    ASSERT_EQ(gaps.update(returns[bar]), state);
    if (bar % 50 == 0) {
      ASSERT_EQ(gaps.update(std::nan("")), state);
    }
  }
  EXPECT_EQ(gaps.evidence(), whole.evidence());
  EXPECT_EQ(gaps.bars_since_began(), whole.bars_since_began());
  TrendDetector frozen = whole;
  for (std::size_t bar = 0; bar < 500 * kTrendDay; ++bar) frozen.update(0);
  EXPECT_EQ(frozen.state(), whole.state()) << "it is as it was when the price stopped";
  TrendDetector dead;
  for (std::size_t bar = 0; bar < 500 * kTrendDay; ++bar) dead.update(0);
  EXPECT_EQ(dead.state(), TrendRegime::unknown);
}

TEST(TrendDetector, OneBarIsNoTrend) {
  auto returns = drifting_walk({{60, 0}}, 7);
  returns[50 * kTrendDay] = 1;
  const auto seen = trends_said(returns);
  EXPECT_EQ(std::count(seen.begin(), seen.end(), TrendRegime::up), 0);
}

TEST(TrendDetector, IsUnknownForTwoWeeksAndScalesWithTheBars) {
  const auto seen = trends_said(drifting_walk({{20, 0}}, 8));
  EXPECT_EQ(std::count(seen.begin(), seen.end(), TrendRegime::unknown), 14 * kTrendDay - 1);
  EXPECT_EQ(seen.back(), TrendRegime::flat);
  // The same drift of a day in bars of six hours.
  TrendDetectorOptions options;
  options.day_bars = 4;
  TrendDetector coarse(options);
  Random random(9);
  for (std::size_t bar = 0; bar < 60 * 4; ++bar) coarse.update(0.02 * random.normal());
  std::size_t days = 0;
  while (coarse.state() != TrendRegime::up && days < 100) {
    for (std::size_t bar = 0; bar < 4; ++bar) coarse.update(0.02 * (random.normal() + 0.75));
    ++days;
  }
  EXPECT_LE(days, 9U);
}

TEST(TrendDetector, ACopyGoesOnAsTheOriginal) {
  const auto returns = drifting_walk({{60, 0}, {30, 1}, {30, -1}}, 10);
  TrendDetector original;
  for (std::size_t bar = 0; bar < 1'600; ++bar) original.update(returns[bar]);
  TrendDetector copy = original;
  for (std::size_t bar = 1'600; bar < returns.size(); ++bar) {
    ASSERT_EQ(original.update(returns[bar]), copy.update(returns[bar]));
    ASSERT_EQ(original.evidence(), copy.evidence());
  }
}

}  // namespace
}  // namespace clm
