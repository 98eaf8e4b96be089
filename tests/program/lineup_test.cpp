// Lineups of vintages as a person meets them: made with each refresh, served, rolled back, verified and made again.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {

class LineupProgram : public ::testing::Test {
 protected:
  LineupProgram() {
    place_.environment["CLM_POLICY_MODE"] = "enforced";
    place_.environment["CLM_POLICY_GATE"] = "none";  // whatever they are worth
    place_.environment["CLM_LINEUP_SPACING_DAYS"] = "7";
    place_.environment["CLM_TRIGGERS_RETRAIN_HOURS"] = "24";
  }
  /// Two recipes are accepted in the first week, and refreshed once in each that follows.
  void live_weeks(int weeks) {
    for (int week = 0; week <= weeks; ++week) {
      place_.simulate(kBars + week * kWeekBars);
      place_.json({"cycle"});
    }
  }
  std::string active(const std::string& type) const {
    const auto models = place_.json({"models", "--type", type})["models"];
    for (const auto& one : models)
      if (one["status"] == "active") return one["version"];
    return {};
  }
  std::set<std::string> members(const std::string& lineup) const {
    std::set<std::string> versions;
    const auto shown = place_.json({"show", lineup});
    for (const auto& member : shown["manifest"]["members"]) versions.insert(member["version"]);
    return versions;
  }

  TestWorkspace place_;
};

TEST_F(LineupProgram, ServesTheVintagesOfAcceptedRecipesAndGoesBackWithThem) {
  live_weeks(1);
  const std::string first = active("ensemble");
  ASSERT_FALSE(first.empty());
  const auto with_first = place_.predict();
  EXPECT_EQ(with_first["ensemble"], first);
  EXPECT_EQ(members(first).size(), 6u) << "of each type who was judged, its refresh, and the next vintage";

  place_.simulate(kBars + 2 * kWeekBars);
  place_.json({"cycle"});
  const std::string second = active("ensemble");
  ASSERT_NE(second, first);
  EXPECT_EQ(members(second).size(), 6u);
  EXPECT_EQ(place_.predict()["ensemble"], second);
  EXPECT_TRUE(members(second).contains(active("lightgbm")));
  EXPECT_TRUE(members(second).contains(active("xgboost")));
  EXPECT_EQ(place_.run({"verify"}).exit_code, 0);
  EXPECT_TRUE(place_.json({"reproduce", second})["identical"]);

  place_.json({"rollback", "ensemble", "--reason", "the test says so"});
  EXPECT_EQ(active("ensemble"), first);
  place_.json({"cycle"});
  EXPECT_EQ(active("ensemble"), first) << "it is not made again of what was rolled back";
  EXPECT_EQ(place_.run({"verify"}).exit_code, 0);
}

