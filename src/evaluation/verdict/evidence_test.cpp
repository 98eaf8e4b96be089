#include "evaluation/verdict/evidence.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace clm {
namespace {

using Json = nlohmann::json;

Verdict some_verdict() {
  Verdict verdict;
  verdict.decision = DeploymentDecision::canary;
  verdict.improvement = 0.03;
  verdict.lo = -0.01;
  verdict.hi = 0.07;
  verdict.reasons = {"It leads.", "But not for sure."};
  verdict.checks = {{"coverage", true, 1.0, 0.9}, {"win_rate", false, 0.4, 0.5, 60, 50}};
  verdict.conditions = {{"skill_p_value", false, std::numeric_limits<double>::quiet_NaN(), 0.01}};
  return verdict;
}

Judgement some_judgement() {
  Judgement judgement;
  judgement.rows = 1000;
  judgement.candidate.name = "xgboost";
  judgement.candidate.rank_ic.mean.count = judgement.candidate.label_rank_ic.mean.count = 50;
  judgement.candidate.rank_ic.mean.mean = 0.05;
  judgement.candidate.label_rank_ic.mean.mean = 0.03;  // live outcomes are labels
  judgement.candidate.label_rank_ic.mean.standard_error = 0.01;
  judgement.candidate.label_rank_ic.information_ratio = 0.15;
  return judgement;
}

// What the registry holds is named by its bytes: they are those that were written before there was this type.
TEST(Evidence, WritesTheDocumentThatWasAlwaysWritten) {
  const Judgement judgement = some_judgement();
  Verdict alone = some_verdict();
  alone.decision = DeploymentDecision::deploy;
  const Json before{
      {"judgement", to_json(judgement)}, {"verdict", to_json(some_verdict())}, {"verdict_alone", to_json(alone)}};
  EXPECT_EQ(Evidence(judgement, some_verdict(), alone).text(), before.dump());

  Json ensemble = before;
  ensemble["each"] = {to_json(judgement.candidate)};
  ensemble["ensemble"] = {{"weights", to_json(WeightChoice())}, {"members", to_json(MemberComparison())}};
  const Evidence whole(judgement, some_verdict(), alone, std::vector{judgement.candidate}, WeightChoice(),
                       MemberComparison());
  EXPECT_EQ(whole.text(), ensemble.dump());
  EXPECT_EQ(whole.each_member().size(), 1U);
}

TEST(Evidence, IsReadBackAsItWasWritten) {
  Verdict alone = some_verdict();
  alone.decision = DeploymentDecision::deploy;
  const Evidence written(some_judgement(), some_verdict(), alone);
  const Evidence read = Evidence::from_json(written.text());
  EXPECT_EQ(read.text(), written.text());
  EXPECT_TRUE(read.has_judgement());
  ASSERT_TRUE(read.verdict());
  EXPECT_EQ(to_json(*read.verdict()), to_json(some_verdict()));
  EXPECT_EQ(read.verdict_alone()->decision, DeploymentDecision::deploy);
  ASSERT_TRUE(read.rank_ic());
  EXPECT_EQ(read.rank_ic()->kind, RankSkill::cross_section);
  EXPECT_EQ(read.rank_ic()->mean, 0.03);
  EXPECT_EQ(read.rank_ic()->information_ratio, 0.15);
  EXPECT_EQ(read.rank_ic()->standard_error, 0.01);
  EXPECT_TRUE(read.ensemble().is_null());
}

TEST(Evidence, OfAVintageIsTheJudgementOfItsRecipeAndWhatWasCheckedOfItself) {
  const Evidence judged(some_judgement(), some_verdict(), some_verdict());
  EXPECT_FALSE(judged.refresh());
  EXPECT_FALSE(judged.is_of_refresh());
  EXPECT_TRUE(Evidence::of_refresh(Evidence::from_json("null"), {}).is_of_refresh()) << "where nothing was judged";
  const Evidence first = Evidence::of_refresh(judged, {"abc", "v1", 20'000, 1.0, 0.6, 5'000});
  const Evidence second =
      Evidence::from_json(Evidence::of_refresh(first, {"abc", "v2", 10'000, 0.9, 0.5, 7'000}).text());
  ASSERT_TRUE(second.refresh());
  EXPECT_EQ(second.refresh()->recipe, "abc");
  EXPECT_EQ(second.refresh()->accepted_by, "v1") << "the version that was judged, not the one before";
  EXPECT_EQ(second.refresh()->rows, 10'000U);
  EXPECT_EQ(second.refresh()->coverage, 0.9);
  EXPECT_EQ(second.refresh()->correlation, 0.5);
  EXPECT_EQ(second.refresh()->calibrated, 7'000U);
  EXPECT_EQ(second.judgement(), judged.judgement());
  EXPECT_EQ(second.verdict()->reasons, some_verdict().reasons);
}

TEST(Evidence, OfALineupNamesItsVotesAndWasNeverJudged) {
  const LineupVote votes[] = {{"lightgbm", "aaaaaaaaaaaa", 0.5}, {"xgboost", "bbbbbbbbbbbb", 0.5}};
  const Evidence lineup = Evidence::from_json(Evidence::of_lineup(votes, "made: none is active").text());
  EXPECT_TRUE(lineup.is_of_lineup());
  EXPECT_FALSE(lineup.is_of_refresh());
  EXPECT_FALSE(lineup.has_judgement());
  EXPECT_FALSE(lineup.verdict());
  EXPECT_EQ(lineup.to_json()["lineup"]["members"][1]["version"], "bbbbbbbbbbbb");
  EXPECT_EQ(lineup.to_json()["lineup"]["why"], "made: none is active");
  EXPECT_EQ(lineup.why_lineup(), "made: none is active");
}

TEST(Evidence, OfOlderReleasesIsRead) {
  // Without conditions, trades counted nowhere, and no verdict for when nothing is active.
  const Evidence old = Evidence::from_json(
      R"({"judgement":{"candidate":{"rank_ic":{"kind":"cross_section","mean":0.03,"information_ratio":0.15}}},)"
      R"("verdict":{"decision":"keep","improvement":null,"interval":[null,null],"reasons":["Too little."],)"
      R"("checks":[{"name":"coverage","passed":true,"value":1.0,"threshold":0.9}]}})");
  ASSERT_TRUE(old.verdict());
  EXPECT_EQ(old.verdict()->decision, DeploymentDecision::keep);
  EXPECT_TRUE(std::isnan(old.verdict()->improvement));
  EXPECT_EQ(old.verdict()->reasons, std::vector<std::string>{"Too little."});
  EXPECT_EQ(old.verdict()->checks.front().min_count, 0U);
  EXPECT_TRUE(old.verdict()->conditions.empty());
  EXPECT_FALSE(old.verdict_alone());
  EXPECT_EQ(old.rank_ic()->mean, 0.03) << "which was judged by the label";
  EXPECT_TRUE(std::isnan(old.rank_ic()->standard_error));
}

TEST(Evidence, OfAnotherKindOrNoneAtAllSaysNothing) {
  for (const char* text :
       {"", "{", "[]", "1", "null", R"({"improvement":0.07})", R"({"stage":"shadow","trial":{}})",
        R"({"judgement":1,"verdict":[]})", R"({"refresh":1,"lineup":[]})", R"({"verdict":{"decision":"perhaps"}})"}) {
    const Evidence evidence = Evidence::from_json(text);
    EXPECT_FALSE(evidence.has_judgement()) << text;
    EXPECT_FALSE(evidence.verdict()) << text;
    EXPECT_FALSE(evidence.verdict_alone()) << text;
    EXPECT_FALSE(evidence.rank_ic()) << text;
    EXPECT_EQ(evidence.why_weights(), "") << text;
    EXPECT_EQ(evidence.why_lineup(), "") << text;
    EXPECT_FALSE(evidence.refresh()) << text;
  }
}

}  // namespace
}  // namespace clm
