#include "evaluation/ensemble/weight_choice.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/random.hpp"
#include "evaluation/metrics/forecast_test_support.hpp"

namespace clm {
namespace {

constexpr std::size_t kWeighedSymbols = 20;

struct Market {
  std::shared_ptr<JudgedRows> rows;
  std::vector<ForecastTable> members;
};

/// Two members of the given skills, of the same size whatever their skill.
Market make_market(double first_skill, double second_skill, std::uint64_t seed, std::size_t times = 800) {
  Market market;
  market.rows = std::make_shared<JudgedRows>(
      testing::make_rows({.symbols = kWeighedSymbols, .times = times, .horizon_bars = 3, .seed = seed}));
  const double skills[] = {first_skill, second_skill};
  for (std::size_t m = 0; m < 2; ++m) {
    auto forecast = testing::forecast_with_skill(*market.rows, skills[m], seed * 10 + m);
    const double size = skills[m] > 0 ? skills[m] : 0.05;
    for (float& f : forecast) f *= static_cast<float>(0.2 / size);
    market.members.push_back({m == 0 ? "lightgbm" : "xgboost", market.rows, std::move(forecast)});
  }
  return market;
}

const std::vector<double> kAlike{0.5, 0.5};

WeightChoiceOptions options_with(double shrinkage) {
  WeightChoiceOptions options;
  options.shrinkage = shrinkage;
  return options;
}

TEST(WeightChoice, ABetterMemberGetsMoreWeightAndTheNumbersSaySo) {
  const auto market = make_market(0.4, 0.0, 1);
  const auto choice = choose_weights(market.members, kAlike, std::nullopt, options_with(1));
  EXPECT_EQ(choice.weights.source, WeightSource::learned) << choice.reason;
  EXPECT_GT(choice.weights.all[0], 0.6);
  EXPECT_NEAR(choice.weights.all[0] + choice.weights.all[1], 1, 1e-12);
  ASSERT_EQ(choice.trials.size(), 1U);
  EXPECT_TRUE(choice.trials[0].used);
  EXPECT_GT(choice.trials[0].squared_error.difference.lo, 0);
  EXPECT_GT(choice.trials[0].rank_ic.difference.mean, 0);
  EXPECT_NE(choice.reason.find("used"), std::string::npos);
  EXPECT_FALSE(to_json(choice).dump().empty());
}

TEST(WeightChoice, EqualMembersKeepTheFixedWeights) {
  int changed = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto market = make_market(0.0, 0.0, seed, 300);
    changed +=
        choose_weights(market.members, kAlike, std::nullopt, options_with(5)).weights.source != WeightSource::fixed;
  }
  EXPECT_LE(changed, 4);  // 2.5 % nominal, one-sided: one of 40 is to be expected, 5 or more has p below .004
}

TEST(WeightChoice, WhatIsLearnedOnlyInTheEarlierPartDoesNotPass) {
  auto market = make_market(0.4, 0.0, 2);
  auto other = make_market(0.0, 0.4, 2);  // the same rows, the other way round
  const std::size_t middle = market.rows->size() / 2;
  for (std::size_t i = middle; i < market.rows->size(); ++i)
    for (std::size_t m = 0; m < 2; ++m) market.members[m].forecast[i] = other.members[m].forecast[i];
  const auto choice = choose_weights(market.members, kAlike, std::nullopt, options_with(1));
  EXPECT_EQ(choice.weights.source, WeightSource::fixed) << choice.reason;
  EXPECT_EQ(choice.weights.all, kAlike);
  EXPECT_GT(choice.trials.at(0).weights.all[0], 0.6) << "they were learned, and refused";
}

/// A version that learns from the rows it is checked on would see these.
TEST(WeightChoice, RowsThatAreCheckedOnDoNotMoveTheWeights) {
  auto market = make_market(0.3, 0.1, 3);
  const auto before = choose_weights(market.members, kAlike, std::nullopt, options_with(1));
  auto altered = std::make_shared<JudgedRows>(*market.rows);
  ASSERT_TRUE(before.checked && before.learned);
  std::size_t changed = 0;
  for (std::size_t i = 0; i < altered->size(); ++i) {
    if (altered->known_at_ms[i] < before.checked->from.ms()) continue;
    altered->forward_return[i] *= -5;  // labels that reach into the checked part as well: they are purged
    ++changed;
  }
  ASSERT_GT(changed, before.checked_rows);
  for (auto& member : market.members) member.rows = altered;
  const auto after = choose_weights(market.members, kAlike, std::nullopt, options_with(1));
  EXPECT_EQ(after.trials.at(0).weights.all, before.trials.at(0).weights.all);
  EXPECT_NE(after.trials.at(0).squared_error.difference.mean, before.trials.at(0).squared_error.difference.mean);
}

TEST(WeightChoice, TheEmbargoIsKept) {
  const auto market = make_market(0.3, 0.1, 4);
  WeightChoiceOptions options = options_with(1);
  options.embargo = Interval::one_hour().length() * 24;
  const auto choice = choose_weights(market.members, kAlike, std::nullopt, options);
  // Last learned decision + horizon 3 + embargo 24 lies before the first checked decision.
  EXPECT_LT(choice.learned->to + Interval::one_hour().length() * 27 - Duration(1), choice.checked->from);
}

TEST(WeightChoice, ARegimeGetsItsOwnWeightsWhereThatPays) {
  auto market = make_market(0.4, 0.0, 5, 1'500);
  const auto other = make_market(0.0, 0.4, 5, 1'500);
  auto rows = std::make_shared<JudgedRows>(*market.rows);
  // Calm and turbulent stretches of 50 times; each member is good in one of them.
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const bool calm = i / kWeighedSymbols / 50 % 2 == 0;
    const float scale = calm ? 0.5F : 2.0F;
    rows->volatility[i] *= scale;
    rows->forward_return[i] *= scale;
    if (!calm)
      for (std::size_t m = 0; m < 2; ++m) market.members[m].forecast[i] = other.members[m].forecast[i];
  }
  for (auto& member : market.members) member.rows = rows;
  const double middle = 0.008 * std::sqrt(3.0);
  const auto choice = choose_weights(market.members, kAlike, VolatilityRule{middle, middle}, options_with(1));
  EXPECT_EQ(choice.weights.source, WeightSource::per_regime) << choice.reason;
  EXPECT_GT(choice.weights.in(VolatilityRegime::calm)[0], 0.6);
  EXPECT_LT(choice.weights.in(VolatilityRegime::turbulent)[0], 0.4);
  EXPECT_EQ(choice.weights.in(VolatilityRegime::normal), choice.trials.back().weights.all) << "never seen";
  EXPECT_EQ(choice.trials.size(), 2U);
}

TEST(WeightChoice, TooFewRowsKeepTheFixedWeightsAndSaySo) {
  const auto market = make_market(0.4, 0.0, 6, 15);
  const auto choice = choose_weights(market.members, kAlike, std::nullopt, options_with(1));
  EXPECT_EQ(choice.weights.source, WeightSource::fixed);
  EXPECT_NE(choice.reason.find("too few"), std::string::npos);
  EXPECT_TRUE(choice.trials.empty());
}

TEST(WeightChoice, MembersWithoutACommonRowKeepTheFixedWeights) {
  auto market = make_market(0.4, 0.1, 7);
  for (std::size_t i = 0; i < market.rows->size(); ++i) market.members[i % 2].forecast[i] = std::nanf("");
  const auto choice = choose_weights(market.members, kAlike, std::nullopt, options_with(1));
  EXPECT_EQ(choice.weights.source, WeightSource::fixed);
  EXPECT_EQ(choice.learned_rows, 0U);
}

}  // namespace
}  // namespace clm
