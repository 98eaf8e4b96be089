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

TEST(Judge, HoldsAgainstTheNextOpenWhateverDelayWasLearned) {
  auto c = make_judged_case({.symbols = 20, .times = 300, .horizon_bars = 2, .seed = 6, .market_share = 0}, 0.3);
  // What was learned begins later, and has nothing to do with the return from the next open here.
  c.rows->label = testing::make_rows({.symbols = 20, .times = 300, .horizon_bars = 2, .seed = 61}).label;
  const ForecastTable active{"v1", c.rows,
                             testing::forecast_with_skill(*c.rows, 0.3, 62)};  // foretells the label alone
  const auto j = judge(c.candidate, c.baselines, &active, {}).value();
  EXPECT_GT(j.candidate.rank_ic.mean.lo, 0.2);
  EXPECT_LT(j.candidate.label_rank_ic.mean.lo, 0.0);
  EXPECT_EQ(j.candidate.by_delay[0].rank_ic.mean.mean, j.candidate.rank_ic.mean.mean);
  EXPECT_LT(j.active->rank_ic.mean.lo, 0.0);
  EXPECT_GT(j.active->label_rank_ic.mean.lo, 0.1);
  EXPECT_GT(j.against_active->rank_ic.difference.lo, 0.2);
  EXPECT_GT(j.against_baselines[0].rank_ic.difference.lo, 0.2);
  EXPECT_GT(j.against_active->gross_bps.difference.lo, 0);
  const auto json = to_json(j);
  EXPECT_EQ(json["judged"]["entry"], "next_open");
  EXPECT_EQ(json["judged"]["return"], "own");
}

TEST(Judge, RanksFewSymbolsByTheReturnThatForecastsAreAbout) {
  // Two symbols that the market moves together; the forecast is of the difference alone.
  auto c = make_judged_case({.symbols = 2, .times = 800, .horizon_bars = 1, .seed = 9, .market_share = 0.95}, 0);
  c.rows->basis = ReturnBasis::relative;
  const auto relative = judged_return(*c.rows, c.rows->forward_return);
  const auto noise = c.candidate.forecast;
  for (std::size_t i = 0; i < noise.size(); ++i) c.candidate.forecast[i] = 100 * relative[i] + 2 * noise[i];
  const double hedged = judge(c.candidate, c.baselines, nullptr, {}).value().candidate.rank_ic.mean.mean;
  c.rows->basis = ReturnBasis::own;
  const double whole = judge(c.candidate, c.baselines, nullptr, {}).value().candidate.rank_ic.mean.mean;
  EXPECT_GT(hedged, 0.7);
  EXPECT_LT(whole, 0.5);
}

TEST(Judge, TheProbabilityIsThatWhichIsServed) {
  auto c = make_judged_case({.symbols = 10, .times = 300, .horizon_bars = 2, .seed = 8, .market_share = 0}, 0.4);
  const auto refitted = judge(c.candidate, c.baselines, nullptr, {}).value();
  EXPECT_EQ(refitted.candidate.probability_source, ProbabilitySource::cross_fitted);
  EXPECT_GT(refitted.candidate.calibration_quality, 0.9);
  // Forecasts as good, but a map that promises too much: judged anew on these rows it would look as good as any.
  c.candidate.up_probability.resize(c.rows->size());
  for (std::size_t i = 0; i < c.rows->size(); ++i)
    c.candidate.up_probability[i] = c.candidate.forecast[i] > 0 ? 0.95 : 0.05;
  const auto served = judge(c.candidate, c.baselines, nullptr, {}).value();
  EXPECT_EQ(served.candidate.probability_source, ProbabilitySource::served);
  const auto expected = score_probabilities(c.candidate.up_probability, up_outcomes(*c.rows));
  EXPECT_EQ(served.candidate.probability.brier, expected.brier);
  EXPECT_EQ(served.candidate.probability.log_loss, expected.log_loss);
  EXPECT_GT(served.candidate.probability.log_loss, served.candidate.probability.log_loss_base);
  EXPECT_LT(served.candidate.calibration_quality, 0.8);
  EXPECT_EQ(served.candidate.rank_ic.mean.mean, refitted.candidate.rank_ic.mean.mean);
  EXPECT_EQ(to_json(served)["candidate"]["probability"]["source"], "served");
  // Rows that others have no forecast for take their probabilities with them.
  c.baselines[0].forecast[3] = std::nanf("");
  c.candidate.up_probability[3] = std::nan("");
  EXPECT_EQ(judge(c.candidate, c.baselines, nullptr, {}).value().candidate.probability.count, c.rows->size() - 1);
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
