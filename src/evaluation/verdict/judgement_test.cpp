#include "evaluation/verdict/judgement.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "evaluation/metrics/forecast_test_support.hpp"
#include "evaluation/verdict/deployment_policy.hpp"

namespace clm {
namespace {

struct JudgedCase {
  std::shared_ptr<JudgedRows> rows;
  ForecastTable candidate;
  std::vector<ForecastTable> baselines;
};

/// A candidate of the given skill beside "zero" and two baselines of no skill.
JudgedCase make_judged_case(const testing::MarketShape& shape, double skill) {
  JudgedCase out;
  out.rows = std::make_shared<JudgedRows>(testing::make_rows(shape));
  out.candidate = {"candidate", out.rows, testing::forecast_with_skill(*out.rows, skill, shape.seed + 1'000)};
  out.baselines.push_back({"zero", out.rows, std::vector<float>(out.rows->size(), 0.0F)});
  out.baselines.push_back({"reversal", out.rows, testing::forecast_with_skill(*out.rows, 0, shape.seed + 2'000)});
  out.baselines.push_back({"momentum", out.rows, testing::forecast_with_skill(*out.rows, 0, shape.seed + 3'000)});
  return out;
}

bool mentions(const Verdict& verdict, const std::string& words) {
  for (const auto& reason : verdict.reasons)
    if (reason.find(words) != std::string::npos) return true;
  return false;
}

TEST(Judge, ComparesOnRowsWhereAllHaveAForecast) {
  auto c = make_judged_case({.symbols = 10, .times = 120, .horizon_bars = 2, .seed = 1}, 0.3);
  c.candidate.forecast[0] = std::nanf("");
  c.baselines[1].forecast[1] = std::nanf("");
  const auto judgement = judge(c.candidate, c.baselines, nullptr, {});
  ASSERT_TRUE(judgement);
  EXPECT_EQ(judgement->rows, 1198U);
  EXPECT_NEAR(judgement->coverage, 1199.0 / 1200, 1e-12);
  for (const auto& baseline : judgement->baselines) EXPECT_EQ(baseline.errors.count, 1198U);
  EXPECT_EQ(judgement->against_baselines[0].against, "zero");
  EXPECT_NEAR(judgement->against_baselines[0].rank_ic.difference.mean, judgement->candidate.rank_ic.mean.mean, 1e-12);
}

TEST(Judge, SaysSoWhenThereIsNothingInCommon) {
  auto c = make_judged_case({.symbols = 3, .times = 30, .horizon_bars = 1, .seed = 1}, 0.3);
  std::fill(c.baselines[0].forecast.begin(), c.baselines[0].forecast.end(), std::nanf(""));
  const auto judgement = judge(c.candidate, c.baselines, nullptr, {});
  ASSERT_FALSE(judgement);
  EXPECT_EQ(judgement.error().code, "judge.no_common_rows");
}

TEST(Judge, IsDeterministicAndWritesValidJson) {
  auto c = make_judged_case({.symbols = 10, .times = 150, .horizon_bars = 3, .seed = 4}, 0.2);
  const ForecastTable active{"active", c.rows, testing::forecast_with_skill(*c.rows, 0.05, 77)};
  const auto a = to_json(judge(c.candidate, c.baselines, &active, {}).value()).dump();
  EXPECT_EQ(a, to_json(judge(c.candidate, c.baselines, &active, {}).value()).dump());
  const auto json = nlohmann::json::parse(a);
  EXPECT_EQ(json["baselines"].size(), 3U);
  EXPECT_EQ(json["candidate"]["by_month"].size(), 1U);
  EXPECT_EQ(json["candidate"]["long_short"]["by_cost"].size(), 4U);
  EXPECT_TRUE(json["improvement"]["value"].is_number());
}

TEST(Judge, ReportsOnTheBlocksItWasGivenAndOnNoneOtherwise) {
  auto c = make_judged_case({.symbols = 10, .times = 150, .horizon_bars = 3, .seed = 4}, 0.2);
  EXPECT_FALSE(to_json(judge(c.candidate, c.baselines, nullptr, {}).value())["candidate"].contains("by_block"));
  const Timestamp begin(c.rows->decided_at_ms.front()), end(c.rows->decided_at_ms.back() + 1);
  const Timestamp middle = begin + Duration((end - begin).count() / 2);
  JudgeOptions options;
  options.blocks = {{begin, middle}, {middle, end}};
  const auto json = to_json(judge(c.candidate, c.baselines, nullptr, options).value());
  for (const auto& model : {json["candidate"], json["baselines"][2]}) {
    ASSERT_EQ(model["by_block"].size(), 2U);
    EXPECT_EQ(model["by_block"][0]["rows"].get<int>() + model["by_block"][1]["rows"].get<int>(), 1500);
  }
}

TEST(Judge, ShowsWhatDelayTakesAway) {
  auto c = make_judged_case({.symbols = 20, .times = 300, .horizon_bars = 2, .seed = 6, .market_share = 0}, 0.3);
  c.rows->delayed.push_back({1, testing::make_rows({.symbols = 20, .times = 300, .seed = 60}).forward_return});
  const auto judgement = judge(c.candidate, c.baselines, nullptr, {}).value();
  const auto& delays = judgement.candidate.by_delay;
  ASSERT_EQ(delays.size(), 2U);
  EXPECT_GT(delays[0].rank_ic.mean.lo, 0.2);
  EXPECT_LT(delays[1].rank_ic.mean.lo, 0.0);
  EXPECT_GT(delays[0].gross_bps, delays[1].gross_bps);
}

TEST(Decide, RefusesNoiseAndSaysWhy) {
  const auto c = make_judged_case({.symbols = 20, .times = 400, .horizon_bars = 5, .seed = 21}, 0);
  const auto verdict = decide(judge(c.candidate, c.baselines, nullptr, {}).value(), {});
  EXPECT_EQ(verdict.decision, DeploymentDecision::reject);
  EXPECT_TRUE(mentions(verdict, "No foresight shown: rank IC"));
}

TEST(Decide, PromotesNoiseInNoMoreThanOneOfAHundredMarkets) {
  int promoted = 0, skilled = 0;
  PolicyOptions by_skill_alone;
  by_skill_alone.profit = ProfitRule::none;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto c = make_judged_case({.symbols = 12, .times = 300, .horizon_bars = 5, .seed = 5'000 + seed}, 0);
    JudgeOptions options;
    options.candidates_tried = 2;
    const auto judgement = judge(c.candidate, c.baselines, nullptr, options).value();
    promoted += decide(judgement, {}).decision == DeploymentDecision::deploy ? 1 : 0;
    skilled += decide(judgement, by_skill_alone).decision == DeploymentDecision::deploy ? 1 : 0;
  }
  EXPECT_LE(promoted, 2);
  EXPECT_LE(skilled, 3);
}

TEST(Decide, PromotesPlantedSkillInAtLeastNineOfTenMarkets) {
  int promoted = 0;
  constexpr int kMarkets = 30;
  for (std::uint64_t seed = 0; seed < kMarkets; ++seed) {
    const auto c = make_judged_case({.symbols = 30, .times = 500, .horizon_bars = 5, .seed = 9'000 + seed}, 0.12);
    JudgeOptions options;
    options.candidates_tried = 2;
    const auto verdict = decide(judge(c.candidate, c.baselines, nullptr, options).value(), {});
    promoted += verdict.decision == DeploymentDecision::deploy ? 1 : 0;
    if (verdict.decision == DeploymentDecision::deploy) {
      EXPECT_TRUE(mentions(verdict, "It beats every baseline"));
      EXPECT_TRUE(mentions(verdict, "It pays after 7.0 bps a side"));
    }
  }
  EXPECT_GE(promoted, 27);
}

TEST(Decide, RefusesWhatABaselineDoesAsWell) {
  auto c = make_judged_case({.symbols = 30, .times = 500, .horizon_bars = 5, .seed = 31}, 0.15);
  c.baselines[1].forecast = c.candidate.forecast;
  const auto verdict = decide(judge(c.candidate, c.baselines, nullptr, {}).value(), {});
  EXPECT_EQ(verdict.decision, DeploymentDecision::reject);
  EXPECT_TRUE(mentions(verdict, "It does not beat the baselines"));
  EXPECT_TRUE(mentions(verdict, "of reversal"));
}

TEST(Decide, RefusesSkillThatCostsEat) {
  const auto c = make_judged_case({.symbols = 30, .times = 500, .horizon_bars = 5, .seed = 32}, 0.12);
  JudgeOptions options;
  options.positions.costs = {100, 0};
  const auto judgement = judge(c.candidate, c.baselines, nullptr, options).value();
  const auto verdict = decide(judgement, {});
  EXPECT_EQ(verdict.decision, DeploymentDecision::reject);
  EXPECT_TRUE(mentions(verdict, "It does not pay after 100.0 bps a side"));
  PolicyOptions by_skill_alone;
  by_skill_alone.profit = ProfitRule::none;
  EXPECT_EQ(decide(judgement, by_skill_alone).decision, DeploymentDecision::deploy);
}

TEST(Decide, ReplacesAWorseActiveVersionAndKeepsAnEqualOne) {
  const auto c = make_judged_case({.symbols = 30, .times = 600, .horizon_bars = 5, .seed = 41}, 0.2);
  const ForecastTable worse{"v1", c.rows, testing::forecast_with_skill(*c.rows, 0.0, 42)};
  const auto better = decide(judge(c.candidate, c.baselines, &worse, {}).value(), {});
  EXPECT_EQ(better.decision, DeploymentDecision::deploy);
  EXPECT_GT(better.lo, 0);

  const ForecastTable equal{"v1", c.rows, c.candidate.forecast};
  const auto same = decide(judge(c.candidate, c.baselines, &equal, {}).value(), {});
  EXPECT_EQ(same.decision, DeploymentDecision::keep);
  EXPECT_EQ(same.improvement, 0);

  ForecastTable noise{"v2", c.rows, worse.forecast};
  const auto back = decide(judge(noise, c.baselines, &c.candidate, {}).value(), {});
  EXPECT_EQ(back.decision, DeploymentDecision::reject);
}

/// A judgement that passes every check, to move one number at a time.
Judgement sound_judgement() {
  Judgement j;
  j.times = 500;
  j.coverage = 1;
  j.candidate.calibration_quality = 0.98;
  j.candidate.rank_ic.mean = {0.06, 0.04, 0.08, 0.01, 1e-6, 1e-6, 5, 100, 500};
  j.active = ModelJudgement{};
  j.active->name = "v1";
  for (ModelJudgement* model : {&j.candidate, &*j.active}) model->positions.trades.resize(PolicyOptions{}.min_trades);
  j.against_active = Comparison{};
  j.against_active->rank_ic.difference = {0.02, 0.01, 0.03, 0.005, 1e-4, 1e-4, 5, 100, 500};
  j.improvement = Improvement{};
  return j;
}

TEST(Decide, AFirstVersionIsDeployedExactlyIfItsConditionsSay) {
  for (const double skill : {0.0, 0.04, 0.12})
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      const auto c = make_judged_case({.symbols = 20, .times = 300, .horizon_bars = 5, .seed = 700 + seed}, skill);
      const auto verdict = decide(judge(c.candidate, c.baselines, nullptr, {}).value(), {});
      bool merit = true, pays = false, safe = true;
      for (const auto& condition : verdict.conditions) {
        const bool is_profit = condition.name.find("_net_bps") != std::string::npos;
        (is_profit ? pays : merit) = is_profit ? pays || condition.passed : merit && condition.passed;
        const bool from_above = condition.name.find("_p_value") != std::string::npos;
        EXPECT_EQ(condition.passed,
                  from_above ? condition.value <= condition.threshold : condition.value > condition.threshold)
            << condition.name;
      }
      for (const auto& check : verdict.checks) safe = safe && check.passed;
      EXPECT_EQ(verdict.conditions.size(), 4U);
      EXPECT_EQ(verdict.decision == DeploymentDecision::deploy, merit && pays && safe) << skill << " " << seed;
    }
}

TEST(Decide, AloneIsWhatAFirstVersionWouldHaveBeenTold) {
  int deployed = 0;
  for (const double skill : {0.0, 0.04, 0.12})
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const auto c = make_judged_case({.symbols = 20, .times = 300, .horizon_bars = 5, .seed = 700 + seed}, skill);
      const ForecastTable active{"v1", c.rows, c.candidate.forecast};
      const auto alone = decide_alone(judge(c.candidate, c.baselines, &active, {}).value(), {});
      const auto first = decide(judge(c.candidate, c.baselines, nullptr, {}).value(), {});
      EXPECT_EQ(to_json(alone), to_json(first)) << skill << " " << seed;
      deployed += alone.decision == DeploymentDecision::deploy ? 1 : 0;
    }
  EXPECT_GT(deployed, 0);
  EXPECT_LT(deployed, 12);
}

TEST(Decide, FollowsTheTableOfThePolicy) {
  const auto decision_of = [](double value, double lo) {
    Judgement j = sound_judgement();
    j.improvement->value = value;
    j.improvement->lo = lo;
    return decide(j, {}).decision;
  };
  EXPECT_EQ(decision_of(0.05, 0.001), DeploymentDecision::deploy);
  EXPECT_EQ(decision_of(0.05, 0.0), DeploymentDecision::canary);
  EXPECT_EQ(decision_of(0.049, 0.04), DeploymentDecision::canary);
  EXPECT_EQ(decision_of(0.02, -0.1), DeploymentDecision::canary);
  EXPECT_EQ(decision_of(0.019, 0.01), DeploymentDecision::keep);
  EXPECT_EQ(decision_of(0.0, 0.0), DeploymentDecision::keep);
  EXPECT_EQ(decision_of(-0.001, -0.1), DeploymentDecision::reject);
}

TEST(Decide, LetsNoImprovementOutweighSafety) {
  const auto unsafe = [](const char* words, auto change) {
    Judgement j = sound_judgement();
    j.improvement->value = 0.5;
    j.improvement->lo = 0.4;
    change(j);
    const auto verdict = decide(j, {});
    EXPECT_EQ(verdict.decision, DeploymentDecision::reject) << words;
    EXPECT_TRUE(mentions(verdict, words)) << words;
  };
  unsafe("a forecast for 50.0 % of the rows; at least 90.0 % are needed (policy.min_coverage)",
         [](Judgement& j) { j.coverage = 0.5; });
  unsafe("judged at 20 decision times; at least 100 are needed", [](Judgement& j) { j.times = 20; });
  unsafe("come true to 60.0 %", [](Judgement& j) { j.candidate.calibration_quality = 0.6; });
  unsafe("fell by 40.0 % (maximum drawdown, 50 trades)",
         [](Judgement& j) { j.candidate.positions.returns.max_drawdown = 0.4; });
  unsafe("in 50 trades, the 95.0 % interval reaches up to 45.0 %; it must reach 50.0 %", [](Judgement& j) {
    j.candidate.r_multiple = {0.1, 0, 0.2, 0.05, 1, 1, 5, 50, 500};
    j.candidate.win_rate.hi = 0.45;
  });
  unsafe("average R -0.2000 in 50 trades, at most -0.", [](Judgement& j) {
    j.candidate.r_multiple = {-0.2, -0.3, -0.1, 0.05, 1, 1, 5, 50, 500};
    j.candidate.win_rate.hi = 0.6;
  });
  unsafe("ranks worse than the active version: rank IC lead -0.0300, at most -0.",
         [](Judgement& j) { j.against_active->rank_ic.difference.mean = -0.03; });
}

TEST(Decide, NeedsSkillOfItsOwnToReplaceAnything) {
  Judgement j = sound_judgement();
  j.improvement->value = 0.5;
  j.improvement->lo = 0.4;
  j.candidate.rank_ic.mean.p_greater = 0.2;
  EXPECT_EQ(decide(j, {}).decision, DeploymentDecision::keep);
}

}  // namespace
}  // namespace clm
