#include "learning/studies/error_rates.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include <nlohmann/json.hpp>

#include "base/random.hpp"

namespace clm {
namespace {

class ErrorRates : public ::testing::Test {
 protected:
  Result<std::vector<ErrorRate>> simulated(const LearningOptions& learning, std::size_t n, int jobs = 2,
                                           std::vector<std::string> scenarios = {"aa", "gain", "damage"}) {
    ErrorRateOptions options;
    options.n = n;
    options.gain_bars = 3'000;
    options.scenarios = std::move(scenarios);
    return simulated_error_rates(learning, options, {clock_, cancel_, progress_, jobs});
  }
  std::vector<ErrorRate> rates(const LearningOptions& learning, std::size_t n, int jobs = 2) {
    return simulated(learning, n, jobs).value();
  }
  ManualClock clock_{Timestamp(0)};
  CancelToken cancel_;
  SilentProgress progress_;
};

TEST_F(ErrorRates, AreWhatIsAskedOfTheDefaultStages) {
  const auto found = rates({}, 40);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].scenario, "aa");
  EXPECT_LE(found[0].events, 2U) << "1 % are allowed";
  EXPECT_EQ(found[1].scenario, "gain");
  EXPECT_GE(found[1].events, 36U);
  EXPECT_GT(found[1].median_bars, 100U);
  EXPECT_LE(found[1].median_bars, found[1].slow_bars);
  EXPECT_EQ(found[2].scenario, "damage");
  EXPECT_GE(found[2].events, 36U);
  EXPECT_LT(found[2].median_bars, 336U);
}

TEST_F(ErrorRates, ShowASettingThatLetsTwinsThrough) {
  LearningOptions careless;
  careless.deployment.stages.shadow.margin = 0.2;
  EXPECT_GT(rates(careless, 20)[0].events, 15U);
}

TEST_F(ErrorRates, ATriggerAlarmsInAQuietHistoryAsRarelyAsStated) {
  // One alarm in 30 days: at most 28 % of histories of 10 days each.
  LearningOptions often;
  often.feature_set = "classic22";
  often.triggers.false_alarm_days = 30;
  const auto found = simulated(often, 12, 2, {"no_drift"}).value();
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].scenario, "no_drift");
  EXPECT_EQ(found[0].demanded, "at most 50.7 %");
  EXPECT_LE(found[0].events, 9U);
  EXPECT_EQ(found[1].scenario, "no_drift_performance");
  EXPECT_LE(found[1].events, 7U);
  EXPECT_EQ(found[2].scenario, "no_drift_drift");
  EXPECT_EQ(found[2].demanded, "at most 28.3 %");
  EXPECT_LE(found[2].events, 7U);
  EXPECT_EQ(found[3].scenario, "no_drift_regime");
  EXPECT_EQ(found[3].demanded, "at most 4.0 %") << "1.5 a year, of 10 days";
  EXPECT_LE(found[3].events, 2U);
  EXPECT_GE(found[0].events, std::max({found[1].events, found[2].events, found[3].events}));
  EXPECT_EQ(to_json(found[0]), to_json(simulated(often, 12, 1, {"no_drift"}).value()[0]));
}

