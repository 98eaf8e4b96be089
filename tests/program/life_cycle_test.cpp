// A version's life as a person sees it: judged against the active one, promoted, rejected, rolled back, retired.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {

class LifeCycle : public ::testing::Test {
 protected:
  LifeCycle() {
    place_.environment["CLM_TRAINING_MODELS"] = "xgboost";
    place_.environment["CLM_POLICY_LADDER"] = "on";  // every version has to show itself
    place_.simulate(kBars);
  }
  /// Another version from the same data.
  std::string version_of_seed(int seed) {
    place_.environment["CLM_TRAINING_SEED"] = std::to_string(seed);
    return place_.cycle({"--force"}).at("xgboost");
  }
  std::string status(const std::string& version) const { return place_.statuses().at(version); }
  void rollback() const { place_.json({"rollback", "xgboost", "--reason", "the test says so"}); }

  TestWorkspace place_;
};

TEST_F(LifeCycle, ALaterCycleJudgesCandidateAndActiveOnTheSameUnseenRows) {
  place_.environment["CLM_POLICY_LADDER"] = "on";  // otherwise it is a vintage of an accepted recipe, and not judged
  const std::string first = place_.cycle().at("xgboost");
  place_.promote(first);
  place_.simulate(kBars + 2 * kWeekBars);
  const auto report = place_.json({"cycle", "--force"});
  ASSERT_EQ(report["results"].size(), 1u);
  const auto& result = report["results"][0];
  EXPECT_EQ(report["as_of"], close_of_bar(kBars + 2 * kWeekBars));
  EXPECT_EQ(report["triggers"][0]["trigger"], "manual");
  EXPECT_EQ((std::set<std::string>{"deploy", "canary", "keep", "reject"}.count(result["decision"])), 1u) << result;
  EXPECT_EQ(result["interval"].size(), 2u);
  EXPECT_GE(result["reasons"].size(), 1u);

  const std::string second = result["version"];
  ASSERT_NE(second, first);
  const auto shown = place_.json({"show", second});
  EXPECT_NE(shown["evidence"].dump().find(first), std::string::npos)
      << "the evidence names the active version: " << shown["evidence"];
  const auto& judged_from = shown["manifest"]["metrics"]["judged_from"];
  const auto& trained_to = shown["manifest"]["training"]["to"];
  EXPECT_GT(judged_from.get<std::string>(), trained_to.get<std::string>());
  const auto first_trained_to = place_.json({"show", first})["manifest"]["training"]["to"];
  EXPECT_GT(judged_from.get<std::string>(), first_trained_to.get<std::string>()) << "unseen by the active one too";
}

TEST_F(LifeCycle, WithNothingNewNothingIsTrained) {
  place_.promote(place_.cycle().at("xgboost"));
  const auto report = place_.json({"cycle"});
  EXPECT_EQ(report["triggers"].size(), 0u);
  EXPECT_EQ(report["results"].size(), 0u);
  EXPECT_EQ(place_.statuses().size(), 1u);
}

TEST_F(LifeCycle, OldDataTriggersATraining) {
  place_.promote(place_.cycle().at("xgboost"));
  place_.simulate(kBars + kWeekBars);
  const auto report = place_.json({"cycle"});
  ASSERT_EQ(report["triggers"].size(), 1u) << report;
  EXPECT_EQ(report["triggers"][0]["trigger"], "time_based");
  EXPECT_EQ(report["triggers"][0]["model_type"], "xgboost");
}

TEST_F(LifeCycle, PromotionRetiresTheOneBeforeAndRollbackGoesBackStepByStep) {
  const std::string a = version_of_seed(1), b = version_of_seed(2), c = version_of_seed(3);
  EXPECT_EQ(place_.error({"rollback", "xgboost", "--reason", "none"}, 4)["code"], "registry.no_active");
  for (const auto& version : {a, b, c}) place_.promote(version);
  EXPECT_EQ(place_.statuses(), (std::map<std::string, std::string>{{a, "retired"}, {b, "retired"}, {c, "active"}}));
  const auto with_c = place_.predict();
  rollback();
  EXPECT_EQ(place_.statuses(), (std::map<std::string, std::string>{{a, "retired"}, {b, "active"}, {c, "rolled_back"}}));
  EXPECT_NE(place_.predict()["predictions"], with_c["predictions"]);
  rollback();
  EXPECT_EQ(status(a), "active");
  EXPECT_EQ(status(b), "rolled_back");
  const auto refused = place_.error({"rollback", "xgboost", "--reason", "none"}, 4);
  EXPECT_EQ(refused["code"], "registry.no_way_back");
  EXPECT_EQ(status(a), "active") << "a refused rollback changes nothing";
  EXPECT_EQ(place_.run({"verify"}).exit_code, 0);
}

