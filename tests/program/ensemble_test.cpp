// The ensemble as a person sees it: made of what is active, promoted as one, served, rolled back with its members.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;

class EnsembleProgram : public ::testing::Test {
 protected:
  EnsembleProgram() {
    place_.environment["CLM_POLICY_LADDER"] = "on";  // of versions that were judged
    place_.simulate();
  }
  /// Both types trained and promoted, and the ensemble of them made by a cycle with `more`; its version.
  std::string make_ensemble(std::vector<std::string> more = {}) {
    members_ = place_.cycle({"--force"});
    members_.erase("ensemble");
    for (const auto& [type, version] : members_) place_.promote(version);
    return place_.cycle(std::move(more)).at("ensemble");
  }
  std::string status(const std::string& version) const { return place_.statuses().at(version); }

  TestWorkspace place_;
  std::map<std::string, std::string> members_;
};

TEST_F(EnsembleProgram, TwoActiveTypesMakeOneAndItIsServedOnceItIsActive) {
  const auto first = place_.json({"cycle"});
  EXPECT_NE(first["ensemble"]["why"].get<std::string>().find("needs two members"), std::string::npos) << first;
  EXPECT_EQ(first["ensemble"]["left_out"].size(), 2u);
  const std::string ensemble = make_ensemble();
  EXPECT_EQ(status(ensemble), "candidate");
  const auto before = place_.predict();
  EXPECT_TRUE(before["ensemble"].is_null());

  place_.promote(ensemble);
  const auto forecasts = place_.predict();
  EXPECT_EQ(forecasts["ensemble"], ensemble);
  for (const auto& prediction : forecasts["predictions"]) {
    double weights = 0, expected = 0;
    for (const auto& vote : prediction["votes"]) {
      EXPECT_EQ(vote["version"], members_.at(vote["model_type"]));
      weights += vote["weight"].get<double>();
      expected += vote["weight"].get<double>() * vote["expected_return_bps"].get<double>();
    }
    EXPECT_NEAR(weights, 1, 1e-12);
    EXPECT_NEAR(prediction["expected_return_bps"].get<double>(), expected, 1e-9);
    EXPECT_EQ(prediction["consensus"]["of"], 2);
    EXPECT_GE(prediction["disagreement_bps"].get<double>(), 0);
  }
  EXPECT_NE(place_.run({"predict"}).out.find("By ensemble " + ensemble), std::string::npos);
}

TEST_F(EnsembleProgram, ItsManifestNamesItsMembersAndEveryCommandKnowsIt) {
  place_.environment["CLM_POLICY_LADDER"] = "on";  // members that were judged, and an ensemble that is
  const std::string ensemble = make_ensemble({"--force"});
  const auto shown = place_.json({"show", ensemble});
  const auto& members = shown["manifest"]["members"];
  ASSERT_EQ(members.size(), 2u);
  for (const auto& member : members) EXPECT_EQ(member["version"], members_.at(member["model_type"]));
  EXPECT_EQ(shown["evidence"]["ensemble"]["members"]["members"].size(), 2u);
  EXPECT_EQ(shown["evidence"]["judgement"]["candidates_tried"], 3);
  EXPECT_NE(place_.run({"show", ensemble}).out.find("member xgboost " + members_.at("xgboost")), std::string::npos);
  EXPECT_EQ(place_.json({"models", "--type", "ensemble"})["models"].size(), 1u);
  EXPECT_EQ(place_.json({"history", "ensemble"})["events"].size(), 1u);
  EXPECT_TRUE(place_.json({"reproduce", ensemble})["identical"]);
  const fs::path page = place_.json({"report", "--version", ensemble})["file"].get<std::string>();
  const std::string html = files_below(page.parent_path()).at(page.filename());
  EXPECT_NE(html.find("What each member adds"), std::string::npos);
  place_.json({"reject", ensemble, "--reason", "the test says so"});
  EXPECT_EQ(status(ensemble), "rejected");
  EXPECT_TRUE(place_.json({"cycle"})["results"].empty()) << "a refusal stands";
}

