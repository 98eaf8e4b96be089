#include "evaluation/verdict/deployment_policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "evaluation/verdict/judged_case_fixture.hpp"

namespace clm {
namespace {

using testing::make_judged_case;

bool mentions(const Verdict& verdict, const std::string& words) {
  for (const auto& reason : verdict.reasons)
    if (reason.find(words) != std::string::npos) return true;
  return false;
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
      EXPECT_TRUE(mentions(verdict, "It earns before costs: long-short book"));
      EXPECT_TRUE(mentions(verdict, "; after 7.0 bps a side "));
    }
  }
  EXPECT_GE(promoted, 27);
}

TEST(Decide, OfWhatABaselineDoesAsWellTheMarginDecides) {
  auto c = make_judged_case({.symbols = 30, .times = 500, .horizon_bars = 5, .seed = 31}, 0.15);
  c.baselines[1].forecast = c.candidate.forecast;
  const auto as_well = judge(c.candidate, c.baselines, nullptr, {}).value();
  const auto lets_in = decide(as_well, {});
  EXPECT_EQ(lets_in.decision, DeploymentDecision::deploy) << "shown to be no worse, and it has foresight";
  EXPECT_TRUE(mentions(lets_in, "It ranks no more than 0.0030 (policy.margin) below any baseline"));
  PolicyOptions only_better;
  only_better.margin = 0;
  const auto verdict = decide(as_well, only_better);
  EXPECT_EQ(verdict.decision, DeploymentDecision::reject);
  EXPECT_TRUE(mentions(verdict, "That it ranks no more than 0.0000 (policy.margin) below every baseline is not shown"));
  EXPECT_TRUE(mentions(verdict, "of reversal"));
  PolicyOptions ladder;
  ladder.ladder = Ladder::on;
  EXPECT_TRUE(mentions(decide(as_well, ladder), "It does not beat the baselines"));

  c.baselines[1].forecast = testing::forecast_with_skill(*c.rows, 0.3, 32);
  const auto behind = decide(judge(c.candidate, c.baselines, nullptr, {}).value(), {});
  EXPECT_EQ(behind.decision, DeploymentDecision::reject) << "skilled, but a baseline is better";
}

TEST(Decide, AFirstVersionNeedNotEarnMoreThanABaselineThatItIsNotWorseThan) {
  auto c = make_judged_case({.symbols = 30, .times = 500, .horizon_bars = 5, .seed = 31}, 0.15);
  auto judgement = judge(c.candidate, c.baselines, nullptr, {}).value();
  judgement.baselines[0].gross_bps.mean = judgement.candidate.gross_bps.mean + 1;
  EXPECT_EQ(decide(judgement, {}).decision, DeploymentDecision::deploy);
  judgement.candidate.gross_bps.mean = -0.5;
  EXPECT_EQ(decide(judgement, {}).decision, DeploymentDecision::reject);
  EXPECT_TRUE(mentions(decide(judgement, {}), "It does not earn before costs"));
}

TEST(Decide, RefusesSkillThatCostsEat) {
  const auto c = make_judged_case({.symbols = 30, .times = 500, .horizon_bars = 5, .seed = 32}, 0.12);
  JudgeOptions options;
  options.positions.costs = {100, 0};
  const auto judgement = judge(c.candidate, c.baselines, nullptr, options).value();
  PolicyOptions shown_to_pay;
  shown_to_pay.profit = ProfitRule::significant;
  const auto verdict = decide(judgement, shown_to_pay);
  EXPECT_EQ(verdict.decision, DeploymentDecision::reject);
  EXPECT_TRUE(mentions(verdict, "It is not shown to pay after 100.0 bps a side (policy.profit): -"));
  EXPECT_EQ(decide(judgement, {}).decision, DeploymentDecision::deploy) << "it earns before costs";
  const auto cheap = judge(c.candidate, c.baselines, nullptr, {}).value();
  EXPECT_EQ(decide(cheap, shown_to_pay).decision, DeploymentDecision::deploy);
}

