#include "learning/triggers/trigger_drift.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.hpp"

namespace clm {
namespace {

constexpr std::size_t kPast = 5'088, kCurrent = 168, kSeries = 8;

/// Series in rows: fitted bars, and those since.
struct History {
  std::vector<std::string> names;
  std::vector<float> values;
  DriftReference reference(const DriftOptions& options = {}) const {
    return {names, std::span<const float>(values).first(values.size() - kCurrent * names.size()), options};
  }
  std::span<const float> current() const { return std::span<const float>(values).last(kCurrent * names.size()); }
};

/// Autocorrelated, from white to slow.
History history(std::uint64_t seed, double shift_of_the_third = 0) {
  Random random(seed);
  History out;
  for (std::size_t i = 0; i < kSeries; ++i) out.names.push_back("f" + std::to_string(i));
  std::vector<double> level(kSeries, 0);
  for (std::size_t bar = 0; bar < kPast + kCurrent; ++bar)
    for (std::size_t i = 0; i < kSeries; ++i) {
      const double memory = 0.97 * static_cast<double>(i) / static_cast<double>(kSeries - 1);
      level[i] = memory * level[i] + std::sqrt(1 - memory * memory) * random.normal();
      out.values.push_back(static_cast<float>(level[i] + (i == 3 && bar >= kPast ? shift_of_the_third : 0.0)));
    }
  return out;
}

DriftFinding compare(const History& history) { return history.reference().compare(history.current()); }

/// What features of the market do that no single autocorrelation shows: a mean of each hour of the day over 40 days,
/// and a scale that changes over weeks under a white sign.
History deceptive(std::uint64_t seed) {
  Random random(seed);
  constexpr std::size_t kHoursADay = 24;
  History out;
  out.names = {"hour of 40 days", "slow scale"};
  double hour[kHoursADay], scale = random.normal();
  for (double& level : hour) level = random.normal();
  const double day = 1 - 1.0 / 40, week = 1 - 1.0 / 336;
  for (std::size_t bar = 0; bar < 5'000 + kCurrent; ++bar) {
    double& level = hour[bar % kHoursADay];
    level = day * level + std::sqrt(1 - day * day) * random.normal();
    scale = week * scale + std::sqrt(1 - week * week) * random.normal();
    out.values.push_back(static_cast<float>(level));
    out.values.push_back(static_cast<float>(std::exp(0.5 * scale) * random.normal()));
  }
  return out;
}

TEST(DriftTrigger, AlarmsFalselyAsOftenAsStated) {
  int at_5 = 0, at_20 = 0, at_60 = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const double p = compare(history(seed)).least_p();
    at_60 += p < 0.6 ? 1 : 0;
    at_5 += p < 0.05 ? 1 : 0;
    at_20 += p < 0.2 ? 1 : 0;
  }
  EXPECT_LE(at_5, 9) << "5 % of 60 are 3";
  EXPECT_LE(at_20, 22) << "20 % of 60 are 12";
  EXPECT_GE(at_60, 1) << "a test that never fires is none; tails are taken for heavier than these are";
}

TEST(DriftTrigger, AlarmsNoOftenerAfterAShortPast) {
  int at_5 = 0, at_20 = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const History whole = history(seed);
    const auto past = std::span<const float>(whole.values)
                          .subspan((kPast - DriftOptions::kLeastBars) * kSeries, DriftOptions::kLeastBars * kSeries);
    const double p = DriftReference(whole.names, past, {}).compare(whole.current()).least_p();
    at_5 += p < 0.05 ? 1 : 0;
    at_20 += p < 0.2 ? 1 : 0;
  }
  EXPECT_LE(at_5, 11) << "5 % of 100 are 5";
  EXPECT_LE(at_20, 31) << "20 % of 100 are 20";
}

TEST(DriftTrigger, IsNotDeceivedByWhatAutocorrelationsDoNotShow) {
  int at_5 = 0, at_1 = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const double p = compare(deceptive(seed)).least_p();
    at_5 += p < 0.05 ? 1 : 0;
    at_1 += p < 0.01 ? 1 : 0;
  }
  EXPECT_LE(at_5, 11) << "5 % of 100 are 5";
  EXPECT_LE(at_1, 4) << "1 % of 100 is 1";
}

TEST(DriftTrigger, FindsAPlantedShiftAndNamesTheSeries) {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const DriftFinding finding = compare(history(seed, 1.2));
    ASSERT_EQ(finding.worst.size(), kWorstSeries);
    ASSERT_EQ(finding.series, kSeries);
    found += finding.least_p() < 0.0028 && finding.worst.front().name == "f3" ? 1 : 0;
    EXPECT_LE(finding.worst[0].p, finding.worst[1].p);
    EXPECT_EQ(finding.p.size(), finding.series);
    EXPECT_EQ(finding.worst[0].p, finding.least_p());
  }
  EXPECT_GE(found, 9);
}