TEST_F(LineupProgram, ARollbackPausesTheRefreshesOfItsRecipeUntilAPersonResumesThem) {
  live_weeks(2);
  EXPECT_TRUE(place_.json({"status"})["paused"].empty());
  const auto told = place_.json({"rollback", "lightgbm", "--reason", "too many losses"});
  EXPECT_EQ(told["paused"]["reason"], "too many losses");
  const std::string gone_back_to = active("lightgbm"), other = active("xgboost");

  place_.simulate(kBars + 3 * kWeekBars);
  const auto forced = place_.run({"cycle", "--force"});
  ASSERT_EQ(forced.exit_code, 0) << forced.describe();
  EXPECT_NE(forced.err.find("lightgbm is not trained: refreshes are paused since "), std::string::npos) << forced.err;
  EXPECT_NE(forced.err.find("by person (too many losses); clm resume lightgbm goes on"), std::string::npos);
  EXPECT_EQ(forced.err.find("xgboost is not trained"), std::string::npos);
  place_.json({"cycle"});
  EXPECT_EQ(active("lightgbm"), gone_back_to);
  EXPECT_NE(active("xgboost"), other) << "the others are refreshed";
  EXPECT_TRUE(members(active("ensemble")).contains(gone_back_to)) << "it speaks on";
  const auto status = place_.json({"status"});
  ASSERT_EQ(status["paused"].size(), 1U);
  EXPECT_EQ(status["paused"][0]["model_type"], "lightgbm");
  EXPECT_NE(status["due"].dump().find("clm resume lightgbm goes on"), std::string::npos);
  EXPECT_NE(place_.run({"status"}).out.find("lightgbm: the next vintage waits: refreshes are paused since "),
            std::string::npos);
  EXPECT_NE(place_.run({"models"}).out.find("clm resume lightgbm"), std::string::npos);
  EXPECT_EQ(place_.json({"models", "--type", "lightgbm"})["paused"].size(), 1U);
  EXPECT_TRUE(place_.json({"models", "--type", "xgboost"})["paused"].empty());

  EXPECT_EQ(place_.error({"resume", "xgboost"}, 4)["code"], "refreshes.not_paused");
  EXPECT_EQ(place_.json({"resume", "lightgbm", "--reason", "looked into"})["paused"]["reason"], "too many losses");
  EXPECT_EQ(place_.error({"resume", "lightgbm"}, 4)["code"], "refreshes.not_paused");
  place_.simulate(kBars + 4 * kWeekBars);
  place_.json({"cycle"});
  EXPECT_NE(active("lightgbm"), gone_back_to);
  EXPECT_TRUE(place_.json({"status"})["paused"].empty());

  EXPECT_TRUE(place_.json({"rollback", "ensemble", "--reason", "the test says so"})["paused"].is_null());
}

// What was served is held against the newest vintages and the first lineup, from the first bar after it was made.
TEST_F(LineupProgram, TellsWhatWasServedLessWhoMightHaveSpoken) {
  live_weeks(0);
  EXPECT_TRUE(place_.json({"status"})["regret"].is_null()) << "nothing was served yet";
  live_weeks(2);
  const auto regret = place_.json({"status"})["regret"];
  std::set<std::string> all;
  for (const auto& one : regret["all"]) all.insert(one["forecaster"]);
  EXPECT_EQ(all, (std::set<std::string>{"newest", "static", "silence", "lightgbm", "xgboost"}));
  for (const char* forecaster : {"newest", "static"}) {
    EXPECT_GT(regret[forecaster]["bars"], 2 * kWeekBars - 10) << forecaster;
    EXPECT_LE(regret[forecaster]["bars"], 2 * kWeekBars - 6) << forecaster << ": whose labels are known";
    EXPECT_NE(regret[forecaster]["ic_bars"], 0.0) << forecaster;
    EXPECT_LT(regret[forecaster]["interval"][0], regret[forecaster]["ic_bars"]) << forecaster;
  }
  for (const auto& one : regret["all"]) EXPECT_GE(one["ic_bars"], regret["best"]["ic_bars"]);
  const auto told = place_.run({"status"});
  EXPECT_NE(told.out.find("Served    less the newest vintages "), std::string::npos) << told.out;
  EXPECT_NE(told.out.find("Served    less the first lineup "), std::string::npos);
  EXPECT_NE(told.out.find("Served    less the best in hindsight, "), std::string::npos);
  EXPECT_NE(told.out.find("some 26 IC-bars"), std::string::npos);
}

