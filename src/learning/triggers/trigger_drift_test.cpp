#include "learning/triggers/trigger_drift.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.hpp"

namespace clm {
namespace {

constexpr DriftOptions kOptions;
constexpr std::size_t kPast = kOptions.reference_bars + kOptions.history_bars, kCurrent = kOptions.current_bars,
                      kSeries = 8;

/// Series in rows: bars of the past, and a span that they are compared with.
struct History {
  std::vector<std::string> names;
  std::vector<float> values;
  DriftReference reference(const DriftOptions& options = kOptions) const {
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
  int at_5 = 0, at_20 = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const double p = compare(history(seed)).least_p();
    at_5 += p < 0.05 ? 1 : 0;
    at_20 += p < 0.2 ? 1 : 0;
  }
  EXPECT_LE(at_5, 9) << "5 % of 60 are 3";
  EXPECT_LE(at_20, 22) << "20 % of 60 are 12";
  EXPECT_GE(at_20, 3) << "a test that never fires is none";
}

TEST(DriftTrigger, AlarmsNoOftenerAfterAShortPast) {
  int at_5 = 0, at_20 = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const History whole = history(seed);
    const auto past = std::span<const float>(whole.values).subspan((kPast - 1'000) * kSeries, 1'000 * kSeries);
    const double p = DriftReference(whole.names, past, kOptions).compare(whole.current()).least_p();
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
    found += finding.least_p() < 0.0007 && finding.worst.front().name == "f3" ? 1 : 0;
    EXPECT_LE(finding.worst[0].p, finding.worst[1].p);
  }
  EXPECT_GE(found, 9);
  EXPECT_NE(describe(compare(history(1, 1.2)).worst).find("f3 (PSI "), std::string::npos);
}

TEST(DriftTrigger, LeavesOutWhatCannotDrift) {
  History still;
  still.names = {"rank", "hour", "level", "absent"};
  Random random(2);
  for (std::size_t bar = 0; bar < kPast + kCurrent; ++bar) {
    still.values.push_back(static_cast<float>(1e-9 * random.normal()));
    still.values.push_back(static_cast<float>(std::sin(static_cast<double>(bar % 24))));
    still.values.push_back(static_cast<float>(random.normal()));
    still.values.push_back(std::numeric_limits<float>::quiet_NaN());
  }
  DriftOptions week = kOptions;
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
}

TEST(DriftTrigger, SaysNothingWithoutAPast) {
  History shifted = history(1, 3);
  const auto of = [&](std::size_t bars) {
    const auto past = std::span<const float>(shifted.values).subspan((kPast - bars) * kSeries, bars * kSeries);
    return DriftReference(shifted.names, past, kOptions).compare(shifted.current()).least_p();
  };
  EXPECT_EQ(of(300), 1);
  EXPECT_EQ(of(700), 1);
  EXPECT_LT(of(kPast), 1e-4);
}

TEST(DriftTrigger, TheLevelFollowsFromRateAndPeriod) {
  TriggerOptions triggers;  // every 6 hours, 180 days, two checks
  EXPECT_DOUBLE_EQ(drift_level(triggers, Interval::one_hour()), 0.25 / 180 / 2);
  triggers.drift_hours = 0;
  EXPECT_DOUBLE_EQ(drift_level(triggers, Interval::one_hour()), 1.0 / 24 / 180 / 2);
}

}  // namespace
}  // namespace clm