TEST(DriftTrigger, SaysHowFarSinceWhenAndInWhichTerms) {
  const DriftFinding finding = compare(history(1, 6));
  const DriftedSeries& worst = finding.worst.front();
  EXPECT_EQ(worst.name, "f3");
  EXPECT_NEAR(worst.mean_shift, 6, 0.6);
  EXPECT_NEAR(worst.wasserstein, 6, 0.6);
  EXPECT_NEAR(static_cast<double>(worst.since_bars), 168, 3);
  EXPECT_GT(worst.psi, 1);
  EXPECT_GT(worst.ks, 0.9);
  EXPECT_EQ(finding.below(0.001), 1U);
  EXPECT_EQ(finding.below(0), 0U);
  DriftedSeries one;
  one.name = "atr_14";
  one.window_bars = 24;
  one.mean_shift = -6.14;
  one.wasserstein = 6.2;
  one.p = 0.000004;
  one.psi = 3.25;
  one.ks = 0.974;
  const std::string after = " over the last 24 bars, since 2022-05-09T12:00:00Z (p 0.000004; PSI 3.25, KS 0.97)";
  const Timestamp since = from_calendar(2022, 5, 9, 12);
  EXPECT_EQ(describe(one, since), "atr_14 lies 6.1 standard deviations lower" + after);
  one.distance = DriftDistance::wasserstein;
  EXPECT_EQ(describe(one, since), "atr_14 lies 6.1 standard deviations lower" + after);
  one.mean_shift = 0.2;
  EXPECT_EQ(describe(one, since), "atr_14 is distributed otherwise, 6.2 standard deviations apart," + after);
  one.distance = DriftDistance::scale;
  one.scale_ratio = 3.5;
  EXPECT_EQ(describe(one, since), "atr_14 varies 3.50 times as much as usual within a span of that length" + after);
}

TEST(DriftTrigger, LeavesOutWhatCannotDrift) {
  History still;
  still.names = {"rank", "hour", "level", "absent"};
  Random random(2);
  for (std::size_t bar = 0; bar < kPast + kCurrent; ++bar) {
    still.values.push_back(static_cast<float>(1e-9 * random.normal()));
    const std::size_t hour = bar < 2'000 ? bar : bar + 3;  // a few bars of the calendar are missing
    still.values.push_back(static_cast<float>(std::sin(static_cast<double>(hour % 24))));
    still.values.push_back(static_cast<float>(random.normal()));
    still.values.push_back(std::numeric_limits<float>::quiet_NaN());
  }
  DriftOptions week;
  week.period_bars = 168;
  const DriftReference reference = still.reference(week);
  ASSERT_EQ(reference.series(), 1U);
  const auto finding = reference.compare(still.current());
  ASSERT_EQ(finding.worst.size(), 1U);
  EXPECT_EQ(finding.worst.front().name, "level");
}

TEST(DriftTrigger, MissingValuesAreLeftOut) {
  History gaps = history(4);
  for (std::size_t i = 0; i < gaps.values.size(); i += 3) gaps.values[i] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_GT(compare(gaps).least_p(), 0.001);
  for (std::size_t i = kPast * kSeries; i < gaps.values.size(); ++i)
    gaps.values[i] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(compare(gaps).least_p(), 1);
  EXPECT_EQ(compare(gaps).series, 0U);
}

TEST(DriftTrigger, SaysNothingWithoutAPast) {
  History shifted = history(1, 3);
  const auto of = [&](std::size_t bars) {
    const auto past = std::span<const float>(shifted.values).subspan((kPast - bars) * kSeries, bars * kSeries);
    return DriftReference(shifted.names, past, {}).compare(shifted.current()).least_p();
  };
  EXPECT_EQ(of(100), 1);
  EXPECT_LT(of(kPast), 1e-4);
}

TEST(DriftTrigger, TheLevelFollowsFromRateAndPeriod) {
  TriggerOptions triggers;  // every 6 hours, of which four see mostly the same day; 180 days, two checks
  EXPECT_DOUBLE_EQ(drift_level(triggers, Interval::one_hour()), 1.0 / 180 / 2);
  triggers.drift_hours = 0;
  EXPECT_DOUBLE_EQ(drift_level(triggers, Interval::one_hour()), 1.0 / 180 / 2);
  triggers.drift_hours = 48;
  EXPECT_DOUBLE_EQ(drift_level(triggers, Interval::one_hour()), 2.0 / 180 / 2);
}

}  // namespace
}  // namespace clm