TEST(Decide, ReplacesAWorseActiveVersionAndAnEqualOneWithinTheMargin) {
  const auto c = make_judged_case({.symbols = 30, .times = 600, .horizon_bars = 5, .seed = 41}, 0.2);
  const ForecastTable worse{"v1", c.rows, testing::forecast_with_skill(*c.rows, 0.0, 42)};
  const auto better = decide(judge(c.candidate, c.baselines, &worse, {}).value(), {});
  EXPECT_EQ(better.decision, DeploymentDecision::deploy);
  EXPECT_GT(better.lo, 0);

  const ForecastTable equal{"v1", c.rows, c.candidate.forecast};
  const auto same = decide(judge(c.candidate, c.baselines, &equal, {}).value(), {});
  EXPECT_EQ(same.decision, DeploymentDecision::deploy) << "shown to be no worse: it has seen newer data";
  EXPECT_EQ(same.improvement, 0);
  EXPECT_TRUE(mentions(same, "It ranks no more than 0.0030 (policy.margin) below v1"));
  EXPECT_FALSE(mentions(same, "It ranks better"));
  PolicyOptions only_better;
  only_better.margin = 0;
  EXPECT_EQ(decide(judge(c.candidate, c.baselines, &equal, {}).value(), only_better).decision,
            DeploymentDecision::keep);

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
  j.against_active->against = "v1";
  j.against_active->rank_ic.difference = {0.02, 0.01, 0.03, 0.005, 1e-4, 1e-4, 5, 100, 500};
  j.improvement = Improvement{};
  return j;
}

