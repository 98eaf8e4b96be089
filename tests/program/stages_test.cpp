// Shadow, canary and approval as a person meets them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {

class Stages : public ::testing::Test {
 protected:
  Stages() {
    place_.environment["CLM_TRAINING_MODELS"] = "xgboost";
    place_.environment["CLM_POLICY_LADDER"] = "on";  // every version has to show itself
    place_.environment["CLM_TRIGGERS_KINDS"] = "time_based";
    place_.environment["CLM_TRIGGERS_RETRAIN_HOURS"] = "5000";
    place_.simulate(kBars);
    active_ = place_.cycle({"--force"}).at("xgboost");
    place_.promote(active_);
    place_.environment["CLM_TRAINING_SEED"] = "2";
    candidate_ = place_.cycle({"--force"}).at("xgboost");
  }
  void put_into(const std::string& stage) const {
    place_.json({"promote", candidate_, "--to", stage, "--reason", "let it try"});
  }
  nlohmann::json cycle_after(int bars) const {
    place_.simulate(kBars + bars);
    return place_.json({"cycle"});
  }

  TestWorkspace place_;
  std::string active_, candidate_;
};

TEST_F(Stages, WhoIsPutIntoTheShadowIsHeardOnTheBarsThatCome) {
  put_into("shadow");
  EXPECT_EQ(place_.statuses().at(candidate_), "shadow");
  const auto life = cycle_after(60)["life_cycle"];
  EXPECT_EQ(life["bars"], 60);
  ASSERT_EQ(life["trials"].size(), 1u) << life;
  const auto& trial = life["trials"][0];
  EXPECT_EQ(trial["challenger"], candidate_);
  EXPECT_EQ(trial["reference"], active_);
  EXPECT_EQ(trial["trial"]["bars"], 60 - 7) << "a label takes seven bars to be known";
  EXPECT_EQ(place_.json({"show", candidate_})["trial"], trial);
  EXPECT_TRUE(place_.json({"show", active_})["trial"].is_null());
}

TEST_F(Stages, ACanaryServesItsShareOfTheSymbols) {
  place_.environment["CLM_CANARY_FIRST_SHARE"] = "0.5";
  put_into("canary");
  const auto before = place_.predict();
  cycle_after(1);  // meets it
  std::size_t with_canary = 0;
  const auto predictions = place_.predict()["predictions"];
  for (const auto& p : predictions) {
    const bool in_share = !p["canaries"].empty();
    with_canary += in_share ? 1 : 0;
    EXPECT_EQ(vote_of(p, "xgboost")["version"], in_share ? candidate_ : active_) << p;
    const auto explained = place_.json({"explain", "--symbol", p["symbol"], "--as-of", kHistoryEnd})["explanations"][0];
    EXPECT_EQ(explained["members"][0]["version"], vote_of(p, "xgboost")["version"]);
    EXPECT_EQ(explained["canaries"], p["canaries"]);
    EXPECT_EQ(explained["expected_return_bps"], p["expected_return_bps"]);
  }
  EXPECT_GT(with_canary, 0u);
  EXPECT_LT(with_canary, predictions.size());
  for (const auto& p : before["predictions"]) EXPECT_TRUE(p["canaries"].empty()) << "nobody had looked yet";
}

TEST_F(Stages, InModeAdvisoryAJobWaitsForApproval) {
  place_.environment["CLM_POLICY_MODE"] = "advisory";
  place_.environment["CLM_SHADOW_MAX_DAYS"] = "1";
  place_.environment["CLM_SHADOW_MIN_PREDICTIONS"] = "10";
  put_into("shadow");
  cycle_after(1);
  const auto waiting = cycle_after(80)["life_cycle"]["jobs"];
  ASSERT_EQ(waiting.size(), 1u) << waiting;
  EXPECT_EQ(waiting[0]["approval"], "awaited");
  EXPECT_EQ(waiting[0]["to"], "rejected");
  EXPECT_EQ(place_.statuses().at(candidate_), "shadow");
  const std::string job = std::to_string(waiting[0]["job"].get<int>());

  EXPECT_EQ(place_.error({"approve", "77", "--reason", "why not"}, 2)["code"], "job.unknown");
  EXPECT_EQ(place_.error({"approve", "first", "--reason", "why not"}, 2)["code"], "job.number");
  EXPECT_EQ(place_.error({"approve", "1", "--reason", "why not"}, 4)["code"], "job.no_approval") << "a training";
  EXPECT_EQ(place_.json({"approve", job, "--reason", "agreed"})["state"], "completed");
  EXPECT_EQ(place_.statuses().at(candidate_), "rejected");
  EXPECT_EQ(place_.error({"approve", job, "--reason", "again"}, 4)["code"], "job.ended");
  const auto after = cycle_after(81)["life_cycle"];
  EXPECT_TRUE(after["trials"].empty()) << after;
  EXPECT_TRUE(after["jobs"].empty()) << after;
  const auto jobs = place_.json({"jobs", "--all"})["jobs"];
  EXPECT_EQ(jobs[0]["approval"], "given") << "the newest first";
  EXPECT_EQ(jobs[0]["outcome"], "approved: agreed");
}

TEST_F(Stages, AJobWhoseMoveWasMadeBeforeItWasNotedIsCompleted) {
  place_.environment["CLM_POLICY_MODE"] = "advisory";
  place_.environment["CLM_SHADOW_MAX_DAYS"] = "1";
  place_.environment["CLM_SHADOW_MIN_PREDICTIONS"] = "10";
  put_into("shadow");
  cycle_after(1);
  const auto waiting = cycle_after(80)["life_cycle"]["jobs"];
  ASSERT_EQ(waiting.size(), 1u) << waiting;
  // What a killed clm approve leaves: the registry has moved the version, and the job does not know.
  place_.json({"reject", candidate_, "--reason", "agreed"});
  const auto noted = place_.json({"approve", std::to_string(waiting[0]["job"].get<int>()), "--reason", "once more"});
  EXPECT_EQ(noted["state"], "completed");
  EXPECT_EQ(noted["approval"], "given");
  EXPECT_NE(noted["outcome"].get<std::string>().find("agreed"), std::string::npos) << noted;
  EXPECT_EQ(place_.statuses().at(candidate_), "rejected");
}

TEST_F(Stages, ACycleThatLearnsNothingSaysWhenTheNextOneWill) {
  const auto next = cycle_after(1)["life_cycle"]["next"];
  ASSERT_EQ(next.size(), 1u) << next;
  EXPECT_EQ(next[0]["model_type"], "xgboost");
  EXPECT_EQ(next[0]["served"], true);
  EXPECT_EQ(next[0]["last_tried"], close_of_bar(kBars));
  EXPECT_EQ(next[0]["at"], close_of_bar(kBars + 5'000));
  EXPECT_TRUE(next[0]["new_bars"].is_null()) << "only time is listened to";
  const std::string text = place_.run({"cycle"}).out;
  EXPECT_NE(text.find("the next vintage is due from " + close_of_bar(kBars + 5'000)), std::string::npos) << text;
}

TEST_F(Stages, ALifeCycleDoesNotGoBack) {
  cycle_after(10);
  EXPECT_EQ(place_.error({"cycle", "--as-of", close_of_bar(kBars)}, 2)["code"], "cycle.gone_by");
  EXPECT_EQ(cycle_after(11)["life_cycle"]["bars"], 1);
}

}  // namespace
}  // namespace clm::testing
