#include "evaluation/verdict/acceptance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "evaluation/verdict/deployment_policy.hpp"
#include "evaluation/verdict/evidence.hpp"
#include "evaluation/verdict/judged_case_fixture.hpp"

namespace clm {
namespace {

using testing::forecast_with_skill;
using testing::MarketShape;

constexpr float kSilent = std::numeric_limits<float>::quiet_NaN();

std::shared_ptr<JudgedRows> market(std::size_t symbols, std::uint64_t seed, std::size_t times = 900) {
  return std::make_shared<JudgedRows>(
      testing::make_rows({.symbols = symbols, .times = times, .horizon_bars = 5, .seed = seed}));
}

/// The rows decided before `times` decision times were over.
std::shared_ptr<JudgedRows> first_of(const JudgedRows& rows, std::size_t times) {
  auto out = std::make_shared<JudgedRows>(rows);
  const std::size_t count = times * rows.symbols.size();
  out->decided_at_ms.resize(count);
  out->known_at_ms.resize(count);
  out->symbol.resize(count);
  for (auto* column : {&out->label, &out->forward_return, &out->volatility}) column->resize(count);
  return out;
}

// In a universe that is ranked, and in one that is too small for that.
TEST(AcceptanceScores, TheFirstBarsOfARecordSayTheSameWhateverFollows) {
  for (const std::size_t symbols : {std::size_t{12}, std::size_t{3}}) {
    for (const ReturnBasis basis : {ReturnBasis::own, ReturnBasis::relative}) {
      auto rows = market(symbols, 3);
      rows->basis = basis;
      const auto said = [&](std::uint64_t seed) { return forecast_with_skill(*rows, 0.1, seed); };
      ForecastTable candidate{"new", rows, said(1)}, ridge{"ridge", rows, said(2)}, other{"old", rows, said(3)};
      for (std::size_t i = 0; i < 100 * symbols; ++i) other.forecast[i] = kSilent;
      const auto scores = [&](std::size_t times) {
        const auto part = first_of(*rows, times);
        const auto of = [&](const ForecastTable& table) {
          return ForecastTable{
              table.name,
              part,
              {table.forecast.begin(), table.forecast.begin() + static_cast<std::ptrdiff_t>(part->size())}};
        };
        const ForecastTable own = of(candidate), benchmark = of(ridge), stays = of(other);
        LineupToJoin lineup{{&stays}, nullptr, &benchmark, BenchmarkSpeaks::no, 8};
        return acceptance_scores(own, lineup);
      };
      const auto early = scores(400);
      // What is known later: other forecasts of another size, and other returns.
      for (std::size_t i = 400 * symbols; i < rows->size(); ++i) {
        rows->forward_return[i] *= -3;
        for (ForecastTable* table : {&candidate, &ridge, &other}) table->forecast[i] *= 50;
      }
      const auto late = scores(900);
      ASSERT_EQ(early.size(), 400U);
      for (std::size_t t = 0; t < early.size(); ++t) {
        ASSERT_TRUE(early[t] && late[t]);
        EXPECT_EQ(early[t]->alone, late[t]->alone);
        EXPECT_EQ(early[t]->with_it, late[t]->with_it) << t;
        EXPECT_EQ(early[t]->without_it, late[t]->without_it);
        EXPECT_EQ(early[t]->benchmark, late[t]->benchmark);
        EXPECT_EQ(early[t]->without_benchmark, late[t]->without_benchmark);
      }
    }
  }
}

TEST(AcceptanceScores, AreThoseOfTheMeanStandardisedForecast) {
  const auto rows = market(12, 4, 50);
  const ForecastTable candidate{"new", rows, forecast_with_skill(*rows, 0.2, 1)};
  ForecastTable large = candidate, other{"old", rows, forecast_with_skill(*rows, 0.2, 2)};
  for (float& one : large.forecast) one = 7 * one + 100;
  const auto alone = acceptance_scores(candidate, {});
  const auto beside = acceptance_scores(candidate, {{&other}, nullptr, nullptr, BenchmarkSpeaks::no, 8});
  const auto beside_itself = acceptance_scores(candidate, {{&large}, nullptr, nullptr, BenchmarkSpeaks::no, 8});
  const auto in_its_place = acceptance_scores(candidate, {{}, &other, nullptr, BenchmarkSpeaks::no, 8});
  const auto others_own = acceptance_scores(other, {});
  std::size_t differ = 0;
  for (std::size_t t = 0; t < alone.size(); ++t) {
    EXPECT_EQ(alone[t]->without_it, 0) << "nobody speaks";
    EXPECT_EQ(alone[t]->with_it, alone[t]->alone);
    EXPECT_TRUE(std::isnan(alone[t]->benchmark));
    EXPECT_EQ(beside[t]->without_it, others_own[t]->alone);
    EXPECT_EQ(in_its_place[t]->without_it, others_own[t]->alone);
    EXPECT_EQ(in_its_place[t]->with_it, alone[t]->alone) << "it takes the other one's place";
    EXPECT_NEAR(beside_itself[t]->with_it, alone[t]->alone, 0.05) << "size is nothing, but for ties by rounding";
    differ += beside[t]->with_it != alone[t]->alone ? 1U : 0U;
  }
  EXPECT_GT(differ, 40U);
}

TEST(AcceptanceScores, WhereNobodyOfTheLineupSpokeYetTheBenchmarkDid) {
  const auto rows = market(12, 5, 60);
  const ForecastTable candidate{"new", rows, forecast_with_skill(*rows, 0.2, 1)};
  const ForecastTable ridge{"ridge", rows, forecast_with_skill(*rows, 0.2, 2)};
  ForecastTable other{"old", rows, forecast_with_skill(*rows, 0.2, 3)};
  for (std::size_t i = 0; i < 30 * 12; ++i) other.forecast[i] = kSilent;
  const auto found = acceptance_scores(candidate, {{&other}, nullptr, &ridge, BenchmarkSpeaks::no, 8});
  const auto own = acceptance_scores(other, {}), of_ridge = acceptance_scores(ridge, {});
  for (std::size_t t = 0; t < 60; ++t)
    EXPECT_EQ(found[t]->without_it, t < 30 ? of_ridge[t]->alone : own[t]->alone) << t;
}

AcceptanceBudget budget() { return {2024, 2, 0, 0.005}; }

TEST(DecideByRecord, LetsInForesightBesideRidgeAndSaysWhatItRestsOn) {
  const auto rows = market(20, 6, 2'000);
  const ForecastTable candidate{"lightgbm", rows, forecast_with_skill(*rows, 0.1, 1)};
  const ForecastTable ridge{"ridge", rows, forecast_with_skill(*rows, 0.1, 2)};
  const std::vector<ForecastTable> baselines{ridge};
  Judgement judgement = judge(candidate, baselines, nullptr, {}).value();
  judgement.acceptance =
      ask_for_acceptance(candidate, {{}, nullptr, &ridge, BenchmarkSpeaks::yes, 8}, budget(), 0.05, 0.003);
  const Verdict verdict = decide(judgement, {});
  EXPECT_EQ(verdict.decision, DeploymentDecision::deploy) << verdict.reasons.front();
  const auto says = [&](const std::string& words) {
    return std::any_of(verdict.reasons.begin(), verdict.reasons.end(),
                       [&](const std::string& one) { return one.find(words) != std::string::npos; });
  };
  EXPECT_TRUE(says("It has foresight: rank IC 0."));
  EXPECT_TRUE(says("recipe 2 of those first tried in 2024, 0 of them accepted before"));
  EXPECT_TRUE(says("without (ridge), difference"));
  EXPECT_TRUE(says("It earns before costs"));
  ASSERT_GE(verdict.conditions.size(), 3U);
  EXPECT_EQ(verdict.conditions[0].name, "skill_lower_bound");
  EXPECT_EQ(verdict.conditions[1].name, "lineup_difference_lower_bound");
  EXPECT_EQ(verdict.conditions[1].threshold, -0.003);
  EXPECT_EQ(verdict.improvement, judgement.acceptance->finding.lineup.mean);
  for (const SafetyCheck& condition : verdict.conditions) {
    EXPECT_TRUE(condition.passed) << condition.name;
    EXPECT_GT(condition.value, condition.threshold) << condition.name;
  }
  const auto document = to_json(judgement)["acceptance"];
  EXPECT_EQ(document["order"], 2);
  EXPECT_EQ(document["skill"]["level"], 0.0005);
  EXPECT_EQ(document["without"], nlohmann::json::array({"ridge"}));
  EXPECT_TRUE(document["lineup"]["shown"]);
  EXPECT_EQ(document["bars"], 2'000);
}

TEST(DecideByRecord, RefusesNoiseAndSaysWhatWouldChangeIt) {
  const auto rows = market(20, 7, 1'000);
  const auto decided = [&](double skill, std::uint64_t seed) {
    const ForecastTable candidate{"lightgbm", rows, forecast_with_skill(*rows, skill, seed)};
    Judgement judgement = judge(candidate, {}, nullptr, {}).value();
    judgement.acceptance = ask_for_acceptance(candidate, {}, budget(), 0.05, 0.003);
    return decide(judgement, {});
  };
  const Verdict noise = decided(0, 1);
  EXPECT_EQ(noise.decision, DeploymentDecision::reject);
  EXPECT_EQ(noise.reasons.front().find("No foresight shown: rank IC "), 0U) << noise.reasons.front();
  const Verdict soon = decided(0.03, 2);
  EXPECT_EQ(soon.decision, DeploymentDecision::reject);
  EXPECT_NE(soon.reasons.front().find("further bars show it"), std::string::npos) << soon.reasons.front();
}

TEST(DecideByRecord, WhatSpoilsTheLineupIsKeptOutThoughItHasForesight) {
  const auto rows = market(20, 8, 2'000);
  const ForecastTable candidate{"lightgbm", rows, forecast_with_skill(*rows, 0.12, 1)};
  const ForecastTable ridge{"ridge", rows, forecast_with_skill(*rows, 0.4, 2)};
  Judgement judgement = judge(candidate, {}, nullptr, {}).value();
  judgement.acceptance =
      ask_for_acceptance(candidate, {{}, nullptr, &ridge, BenchmarkSpeaks::yes, 8}, budget(), 0.05, 0.003);
  EXPECT_TRUE(judgement.acceptance->finding.skill.shown);
  const Verdict verdict = decide(judgement, {});
  EXPECT_EQ(verdict.decision, DeploymentDecision::reject);
  EXPECT_EQ(verdict.reasons.front().find("That what is served ranks no more than 0.0030 (policy.margin) worse"), 0U)
      << verdict.reasons.front();
}

}  // namespace
}  // namespace clm
