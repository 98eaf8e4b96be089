#include "evaluation/ensemble/ensemble_rule.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
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
  for (const auto& rule : {original(), with_regimes()}) {
    const auto again = read(rule.to_json_text());
    ASSERT_TRUE(again) << to_string(again.error());
    EXPECT_EQ(again->to_json_text(), rule.to_json_text());
    EXPECT_EQ(again->members, rule.members);
    EXPECT_EQ(again->weights.all, rule.weights.all);
    EXPECT_EQ(again->weights.source, rule.weights.source);
    EXPECT_EQ(again->weights.by_regime.has_value(), rule.weights.by_regime.has_value());
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
  EXPECT_FALSE(read("not json"));
}

}  // namespace
}  // namespace clm
