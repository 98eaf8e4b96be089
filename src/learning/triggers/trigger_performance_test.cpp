#include "learning/triggers/trigger_performance.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>

#include <nlohmann/json.hpp>

#include "base/random.hpp"

namespace clm {
namespace {

constexpr int kHorizon = 6;
constexpr RankIcPromise kPromise{0.05, 0.2};

/// Rank ICs of overlapping labels: sums over a horizon's bars of independent values, with the promised deviation.
class Outcomes {
 public:
  explicit Outcomes(std::uint64_t seed) : random_(seed) {
    for (int i = 0; i < kHorizon; ++i) shocks_.push_back(random_.normal());
  }
  BarScore next(double mean, double hit_rate = 0.52) {
    shocks_.pop_front();
    shocks_.push_back(random_.normal());
    double sum = 0;
    for (const double shock : shocks_) sum += shock;
    BarScore score;
    score.rows = score.calls = 60;
    score.hits = static_cast<std::uint32_t>(std::lround(60 * hit_rate));
    score.rank_ic = mean + kPromise.standard_deviation * sum / std::sqrt(static_cast<double>(kHorizon));
    return score;
  }

 private:
  Random random_;
  std::deque<double> shocks_;
};

PerformanceOptions options(double false_alarm_days) { return {kHorizon, Interval::one_hour(), false_alarm_days}; }

/// Bars until the alarm, or `most`.
int bars_to_alarm(PerformanceChart& chart, Outcomes& outcomes, double mean, int most) {
  for (int bar = 0; bar < most; ++bar) {
    chart.add(outcomes.next(mean));
    if (chart.look().alarm) return bar + 1;
  }
  return most;
}

TEST(PerformanceTrigger, AlarmsFalselyAsOftenAsStated) {
  // While the promise holds, charts of 30 days alarm once in 60 days, of which the CUSUM has a half: 100 histories.
  int alarms = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    PerformanceChart chart(kPromise, options(30));
    Outcomes outcomes(seed);
    for (int bar = 0; bar < 60 * 24; ++bar) {
      chart.add(outcomes.next(kPromise.mean));
      if (!chart.look().alarm) continue;
      ++alarms;
      chart.answer();
    }
  }
  EXPECT_GT(alarms, 55);
  EXPECT_LT(alarms, 130);
}

TEST(PerformanceTrigger, APromiseThatIsAnEstimateAlarmsNoOftener) {
  // From some 500 bars, so that its error is a tenth of the deviation. A CUSUM that is allowed an alarm in 120 days has
  // 100 in 100 histories of 120 days; held against the promise itself, it would have a third more.
  int alarms = 0;
  constexpr double kError = 0.02;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Random random(seed);
    const double promised = kPromise.mean + kError * random.normal();
    PerformanceChart chart({promised, kPromise.standard_deviation, kError}, options(60));
    Outcomes outcomes(1'000 + seed);
    for (int bar = 0; bar < 120 * 24; ++bar) {
      chart.add(outcomes.next(kPromise.mean));
      if (!chart.look().alarm) continue;
      ++alarms;
      chart.answer();
    }
  }
  EXPECT_GT(alarms, 30);
  EXPECT_LT(alarms, 120);
}

TEST(PerformanceTrigger, FindsTheLossOfAllSkillAndSaysWhatItSaw) {
  double bars = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    PerformanceChart chart(kPromise, options(180));
    Outcomes outcomes(seed);
    for (int bar = 0; bar < 200; ++bar) chart.add(outcomes.next(0.05));
    bars += bars_to_alarm(chart, outcomes, -0.1, 5'000) / 20.0;
  }
  EXPECT_LT(bars, 24 * 20);

  PerformanceChart chart(kPromise, options(180));
  Outcomes outcomes(1);
  bars_to_alarm(chart, outcomes, -0.3, 5'000);
  for (int bar = 0; bar < 30 * kHorizon; ++bar) chart.add(outcomes.next(-0.3));
  const auto finding = chart.look();
  EXPECT_TRUE(finding.alarm);
  EXPECT_GT(finding.value, finding.limit);
  EXPECT_EQ(finding.priority, Priority::urgent);
  EXPECT_NE(finding.reason.find("where 0.0500 was promised"), std::string::npos) << finding.reason;
  EXPECT_NE(finding.reason.find("upper bound"), std::string::npos) << finding.reason;
}

TEST(PerformanceTrigger, AnAlarmStandsUntilItIsAnswered) {
  PerformanceChart chart(kPromise, options(180));
  Outcomes outcomes(3);
  bars_to_alarm(chart, outcomes, -0.3, 5'000);
  for (int bar = 0; bar < 2 * kHorizon; ++bar) chart.add(outcomes.next(0.5));
  EXPECT_TRUE(chart.look().alarm);
  chart.answer();
  EXPECT_FALSE(chart.look().alarm);
}

TEST(PerformanceTrigger, SeesAWinRateBelowOneHalf) {
  PerformanceChart fair(kPromise, options(180)), poor(kPromise, options(180));
  Outcomes a(5), b(5);
  for (int bar = 0; bar < 3'000; ++bar) {
    fair.add(a.next(0.1, 0.5));
    poor.add(b.next(0.1, 0.45));
  }
  EXPECT_FALSE(fair.look().alarm);
  EXPECT_TRUE(poor.look().alarm);
  EXPECT_NE(poor.look().reason.find("win rate is below one half"), std::string::npos) << poor.look().reason;
}

TEST(PerformanceTrigger, GoesOnFromItsStateToTheSameBits) {
  PerformanceChart whole({kPromise.mean, kPromise.standard_deviation, 0.01}, options(180));
  Outcomes outcomes(8);
  for (int bar = 0; bar < 1'000; ++bar) {
    whole.add(outcomes.next(bar < 500 ? 0.05 : -0.2));
    if (bar % 71 != 0) continue;
    const auto text = whole.state().dump();
    auto again = PerformanceChart::from_state(nlohmann::json::parse(text), kHorizon, Interval::one_hour());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->state().dump(), text);
    EXPECT_EQ(again->look().reason, whole.look().reason);
    whole = std::move(*again);
  }
  EXPECT_TRUE(whole.look().alarm);
}

TEST(PerformanceTrigger, ReadsThePromiseFromTheEvidence) {
  const auto read_promise = [](const char* text) { return promise_in(Evidence::from_json(text)); };
  const auto promise = read_promise(
      R"({"judgement":{"candidate":{"rank_ic":{"kind":"cross_section","mean":0.03,"information_ratio":0.15,"standard_error":0.01}}}})");
  ASSERT_TRUE(promise);
  EXPECT_DOUBLE_EQ(promise->standard_error, 0.01);
  EXPECT_DOUBLE_EQ(promise->mean, 0.03);
  EXPECT_DOUBLE_EQ(promise->standard_deviation, 0.2);
  EXPECT_FALSE(read_promise(""));
  EXPECT_FALSE(read_promise(R"({"stage":"shadow"})"));
  EXPECT_FALSE(read_promise(
      R"({"judgement":{"candidate":{"rank_ic":{"kind":"time_series","mean":0.03,"information_ratio":0.15}}}})"));
}

}  // namespace
}  // namespace clm
