#include "evaluation/ensemble/ensemble_rule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "evaluation/ensemble/standardised_forecast.hpp"
#include "evaluation/metrics/forecast_test_support.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

const double kAbstains = std::nan("");

/// The original's four with its weights.
EnsembleRule original() {
  EnsembleRule rule;
  rule.members = {{"lightgbm", "aaaa"}, {"nhits", "bbbb"}, {"patchtst", "cccc"}, {"xgboost", "dddd"}};
  rule.weights.all = {0.25, 0.30, 0.20, 0.25};
  return rule;
}

EnsembleRule with_regimes() {
  EnsembleRule rule = original();
  rule.weights.source = WeightSource::per_regime;
  rule.weights.by_regime = EnsembleWeights::ByRegime{
      {0.01, 0.02}, {{{0.4, 0.3, 0.15, 0.15}, {0.25, 0.25, 0.25, 0.25}, {0.15, 0.15, 0.3, 0.4}}}};
  return rule;
}

TEST(EnsembleRule, IsTheWeightedMeanOfTheVotes) {
  const auto out = original().combine(std::vector<double>{0.1, 0.2, -0.1, 0.4}, VolatilityRegime::unknown);
  EXPECT_NEAR(out.forecast, 0.25 * 0.1 + 0.30 * 0.2 - 0.20 * 0.1 + 0.25 * 0.4, 1e-15);
  EXPECT_EQ(out.votes, 4U);
  EXPECT_EQ(out.agree, 3U);
  EXPECT_EQ(out.weights, original().weights.all);
}

TEST(EnsembleRule, DisagreementIsTheWeightedStandardDeviation) {
  const auto apart = original().combine(std::vector<double>{1, 1, -1, -1}, VolatilityRegime::unknown);
  EXPECT_NEAR(apart.forecast, 0.10, 1e-15);  // .55 - .45
  EXPECT_NEAR(apart.disagreement, std::sqrt(1 - 0.01), 1e-15);
  const auto alike = original().combine(std::vector<double>{0.3, 0.3, 0.3, 0.3}, VolatilityRegime::unknown);
  EXPECT_NEAR(alike.disagreement, 0, 1e-15);
  EXPECT_EQ(alike.agree, 4U);
}

TEST(EnsembleRule, AnAbsentMembersWeightIsSharedOut) {
  const auto out = original().combine(std::vector<double>{0.1, kAbstains, 0.2, 0.3}, VolatilityRegime::unknown);
  EXPECT_EQ(out.votes, 3U);
  EXPECT_EQ(out.weights[1], 0.0);
  EXPECT_NEAR(out.weights[0], 0.25 / 0.70, 1e-15);
  EXPECT_NEAR(out.weights[2], 0.20 / 0.70, 1e-15);
  EXPECT_NEAR(out.forecast, (0.25 * 0.1 + 0.20 * 0.2 + 0.25 * 0.3) / 0.70, 1e-15);
  const auto one =
      original().combine(std::vector<double>{kAbstains, kAbstains, 0.2, kAbstains}, VolatilityRegime::calm);
  EXPECT_EQ(one.weights[2], 1.0);
  EXPECT_EQ(one.forecast, 0.2);
}

TEST(EnsembleRule, WithoutAVoteThereIsNoForecast) {
  const auto out = original().combine(std::vector<double>(4, kAbstains), VolatilityRegime::unknown);
  EXPECT_TRUE(std::isnan(out.forecast));
  EXPECT_TRUE(std::isnan(out.disagreement));
  EXPECT_EQ(out.votes, 0U);
}

TEST(EnsembleRule, NoForecastIsNoSign) {
  const auto out = original().combine(std::vector<double>{0, 0, 0, 0}, VolatilityRegime::unknown);
  EXPECT_EQ(out.forecast, 0);
  EXPECT_EQ(out.agree, 0U);
}

TEST(EnsembleRule, EveryRegimeHasItsWeights) {
  const EnsembleRule rule = with_regimes();
  const std::vector<double> forecasts{1, 0, 0, 0};
  EXPECT_NEAR(rule.combine(forecasts, VolatilityRegime::calm).forecast, 0.40, 1e-15);
  EXPECT_NEAR(rule.combine(forecasts, VolatilityRegime::normal).forecast, 0.25, 1e-15);
  EXPECT_NEAR(rule.combine(forecasts, VolatilityRegime::turbulent).forecast, 0.15, 1e-15);
  EXPECT_NEAR(rule.combine(forecasts, VolatilityRegime::unknown).forecast, 0.25, 1e-15);
}