TEST_F(LifeCycle, WhatIsRejectedOrRolledBackCannotBePromoted) {
  place_.environment["CLM_POLICY_LADDER"] = "on";  // what is trained again is judged again
  const std::string a = version_of_seed(1), b = version_of_seed(2), c = version_of_seed(3);
  place_.json({"reject", a, "--reason", "the test says so"});
  EXPECT_EQ(status(a), "rejected");
  EXPECT_EQ(place_.error({"promote", a, "--reason", "yet"}, 4)["code"], "registry.transition");
  place_.promote(b);
  place_.promote(c);
  rollback();
  EXPECT_EQ(place_.error({"promote", c, "--reason", "yet"}, 4)["code"], "registry.transition");
  EXPECT_EQ(place_.error({"reject", b, "--reason", "active"}, 4)["code"], "registry.transition");
  EXPECT_EQ(status(b), "active");
  EXPECT_EQ(version_of_seed(1), a);
  EXPECT_EQ(status(a), "rejected") << "trained again it is the same model, with the same fate";
}

TEST_F(LifeCycle, EveryMoveIsInTheAuditTrailWithItsReasonAndEvidence) {
  const std::string a = version_of_seed(1);
  place_.json({"promote", a, "--reason", "it was Tuesday"});
  const auto shown = place_.json({"show", a});
  EXPECT_TRUE(shown["evidence"].is_object() && !shown["evidence"].empty());
  const auto& last = shown["events"].back();
  EXPECT_EQ(last["to"], "active");
  EXPECT_EQ(last["reason"], "it was Tuesday");
  EXPECT_FALSE(last["actor"].get<std::string>().empty());
  const auto history = place_.json({"history", "xgboost"});
  EXPECT_EQ(history["events"].back()["version"], a);
  EXPECT_EQ(place_.json({"history", "xgboost", "--limit", "1"})["events"].size(), 1u);
}

TEST_F(LifeCycle, ADecisionNeedsAReasonAndAKnownVersion) {
  const std::string a = version_of_seed(1);
  place_.error({"promote", a}, 2);
  EXPECT_EQ(place_.error({"promote", a, "--reason", ""}, 2)["code"], "usage.empty");
  EXPECT_EQ(place_.error({"promote", "ffffffffffff", "--reason", "x"}, 2)["code"], "registry.unknown_version");
  EXPECT_EQ(place_.error({"show", "ffffffffffff"}, 2)["code"], "registry.unknown_version");
  EXPECT_EQ(status(a), "candidate");
}

TEST_F(LifeCycle, RetentionKeepsTheActiveOneAndItsWayBack) {
  place_.environment["CLM_POLICY_LADDER"] = "on";  // what is trained again is judged again
  const std::string a = version_of_seed(1), b = version_of_seed(2);
  place_.promote(a);
  place_.promote(b);
  place_.environment["CLM_RETENTION_KEEP_VERSIONS"] = "1";
  const std::string c = version_of_seed(3), d = version_of_seed(4);
  std::set<std::string> stored;
  for (const auto& entry : std::filesystem::directory_iterator(place_.path() / "versions" / "xgboost"))
    stored.insert(entry.path().filename());
  EXPECT_EQ(stored.count(a), 1u) << "the way back";
  EXPECT_EQ(stored.count(b), 1u) << "the active one";
  EXPECT_EQ(stored.count(c), 0u);
  EXPECT_EQ(place_.run({"verify"}).exit_code, 0);
  EXPECT_EQ(place_.error({"promote", c, "--reason", "gone"}, 4)["code"], "registry.pruned");
  rollback();
  EXPECT_EQ(status(a), "active");
  EXPECT_EQ(version_of_seed(3), c) << "trained again it is whole again";
}

TEST_F(LifeCycle, DiffNamesWhatDiffers) {
  const std::string a = version_of_seed(1), b = version_of_seed(2);
  const auto diff = place_.json({"diff", a, b});
  EXPECT_FALSE(diff["same_bits"]);
  EXPECT_EQ(diff["recipe"]["seed"], (nlohmann::json{1, 2})) << diff;
  EXPECT_EQ(place_.json({"diff", a, a})["same_bits"], true);
}

TEST_F(LifeCycle, ABaselineAloneIsTrainedLikeAnyOtherOrItIsSaidWhyNot) {
  place_.environment["CLM_TRAINING_MODELS"] = "momentum";
  const std::string version = place_.cycle().at("momentum");
  place_.promote(version);
  EXPECT_EQ(vote_of(place_.predict()["predictions"][0], "momentum")["version"], version);
  place_.environment["CLM_FEATURES_SET"] = "classic22";  // without a past return over 24 bars
  const Outcome failed = place_.run({"cycle", "--force"});
  EXPECT_EQ(failed.exit_code, 3) << failed.describe();
  EXPECT_NE(failed.out.find("train.column"), std::string::npos) << failed.describe();
}

TEST_F(LifeCycle, ShowPrintsForAPersonWhatTheManifestSays) {
  const std::string a = version_of_seed(1);
  const Outcome shown = place_.run({"show", a});
  ASSERT_EQ(shown.exit_code, 0) << shown.describe();
  const auto manifest = place_.json({"show", a})["manifest"];
  for (const std::string& part : {a, manifest["training"]["from"].get<std::string>(), std::string("core"),
                                  "learned     until " + manifest["learned_until"].get<std::string>(),
                                  "trained as of " + manifest["created_as_of"].get<std::string>()})
    EXPECT_NE(shown.out.find(part), std::string::npos) << part << "\n" << shown.out;
}

}  // namespace
}  // namespace clm::testing