TEST_F(EnsembleProgram, MembersAndWeightsGoBackTogether) {
  const std::string first = make_ensemble();
  place_.promote(first);
  const auto with_first = place_.predict();
  const auto first_members = members_;
  place_.environment["CLM_TRAINING_SEED"] = "2";
  const std::string second = make_ensemble();
  place_.promote(second);
  EXPECT_EQ(status(first), "retired");
  EXPECT_NE(place_.predict()["predictions"], with_first["predictions"]);
  const auto diff = place_.json({"diff", first, second});
  EXPECT_EQ(diff["members"]["xgboost/version"], (nlohmann::json{first_members.at("xgboost"), members_.at("xgboost")}));

  // A member that is rolled back by itself goes on in the ensemble, and this is said.
  const auto alone = place_.json({"rollback", "xgboost", "--reason", "the test says so"});
  EXPECT_EQ(alone["still_in_ensemble"], second);
  EXPECT_EQ(place_.predict()["ensemble"], second);

  place_.json({"rollback", "ensemble", "--reason", "the test says so"});
  EXPECT_EQ(place_.predict(), with_first);
  EXPECT_EQ(place_.run({"verify"}).exit_code, 0);
}

TEST_F(EnsembleProgram, RetentionLeavesItWhole) {
  const std::string ensemble = make_ensemble();
  place_.promote(ensemble);
  const auto with_it = place_.predict();
  const auto kept = members_;
  place_.environment["CLM_RETENTION_KEEP_VERSIONS"] = "1";
  for (const char* seed : {"2", "3", "4"}) {
    place_.environment["CLM_TRAINING_SEED"] = seed;
    for (const auto& [type, version] : place_.cycle({"--force"}))
      if (type != "ensemble") place_.promote(version);
  }
  for (const auto& [type, version] : kept) EXPECT_TRUE(fs::exists(place_.path() / "versions" / type / version)) << type;
  EXPECT_EQ(place_.predict(), with_it);
  EXPECT_EQ(place_.run({"verify"}).exit_code, 0);
}

TEST_F(EnsembleProgram, AnAlteredRuleIsNamedAndNotServed) {
  const std::string ensemble = make_ensemble();
  place_.promote(ensemble);
  const fs::path file = place_.path() / "versions" / "ensemble" / ensemble / "ensemble.json";
  fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
  std::ofstream(file, std::ios::app) << " ";
  const Outcome verified = place_.run({"verify", "--json"});
  EXPECT_EQ(verified.exit_code, 5) << verified.describe();
  const auto now = place_.json({"predict"});
  EXPECT_TRUE(now["ensemble"].is_null()) << "the active versions vote in its place";
  EXPECT_NE(now["predictions"][0]["abstained"].dump().find(ensemble), std::string::npos) << now["predictions"][0];
}

TEST_F(EnsembleProgram, JobsDoNotChangeIt) {
  TestWorkspace other;
  other.environment = place_.environment;
  other.become(place_);
  const std::string ensemble = make_ensemble();
  for (const auto& [type, version] : other.cycle({"--jobs", "2"})) other.promote(version);
  EXPECT_EQ(other.cycle({"--jobs", "2"}).at("ensemble"), ensemble);
  EXPECT_EQ(differences(files_below(place_.path() / "versions"), files_below(other.path() / "versions")),
            std::vector<std::string>{});
}

TEST_F(EnsembleProgram, WrongWeightsAreAnErrorOfUsage) {
  place_.environment["CLM_ENSEMBLE_WEIGHTS"] = "xgboost";
  EXPECT_EQ(place_.error({"cycle"}, 2)["code"], "ensemble.weights");
  EXPECT_EQ(place_.error({"predict"}, 2)["code"], "ensemble.weights");
}

}  // namespace
}  // namespace clm::testing