TEST_F(ErrorRates, RegimesAreFoundWhereTheyAreAndNotWhereTheyAreNot) {
  std::vector<std::vector<double>> real(3);
  Random random(1);
  for (auto& one : real)
    for (std::size_t bar = 0; bar < 500 * 24; ++bar)
      one.push_back(bar % 5'000 == 77 ? std::nan("") : 0.01 * (random.normal() + 0.3));
  ErrorRateOptions options;
  options.n = 40;
  options.scenarios = {"regimes"};
  options.real_returns = real;
  const auto found = simulated_error_rates({}, options, {clock_, cancel_, progress_, 2}).value();
  std::map<std::string, ErrorRate> by_name;
  for (const ErrorRate& rate : found) by_name[rate.scenario] = rate;
  ASSERT_EQ(by_name.size(), 14U);
  for (const char* none : {"normal", "clustered", "flipped", "permuted"})
    EXPECT_LE(by_name["trend_none_" + std::string(none)].events, 31U) << none << ": 25 of 40 are stated";
  EXPECT_LE(by_name["storm_none_normal"].events, 2U);
  EXPECT_LE(by_name["storm_none_heavy"].events, 31U);
  EXPECT_GE(by_name["storm_3"].events, 36U);
  EXPECT_GE(by_name["trend_1.00"].events, 38U);
  EXPECT_LT(by_name["trend_2.00"].median_bars, by_name["trend_1.00"].median_bars);
  EXPECT_LT(by_name["trend_1.00"].median_bars, by_name["trend_0.50"].median_bars);
  options.real_returns.clear();
  const auto simulated = simulated_error_rates({}, options, {clock_, cancel_, progress_, 1}).value();
  ASSERT_EQ(simulated.size(), 12U);
  for (const ErrorRate& rate : simulated) EXPECT_EQ(to_json(rate), to_json(by_name[rate.scenario])) << rate.scenario;
}

TEST_F(ErrorRates, AScenarioThatDoesNotExistIsAnError) {
  const auto refused = simulated({}, 1, 1, {"aa", "damages"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "error_rates.scenario");
}

TEST_F(ErrorRates, NeedAUniverseThatCanBeRanked) {
  LearningOptions strict;
  strict.judging.min_symbols = 61;
  const auto refused = simulated(strict, 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "error_rates.symbols");
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  EXPECT_NE(refused.error().message.find("60"), std::string::npos) << refused.error().message;
  strict.deployment.stages.shadow.loss = BarLoss::squared_error;
  strict.deployment.stages.shadow.max_days = 5;
  EXPECT_TRUE(simulated(strict, 1)) << "squared errors need no ranks";
}

TEST_F(ErrorRates, AreTheSameForAnyNumberOfJobs) {
  const auto one = rates({}, 6, 1), two = rates({}, 6, 2);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(to_json(one[i]), to_json(two[i]));
}

TEST_F(ErrorRates, RecipesWithoutForesightAreRarelyAcceptedAndOthersTheSoonerTheMoreTheyForesee) {
  const auto found = simulated({}, 60, 2, {"acceptance"}).value();
  std::map<std::string, const ErrorRate*> by_name;
  for (const ErrorRate& rate : found) by_name.emplace(rate.scenario, &rate);
  const auto events = [&](const std::string& name) {
    EXPECT_TRUE(by_name.contains(name)) << name;
    return by_name.contains(name) ? by_name.at(name)->events : 0;
  };
  EXPECT_LE(events("acceptance_noise"), 1U);
  EXPECT_LE(events("acceptance_noise_beside_ridge"), 1U);
  EXPECT_LE(events("acceptance_at_margin"), 6U);
  EXPECT_EQ(events("acceptance_twin"), 0U);
  EXPECT_GE(events("acceptance_ic_0.04_by_12_months"), 55U);
  EXPECT_GE(events("acceptance_ic_0.02_by_24_months"), events("acceptance_ic_0.02_by_12_months"));
  EXPECT_GE(events("acceptance_ic_0.04_by_6_months"), events("acceptance_ic_0.02_by_6_months"));
  EXPECT_GT(events("acceptance_lead_0.010_by_6_months"), events("acceptance_alone_0.010_by_6_months"))
      << "beside ridge sooner than in its place";

  LearningOptions careless;
  careless.policy.acceptance_alpha = 5;  // whose estimates are above their limits
  careless.policy.superiority_alpha = 0.5;
  const auto let_in = simulated(careless, 30, 2, {"acceptance"}).value();
  EXPECT_GE(let_in.front().events, 10U) << "it is the policy as configured";
}

}  // namespace
}  // namespace clm
