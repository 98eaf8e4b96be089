#include "evaluation/ensemble/member_comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "evaluation/metrics/forecast_test_support.hpp"

namespace clm {
namespace {

struct Case {
  EnsembleRule rule;
  std::shared_ptr<JudgedRows> rows;
  std::vector<ForecastTable> tables;
};

Case make_case(std::vector<double> skills) {
  Case out;
  out.rows =
      std::make_shared<JudgedRows>(testing::make_rows({.symbols = 20, .times = 500, .horizon_bars = 2, .seed = 9}));
  for (std::size_t m = 0; m < skills.size(); ++m) {
    const std::string type(1, static_cast<char>('a' + m));
    out.rule.members.push_back({type, "0000"});
    out.rule.weights.all.push_back(1.0 / static_cast<double>(skills.size()));
    auto forecast = testing::forecast_with_skill(*out.rows, skills[m], 90 + m);
    const double size = skills[m] > 0 ? skills[m] : 0.05;
    for (float& f : forecast) f *= static_cast<float>(0.1 / size);
    out.tables.push_back({type, out.rows, std::move(forecast)});
  }
  return out;
}

TEST(MemberComparison, ASkilledMemberAddsAndOneOfNoiseTakesAway) {
  const auto c = make_case({0.3, 0.3, 0.0});
  const auto comparison = compare_members(c.rule, c.tables, {});
  ASSERT_EQ(comparison.members.size(), 3U);
  EXPECT_GT(comparison.members[0].adds.difference.lo, 0);
  EXPECT_GT(comparison.members[1].adds.difference.lo, 0);
  EXPECT_LT(comparison.members[2].adds.difference.hi, 0);
  EXPECT_GT(comparison.ensemble.mean.mean, comparison.members[2].rank_ic.mean.mean);
  EXPECT_NEAR(comparison.members[0].adds.mean_a, comparison.ensemble.mean.mean, 1e-12);
}

TEST(MemberComparison, LeavingOutOneOfTwoLeavesTheOther) {
  const auto c = make_case({0.3, 0.1});
  const auto comparison = compare_members(c.rule, c.tables, {});
  EXPECT_NEAR(comparison.members[0].adds.mean_b, comparison.members[1].rank_ic.mean.mean, 1e-12);
  EXPECT_NEAR(comparison.members[1].adds.mean_b, comparison.members[0].rank_ic.mean.mean, 1e-12);
}

TEST(MemberComparison, CorrelationsAreThoseOfTheDefinition) {
  auto c = make_case({0.3, 0.0});
  c.tables.push_back({"c", c.rows, c.tables[0].forecast});
  for (float& f : c.tables[2].forecast) f = -2 * f;
  c.rule.members.push_back({"c", "0000"});
  c.rule.weights.all = {0.4, 0.2, 0.4};
  const auto comparison = compare_members(c.rule, c.tables, {});
  const auto& forecasts = comparison.forecast_correlation;
  EXPECT_EQ(forecasts[0][0], 1);
  EXPECT_NEAR(forecasts[0][2], -1, 1e-6);
  EXPECT_NEAR(forecasts[0][1], 0, 0.05);
  EXPECT_EQ(forecasts[1][0], forecasts[0][1]);
  EXPECT_GT(comparison.error_correlation[0][1], 0.9) << "the label is most of every error";
}

TEST(MemberComparison, OnlyRowsThatAllForecastCount) {
  auto c = make_case({0.3, 0.1});
  for (std::size_t i = 0; i < 1'000; ++i) c.tables[1].forecast[i] = std::nanf("");
  const auto comparison = compare_members(c.rule, c.tables, {});
  EXPECT_EQ(comparison.rows, c.rows->size() - 1'000);
  EXPECT_NEAR(comparison.members[1].coverage, 0.9, 1e-12);
  EXPECT_EQ(comparison.members[0].coverage, 1);
  const auto document = to_json(comparison);
  EXPECT_EQ(document["members"].size(), 2U);
  EXPECT_EQ(document["error_correlation"].size(), 2U);
}

TEST(MemberComparison, NothingInCommonIsNoCrash) {
  auto c = make_case({0.3, 0.1});
  std::fill(c.tables[0].forecast.begin(), c.tables[0].forecast.end(), std::nanf(""));
  const auto comparison = compare_members(c.rule, c.tables, {});
  EXPECT_EQ(comparison.rows, 0U);
  EXPECT_NO_THROW(to_json(comparison).dump());
}

}  // namespace
}  // namespace clm
