#include "evaluation/verdict/judgement.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "evaluation/verdict/judged_case_fixture.hpp"

namespace clm {
namespace {

using testing::make_judged_case;

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

}  // namespace
}  // namespace clm