TEST_F(LineupProgram, WhoIsRolledBackStopsSpeakingAtOnce) {
  live_weeks(3);
  const std::string before = active("ensemble"), rolled_back = active("lightgbm");
  ASSERT_TRUE(members(before).contains(rolled_back));
  const auto told = place_.json({"rollback", "lightgbm", "--reason", "the test says so"});
  EXPECT_TRUE(told["still_in_ensemble"].is_null());
  EXPECT_EQ(told["lineup"]["before"], before);
  const std::string after = told["lineup"]["now"];
  ASSERT_NE(after, before);
  EXPECT_EQ(active("ensemble"), after);
  EXPECT_FALSE(members(after).contains(rolled_back));
  EXPECT_EQ(members(after).size(), 6u) << "in its place an older one of lightgbm speaks again";
  EXPECT_TRUE(members(after).contains(active("lightgbm")));
  const auto predicted = place_.predict();
  EXPECT_EQ(predicted["ensemble"], after);
  EXPECT_EQ(predicted.dump().find(rolled_back), std::string::npos);
  EXPECT_TRUE(place_.json({"reproduce", after})["identical"]);
  EXPECT_EQ(place_.run({"verify"}).exit_code, 0);
  place_.json({"cycle"});
  EXPECT_EQ(active("ensemble"), after) << "what the cycle would make is there already";
  EXPECT_EQ(place_.predict()["predictions"], predicted["predictions"]);
  place_.json({"rollback", "ensemble", "--reason", "the test says so"});
  EXPECT_FALSE(members(active("ensemble")).contains(rolled_back)) << "no way back leads to it";
}

TEST_F(LineupProgram, ARetiredTypeStopsSpeakingAtOnceAndTheLastOneTakesTheLineupAlong) {
  live_weeks(1);
  const std::string retired = active("lightgbm");
  const auto told = place_.json({"retire", "lightgbm", "--reason", "the test says so"});
  const std::string after = told["lineup"]["now"];
  EXPECT_EQ(active("ensemble"), after);
  const auto shown = place_.json({"show", after});
  for (const auto& member : shown["manifest"]["members"]) EXPECT_EQ(member["model_type"], "xgboost");
  EXPECT_EQ(members(after).size(), 3u);
  const auto predicted = place_.predict();
  EXPECT_EQ(predicted["ensemble"], after);
  EXPECT_EQ(vote_of(predicted["predictions"][0], "lightgbm"), nlohmann::json());
  const auto last = place_.json({"retire", "xgboost", "--reason", "the test says so"});
  EXPECT_EQ(last["lineup"]["before"], after);
  EXPECT_TRUE(last["lineup"]["now"].is_null());
  EXPECT_EQ(active("ensemble"), "");
  EXPECT_EQ(place_.run({"verify"}).exit_code, 0);
}

TEST_F(LineupProgram, OneVintageAloneIsALineupToo) {
  place_.environment["CLM_LINEUP_VINTAGES"] = "1";
  live_weeks(0);
  place_.json({"retire", "lightgbm", "--reason", "the test says so"});
  const std::string alone = active("ensemble");
  EXPECT_EQ(members(alone), std::set<std::string>{active("xgboost")});
  EXPECT_TRUE(place_.json({"reproduce", alone})["identical"]);
  place_.simulate(kBars + kWeekBars);
  place_.environment["CLM_TRAINING_MODELS"] = "xgboost";
  place_.json({"cycle"});
  EXPECT_EQ(members(active("ensemble")), std::set<std::string>{active("xgboost")}) << "and the next one as well";
  EXPECT_NE(active("ensemble"), alone);
}

TEST_F(LineupProgram, RetentionLeavesItItsWayBackAndWhatTheyWereMadeWith) {
  place_.environment["CLM_RETENTION_KEEP_VERSIONS"] = "1";
  place_.environment["CLM_TRAINING_MODELS"] = "lightgbm";
  live_weeks(4);
  const auto versions = place_.json({"models", "--type", "lightgbm"})["models"];
  EXPECT_EQ(versions.size(), 6u);
  for (const std::string& member : members(active("ensemble")))
    EXPECT_TRUE(place_.json({"reproduce", member})["identical"]) << member;
  EXPECT_TRUE(place_.json({"reproduce", active("ensemble")})["identical"]);
  const auto with_it = place_.predict();
  place_.json({"rollback", "ensemble", "--reason", "the test says so"});
  for (const std::string& member : members(active("ensemble")))
    EXPECT_TRUE(place_.json({"reproduce", member})["identical"]) << member;
  EXPECT_NE(place_.predict()["predictions"], with_it["predictions"]);
  EXPECT_EQ(place_.run({"verify"}).exit_code, 0);
}

}  // namespace
}  // namespace clm::testing