TEST(EnsembleRule, TablesAreCombinedRowByRowByTheRegimeOfTheirOwnTime) {
  auto rows =
      std::make_shared<JudgedRows>(testing::make_rows({.symbols = 6, .times = 30, .horizon_bars = 2, .seed = 3}));
  for (std::size_t i = 0; i < rows->size(); ++i) rows->volatility[i] = i < 60 ? 0.005F : i < 120 ? 0.015F : 0.05F;
  const EnsembleRule rule = with_regimes();
  std::vector<ForecastTable> tables;
  for (std::size_t m = 0; m < 4; ++m)
    tables.push_back({rule.members[m].model_type, rows, testing::forecast_with_skill(*rows, 0.1, 50 + m)});
  tables[2].forecast[7] = std::nanf("");
  const auto combined = rule.combine(tables);
  const VolatilityRegime regimes[] = {VolatilityRegime::calm, VolatilityRegime::normal, VolatilityRegime::turbulent};
  for (std::size_t i = 0; i < rows->size(); ++i) {
    std::vector<double> votes;
    for (const auto& table : tables) votes.push_back(static_cast<double>(table.forecast[i]));
    EXPECT_EQ(combined[i], static_cast<float>(rule.combine(votes, regimes[i / 60]).forecast)) << i;
  }
}

TEST(EnsembleRule, WithoutAMemberTheRestKeepsItsProportions) {
  const EnsembleRule rest = with_regimes().without(1);
  ASSERT_EQ(rest.members.size(), 3U);
  EXPECT_EQ(rest.members[1].model_type, "patchtst");
  EXPECT_NEAR(rest.weights.all[0], 0.25 / 0.70, 1e-12);
  double sum = 0;
  for (const double weight : rest.weights.by_regime->weights[2]) sum += weight;
  EXPECT_NEAR(sum, 1, 1e-12);
}

// Two members that forecast eight symbols.
class CommonScale : public ::testing::Test {
 protected:
  CommonScale() {
    rule_.members = {{"lightgbm", "aaaa"}, {"xgboost", "bbbb"}};
    rule_.weights.all = {0.5, 0.5};
    rule_.standardised_from = 8;
  }
  /// What is said of every symbol.
  std::vector<double> combined(std::span<const float> a, std::span<const float> b) const {
    const std::vector<std::span<const float>> said{a, b};
    const auto scales = rule_.common_scale(said, VolatilityRegime::unknown);
    std::vector<double> out;
    for (std::size_t s = 0; s < a.size(); ++s)
      out.push_back(rule_
                        .combine(std::vector<double>{scales[0].of(static_cast<double>(a[s])),
                                                     scales[1].of(static_cast<double>(b[s]))},
                                 VolatilityRegime::unknown)
                        .forecast);
    return out;
  }
  static std::vector<std::size_t> ranking(const std::vector<double>& said) {
    std::vector<std::size_t> order(said.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return said[i] < said[j]; });
    return order;
  }

  EnsembleRule rule_;
  const std::vector<float> a_{0.30F, -0.10F, 0.02F, 0.11F, -0.25F, 0.07F, 0.16F, -0.04F};
  const std::vector<float> b_{-0.20F, 0.13F, 0.05F, 0.29F, 0.01F, -0.08F, -0.11F, 0.19F};
};

TEST_F(CommonScale, WhoForecastsLargerHasNoMoreSay) {
  std::vector<float> loud = b_;
  for (float& forecast : loud) forecast = 20 * forecast + 1;
  EXPECT_EQ(ranking(combined(a_, loud)), ranking(combined(a_, b_)));
  rule_.standardised_from = 0;
  EXPECT_NE(ranking(combined(a_, loud)), ranking(combined(a_, b_))) << "or there is nothing to see";
}

TEST_F(CommonScale, MeanAndSpreadAreThoseThatMembersHaveOnAverage) {
  std::vector<float> loud = a_;
  for (float& forecast : loud) forecast = 3 * forecast + 0.5F;
  const CrossSection own = cross_section(a_);
  const auto said = combined(a_, loud);
  const CrossSection both = cross_section(std::vector<float>(said.begin(), said.end()));
  EXPECT_NEAR(both.mean, (own.mean + (3 * own.mean + 0.5)) / 2, 1e-6);
  EXPECT_NEAR(both.deviation, (1 + 3) / 2.0 * own.deviation, 1e-6) << "they agree, so that nothing cancels";
}