TEST(Decide, AFirstVersionIsDeployedExactlyIfItsConditionsSay) {
  for (const double skill : {0.0, 0.04, 0.12})
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      const auto c = make_judged_case({.symbols = 20, .times = 300, .horizon_bars = 5, .seed = 700 + seed}, skill);
      const auto verdict = decide(judge(c.candidate, c.baselines, nullptr, {}).value(), {});
      bool merit = true, safe = true;
      for (const auto& condition : verdict.conditions) {
        merit = merit && condition.passed;
        const bool from_above = condition.name.find("_p_value") != std::string::npos;
        EXPECT_EQ(condition.passed,
                  from_above ? condition.value <= condition.threshold : condition.value > condition.threshold)
            << condition.name;
      }
      for (const auto& check : verdict.checks) safe = safe && check.passed;
      EXPECT_EQ(verdict.conditions.size(), 3U);
      EXPECT_EQ(verdict.decision == DeploymentDecision::deploy, merit && safe) << skill << " " << seed;
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

PolicyOptions by_ladder() {
  PolicyOptions options;
  options.ladder = Ladder::on;
  return options;
}

TEST(Decide, FollowsTheLadderWhereAPersonWantsIt) {
  const auto decision_of = [](double value, double lo) {
    Judgement j = sound_judgement();
    j.improvement->value = value;
    j.improvement->lo = lo;
    EXPECT_EQ(decide(j, {}).decision, DeploymentDecision::deploy) << "the composite decides nothing otherwise";
    return decide(j, by_ladder()).decision;
  };
  EXPECT_EQ(decision_of(0.05, 0.001), DeploymentDecision::deploy);
  EXPECT_EQ(decision_of(0.05, 0.0), DeploymentDecision::canary);
  EXPECT_EQ(decision_of(0.049, 0.04), DeploymentDecision::canary);
  EXPECT_EQ(decision_of(0.02, -0.1), DeploymentDecision::canary);
  EXPECT_EQ(decision_of(0.019, 0.01), DeploymentDecision::keep);
  EXPECT_EQ(decision_of(0.0, 0.0), DeploymentDecision::keep);
  EXPECT_EQ(decision_of(-0.001, -0.1), DeploymentDecision::reject);
}

// To keep a recipe out whose rival falls further makes nothing safer.
TEST(Decide, ADrawdownIsHeldAgainstThatOfWhoSpeaksOtherwise) {
  const auto is_deployed = [](std::optional<double> active, double best, double other) {
    Judgement j = sound_judgement();
    j.candidate.long_short_drawdown = 0.4;
    if (active) {
      j.active->long_short_drawdown = *active;
    } else {
      j.active.reset();
      j.against_active.reset();
    }
    for (const auto& [name, fall] : {std::pair{"ridge", best}, std::pair{"reversal", other}}) {
      j.baselines.emplace_back().name = name;
      j.baselines.back().long_short_drawdown = fall;
      j.against_baselines.emplace_back().against = name;
      j.against_baselines.back().rank_ic.mean_b = name == std::string("ridge") ? 0.05 : 0.01;
    }
    const Verdict verdict = decide(j, {});
    const auto check = std::find_if(verdict.checks.begin(), verdict.checks.end(),
                                    [](const SafetyCheck& one) { return one.name == "long_short_drawdown"; });
    return check != verdict.checks.end() && check->passed;
  };
  EXPECT_TRUE(is_deployed(0.41, 0.1, 0.1));
  EXPECT_FALSE(is_deployed(0.39, 0.9, 0.9)) << "the active version speaks, and no baseline";
  EXPECT_TRUE(is_deployed(std::nullopt, 0.41, 0.1)) << "ridge would";
  EXPECT_FALSE(is_deployed(std::nullopt, 0.39, 0.9)) << "and not another one that ranks worse";
  EXPECT_FALSE(is_deployed(std::nullopt, kMissing, kMissing));
}

TEST(Decide, LetsNoImprovementOutweighSafety) {
  const auto unsafe_by = [](const PolicyOptions& options, const char* words, auto change) {
    Judgement j = sound_judgement();
    j.improvement->value = 0.5;
    j.improvement->lo = 0.4;
    EXPECT_EQ(decide(j, options).decision, DeploymentDecision::deploy);
    change(j);
    const auto verdict = decide(j, options);
    EXPECT_EQ(verdict.decision, DeploymentDecision::reject) << words;
    EXPECT_TRUE(mentions(verdict, words)) << words;
  };
  const auto unsafe = [&](const char* words, auto change) {
    unsafe_by({}, words, change);
    unsafe_by(by_ladder(), words, change);
  };
  const auto unsafe_on_the_ladder = [&](const char* words, auto change) {
    unsafe_by(by_ladder(), words, change);
    Judgement j = sound_judgement();
    change(j);
    EXPECT_EQ(decide(j, {}).decision, DeploymentDecision::deploy) << "depends on the size of the forecasts: " << words;
  };
  unsafe("a forecast for 50.0 % of the rows; at least 90.0 % are needed (policy.min_coverage)",
         [](Judgement& j) { j.coverage = 0.5; });
  unsafe("judged at 20 decision times; at least 100 are needed", [](Judgement& j) { j.times = 20; });
  unsafe("come true to 60.0 %", [](Judgement& j) { j.candidate.calibration_quality = 0.6; });
  unsafe_by({}, "long-short book fell by 40.0 % before costs (maximum drawdown, 300 rebalances)", [](Judgement& j) {
    j.candidate.long_short.rebalances = 300;
    j.candidate.long_short_drawdown = 0.4;
  });
  unsafe_by({},
            "fell by 50.0 % before costs (maximum drawdown, 300 rebalances); at most 45.0 % is allowed, as who speaks "
            "otherwise fell by",
            [](Judgement& j) {
              j.candidate.long_short.rebalances = 300;
              j.candidate.long_short_drawdown = 0.5;
              j.active->long_short_drawdown = 0.45;
            });
  unsafe_on_the_ladder("fell by 40.0 % (maximum drawdown, 50 trades)",
                       [](Judgement& j) { j.candidate.positions.returns.max_drawdown = 0.4; });
  unsafe_on_the_ladder("in 50 trades, the 95.0 % interval reaches up to 45.0 %; it must reach 50.0 %",
                       [](Judgement& j) {
                         j.candidate.r_multiple = {0.1, 0, 0.2, 0.05, 1, 1, 5, 50, 500};
                         j.candidate.win_rate.hi = 0.45;
                       });
  unsafe_on_the_ladder("average R -0.2000 in 50 trades, at most -0.", [](Judgement& j) {
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
  EXPECT_EQ(decide(j, by_ladder()).decision, DeploymentDecision::keep);
}

TEST(Decide, KeepsTheActiveVersionWhereTheOtherIsShownToEarnLess) {
  Judgement j = sound_judgement();
  j.against_active->gross_bps.difference = {-2, -3, -1, 0.5, 1e-4, 1, 5, 100, 500};
  const auto verdict = decide(j, {});
  EXPECT_EQ(verdict.decision, DeploymentDecision::keep);
  EXPECT_TRUE(mentions(verdict, "It earns less than v1 before costs"));
}

TEST(Decide, NeedsTheRanksToBeShownWithinTheMargin) {
  Judgement j = sound_judgement();
  j.against_active->rank_ic.difference = {0.001, -0.009, 0.011, 0.005, 0.8, 0.4, 5, 100, 500};
  const auto verdict = decide(j, {});
  EXPECT_EQ(verdict.decision, DeploymentDecision::keep) << "a lead by the estimate alone is none";
  EXPECT_TRUE(mentions(verdict, "That it ranks no more than 0.0030 (policy.margin) below v1 is not shown"));
  PolicyOptions lenient;
  lenient.margin = 0.01;
  EXPECT_EQ(decide(j, lenient).decision, DeploymentDecision::deploy);
}

std::vector<float> times(std::vector<float> forecast, float factor) {
  for (float& value : forecast) value *= factor;
  return forecast;
}

/// What decided, with its figures.
std::string gist(const Verdict& verdict) {
  std::string text(to_string(verdict.decision));
  for (const auto* limits : {&verdict.checks, &verdict.conditions})
    for (const auto& limit : *limits) text += "; " + limit.name + (limit.passed ? " passed" : " failed");
  return text;
}

TEST(Decide, TheSizeOfForecastsChangesNoDecision) {
  constexpr std::uint64_t kMarkets = 30;
  JudgeOptions options;
  options.bootstrap_repetitions = 100;  // of what is only reported
  int deployed = 0, ladder_moved = 0;
  for (std::uint64_t seed = 0; seed < kMarkets; ++seed) {
    const std::size_t symbols = seed % 3 == 0 ? 3 : 20;  // ranked over time, or against each other
    auto c = make_judged_case({.symbols = symbols, .times = 400, .horizon_bars = 5, .seed = 400 + seed}, 0.12);
    c.rows->basis = seed % 2 == 0 ? ReturnBasis::relative : ReturnBasis::own;
    const double theirs = seed % 5 == 0 ? 0.12 : 0.05;
    const ForecastTable active{"v1", c.rows, testing::forecast_with_skill(*c.rows, theirs, 7'000 + seed)};
    const auto whole = judge(c.candidate, c.baselines, &active, options).value();
    const auto first = decide_alone(whole, {}), replacement = decide(whole, {});
    deployed += first.decision == DeploymentDecision::deploy ? 1 : 0;
    for (const float factor : {0.8F, 1.25F}) {
      ForecastTable sized = c.candidate;
      sized.forecast = times(sized.forecast, factor);
      ForecastTable active_sized = active;
      active_sized.forecast = times(active_sized.forecast, factor);
      const auto resized = judge(sized, c.baselines, &active, options).value();
      EXPECT_EQ(gist(decide_alone(resized, {})), gist(first)) << seed;
      EXPECT_EQ(gist(decide(resized, {})), gist(replacement)) << seed;
      EXPECT_EQ(gist(decide(judge(c.candidate, c.baselines, &active_sized, options).value(), {})), gist(replacement))
          << seed;
      ladder_moved += gist(decide(resized, by_ladder())) != gist(decide(whole, by_ladder())) ? 1 : 0;
    }
  }
  EXPECT_GT(deployed, 10);
  EXPECT_LT(deployed, 30);
  EXPECT_GT(ladder_moved, 0) << "the figures of the ladder do depend on it, or this test would see nothing";
}

TEST(Decide, EqualTwinsAreNotShownToBeBetterMoreOftenThanStated) {
  constexpr int kMarkets = 200;
  JudgeOptions options;
  options.bootstrap_repetitions = 100;  // of what is only reported
  int better = 0, deployed = 0;
  for (std::uint64_t seed = 0; seed < kMarkets; ++seed) {
    const auto c = make_judged_case({.symbols = 12, .times = 300, .horizon_bars = 5, .seed = 60'000 + seed}, 0.1);
    const ForecastTable twin{"v1", c.rows, testing::forecast_with_skill(*c.rows, 0.1, 80'000 + seed)};
    const auto verdict = decide(judge(c.candidate, {}, &twin, options).value(), {});
    better += mentions(verdict, "It ranks better than v1") ? 1 : 0;
    deployed += verdict.decision == DeploymentDecision::deploy ? 1 : 0;
  }
  EXPECT_LE(better, 16) << "5 % of 200, and twice the deviation of such a count";
  EXPECT_LE(deployed, better + 8) << "within the margin of 0.003 little more is shown on so few bars";
}

}  // namespace
}  // namespace clm