TEST_F(CommonScale, OneByItselfAndFewSymbolsAreLeftAsTheyAre) {
  const std::vector<float> abstains(8, std::nanf("")), nothing;
  for (const auto* other : {&abstains, &nothing}) {
    const auto scales = rule_.common_scale(std::vector<std::span<const float>>{a_, *other}, VolatilityRegime::unknown);
    EXPECT_EQ(scales[0].slope, 1);
    EXPECT_EQ(scales[0].offset, 0);
  }
  rule_.standardised_from = 9;
  EXPECT_EQ(combined(a_, b_)[3], (static_cast<double>(a_[3]) + static_cast<double>(b_[3])) / 2);
}

TEST_F(CommonScale, EqualForecastsOfAllSymbolsAreNoOpinion) {
  const auto said = combined(a_, std::vector<float>(8, 0.4F));
  EXPECT_EQ(ranking(said), ranking(std::vector<double>(a_.begin(), a_.end())));
  const CrossSection own = cross_section(a_);
  EXPECT_NEAR(cross_section(std::vector<float>(said.begin(), said.end())).deviation, own.deviation / 4, 1e-6)
      << "half of the weight, at half of the spread";
}

// What a table is combined to says at each time the same as what is served then, and nothing of other times comes in.
TEST_F(CommonScale, TablesAreBroughtToOneScaleTimeByTime) {
  const auto rows =
      std::make_shared<JudgedRows>(testing::make_rows({.symbols = 8, .times = 12, .horizon_bars = 2, .seed = 5}));
  std::vector<ForecastTable> tables{{"a", rows, testing::forecast_with_skill(*rows, 0.1, 1)},
                                    {"b", rows, testing::forecast_with_skill(*rows, 0.1, 2)}};
  for (float& forecast : tables[1].forecast) forecast *= 7;
  tables[0].forecast[9] = std::nanf("");
  const auto together = rule_.combine(tables);
  for (std::size_t begin = 0; begin < rows->size(); begin += 8) {
    const auto said =
        combined(std::span(tables[0].forecast).subspan(begin, 8), std::span(tables[1].forecast).subspan(begin, 8));
    for (std::size_t s = 0; s < 8; ++s) EXPECT_EQ(together[begin + s], static_cast<float>(said[s])) << begin + s;
  }
}

class EnsembleFile : public ::testing::Test {
 protected:
  std::filesystem::path file() const { return directory_.path() / EnsembleRule::kFileName; }
  Result<EnsembleRule> read(const std::string& text) const {
    EXPECT_TRUE(write_file_atomic(file(), text));
    return EnsembleRule::load(file());
  }
  testing::TempDirectory directory_;
};

TEST_F(EnsembleFile, IsReadBackToTheBit) {
  EnsembleRule standardised = original();
  standardised.standardised_from = 8;
  for (const auto& rule : {original(), with_regimes(), standardised}) {
    const auto again = read(rule.to_json_text());
    ASSERT_TRUE(again) << to_string(again.error());
    EXPECT_EQ(again->to_json_text(), rule.to_json_text());
    EXPECT_EQ(again->members, rule.members);
    EXPECT_EQ(again->weights.all, rule.weights.all);
    EXPECT_EQ(again->weights.source, rule.weights.source);
    EXPECT_EQ(again->weights.by_regime.has_value(), rule.weights.by_regime.has_value());
    EXPECT_EQ(again->standardised_from, rule.standardised_from);
  }
}

TEST_F(EnsembleFile, WhatBreaksARuleIsRefused) {
  const auto whole = nlohmann::json::parse(with_regimes().to_json_text());
  const auto refused = [&](const char* pointer, const nlohmann::json& value) {
    auto altered = whole;
    altered[nlohmann::json::json_pointer(pointer)] = value;
    const auto loaded = read(altered.dump());
    EXPECT_FALSE(loaded) << pointer;
    if (!loaded) {
      EXPECT_EQ(loaded.error().code, "ensemble.load") << pointer;
    }
  };
  refused("/format", 2);
  refused("/members/0/weight", 0.5);
  refused("/members/0/weight", -0.25);
  refused("/members/0/model_type", "zzz");
  refused("/members/1/version", "");
  refused("/members", nlohmann::json::array());
  refused("/source", "guessed");
  refused("/source", "fixed");
  refused("/bounds/0", 0.9);
  refused("/by_regime/calm/0", 0.9);
  refused("/by_regime/calm_up_to", 0.5);
  refused("/standardised_from", -1);
  refused("/standardised_from", "eight");
  EXPECT_FALSE(read("not json"));
}

}  // namespace
}  // namespace clm
