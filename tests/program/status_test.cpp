// `clm status` in every state that a workspace can be in: it always answers.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string state_of(const Json& status, const std::string& name) {
  for (const auto& one : status["subsystems"])
    if (one["name"] == name) return one["state"];
  return "is not listed";
}

Json model_named(const Json& models, const std::string& version) {
  for (const auto& one : models)
    if (one["version"] == version) return one;
  return {};
}

TEST(Status, OfAnEmptyWorkspaceSaysWhatToBeginWithAndMakesNothing) {
  const TestWorkspace place;
  const FileTree before = files_below(place.path());
  const Json status = place.json({"status"});
  for (const char* key : {"newest_bar", "late_bars", "stale", "lineup", "due", "waiting", "subsystems"})
    EXPECT_TRUE(status.contains(key)) << key;
  EXPECT_TRUE(status["newest_bar"].is_null());
  for (const char* name : {"candles", "database", "registry", "learning"}) EXPECT_EQ(state_of(status, name), "empty");
  EXPECT_EQ(place.run({"status"}).exit_code, 0);
  EXPECT_TRUE(differences(before, files_below(place.path())).empty());
}

class StatusOf : public ::testing::Test {
 protected:
  StatusOf() {
    place_.simulate();
    versions_ = place_.cycle();
    versions_.erase("ensemble");
    for (const auto& [type, version] : versions_) place_.promote(version);
  }
  void alter(const std::string& type) const {
    const fs::path file =
        place_.path() / "versions" / type / versions_.at(type) / (type == "xgboost" ? "model.ubj" : "model.txt");
    fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
    std::ofstream(file, std::ios::binary | std::ios::app) << "x";
  }

  TestWorkspace place_;
  std::map<std::string, std::string> versions_;
};

TEST_F(StatusOf, WhatIsServedSaysUntilWhenItLearnedAndWhenItIsDue) {
  const Json status = place_.json({"status"}), models = place_.json({"models"})["models"];
  ASSERT_EQ(status["lineup"].size(), 2u) << status;
  for (const auto& member : status["lineup"]) {
    EXPECT_EQ(member["version"], versions_.at(member["model_type"]));
    EXPECT_EQ(member["recipe"], place_.json({"show", member["version"]})["recipe"]);
    const Json version = model_named(models, member["version"]);
    EXPECT_EQ(member["learned_until"], version["learned_until"]);
    // It was fitted at the beginning of the newest 25 %, to be judged on them.
    EXPECT_LT(member["learned_until"], close_of_bar(1'250));
    EXPECT_GT(member["learned_until"], close_of_bar(1'000));
    EXPECT_EQ(version["trained_at"], close_of_bar(1'500));
    EXPECT_EQ(member["weight"], 0.5);
  }
  ASSERT_EQ(status["due"].size(), 2u);
  const auto told = place_.json({"cycle", "--as-of", close_of_bar(1'500)})["life_cycle"]["next"];
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(status["due"][i]["at"], close_of_bar(1'500 + 24));
    EXPECT_EQ(status["due"][i]["trigger"], "time_based");
    auto alike = status["due"][i];
    alike.erase("trigger");
    EXPECT_EQ(alike, told[i]) << "as the cycle itself says";
  }
  EXPECT_EQ(state_of(status, "registry"), "ok");
  for (const auto& one : status["subsystems"]) {
    ASSERT_TRUE(one["age_seconds"].is_number()) << one;
    EXPECT_GE(one["age_seconds"].get<std::int64_t>(), 0) << one;
    EXPECT_FALSE(one["age_of"].get<std::string>().empty());
    if (one["name"] != "candles") {
      EXPECT_LT(one["age_seconds"].get<std::int64_t>(), 3'600) << "it was made just now: " << one;
    }
  }
  EXPECT_TRUE(status["lock_held_by"].is_null());
  const std::string text = place_.run({"status"}).out;
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 24) << "one screen\n" << text;
}

TEST_F(StatusOf, ABrokenVersionHasNoVoteAndIsNamed) {
  alter("lightgbm");
  const Json status = place_.json({"status"});
  ASSERT_EQ(status["lineup"].size(), 1u) << status;
  EXPECT_EQ(status["lineup"][0]["model_type"], "xgboost");
  EXPECT_EQ(status["lineup"][0]["weight"], 1);
  ASSERT_EQ(status["without_vote"].size(), 1u) << status;
  EXPECT_EQ(status["without_vote"][0]["version"], versions_.at("lightgbm"));
  EXPECT_FALSE(status["without_vote"][0]["why"].get<std::string>().empty());
  EXPECT_EQ(state_of(status, "registry"), "damaged");
}

TEST_F(StatusOf, WhoIsNotTrainedAnyMoreIsNamedAndWatched) {
  EXPECT_TRUE(place_.json({"status"})["unlisted"].empty());
  EXPECT_TRUE(place_.json({"cycle", "--models", "lightgbm"})["life_cycle"]["unlisted"].empty())
      << "who is trained today says nothing about who is trained at all";
  place_.environment["CLM_TRAINING_MODELS"] = "lightgbm";
  const std::string version = versions_.at("xgboost");
  const Json status = place_.json({"status"});
  ASSERT_EQ(status["unlisted"].size(), 1u) << status;
  EXPECT_EQ(status["unlisted"][0]["version"], version);
  EXPECT_EQ(status["unlisted"][0]["learned_until"],
            model_named(place_.json({"models"})["models"], version)["learned_until"]);
  ASSERT_EQ(status["without_vote"].size(), 1u) << status;
  EXPECT_EQ(status["without_vote"][0]["version"], version);
  EXPECT_NE(place_.run({"status"}).out.find("clm retire xgboost"), std::string::npos);

  const Json cycle = place_.json({"cycle", "--force"});
  ASSERT_EQ(cycle["life_cycle"]["unlisted"].size(), 1u) << cycle;
  EXPECT_EQ(cycle["life_cycle"]["unlisted"][0]["model_type"], "xgboost");
  for (const auto& result : cycle["results"]) EXPECT_NE(result["model_type"], "xgboost") << "nobody trains it";
  EXPECT_NE(place_.run({"cycle"}).out.find("xgboost " + version + ": active"), std::string::npos);

  alter("xgboost");
  const Outcome watched = place_.run({"cycle"});
  EXPECT_EQ(watched.exit_code, 0) << watched.describe();
  EXPECT_EQ(place_.statuses().at(version), "failed") << "it is looked at all the same";
  EXPECT_TRUE(place_.json({"status"})["unlisted"].empty());
}

TEST_F(StatusOf, ADatabaseThatIsNoneIsDamagedAndTheCandlesAreShown) {
  fs::remove(place_.path() / "clm.db-wal");
  std::ofstream(place_.path() / "clm.db", std::ios::binary | std::ios::trunc) << std::string(8'192, 'x');
  const Json status = place_.json({"status"});
  EXPECT_EQ(status["newest_bar"], close_of_bar(1'500));
  for (const char* name : {"database", "registry", "learning"}) EXPECT_EQ(state_of(status, name), "damaged") << status;
  EXPECT_EQ(place_.run({"status"}).exit_code, 0);
}

TEST_F(StatusOf, WithoutCandlesTheRestIsShown) {
  fs::remove_all(place_.path() / "candles");
  const Json status = place_.json({"status"});
  EXPECT_TRUE(status["late_bars"].is_null());
  EXPECT_EQ(state_of(status, "candles"), "empty");
  EXPECT_EQ(state_of(status, "registry"), "ok");
}

TEST_F(StatusOf, WhileACycleRunsItIsNamedAndNotDisturbed) {
  auto slow = place_.invocation({"cycle", "--force", "--json"});
  slow.environment["CLM_LIGHTGBM_ROUNDS"] = slow.environment["CLM_XGBOOST_ROUNDS"] = "3000";
  slow.environment["CLM_LIGHTGBM_EARLY_STOPPING_ROUNDS"] = "0";
  slow.environment["CLM_XGBOOST_EARLY_STOPPING_ROUNDS"] = "0";
  RunningProgram cycle(slow);
  Json status;
  ASSERT_TRUE(cycle.runs_until([&] {
    status = place_.json({"status"});
    return !status["lock_held_by"].is_null();
  }));
  EXPECT_EQ(status["lock_held_by"], "clm cycle, process " + std::to_string(cycle.pid()));
  EXPECT_EQ(state_of(status, "learning"), "at work: clm cycle, process " + std::to_string(cycle.pid()));
  EXPECT_EQ(status["lineup"].size(), 2u);
  const Outcome done = cycle.wait();
  EXPECT_EQ(done.exit_code, 0) << done.describe();
  EXPECT_TRUE(place_.json({"status"})["lock_held_by"].is_null());
}

TEST_F(StatusOf, WhatWaitsForAPersonIsListed) {
  place_.environment["CLM_TRAINING_MODELS"] = "lightgbm";
  place_.environment["CLM_ENSEMBLE_MODE"] = "off";
  place_.environment["CLM_TRIGGERS_KINDS"] = "time_based";
  place_.environment["CLM_TRIGGERS_RETRAIN_HOURS"] = "5000";
  place_.environment["CLM_TRAINING_SEED"] = "2";
  const std::string candidate = place_.cycle({"--force"}).at("lightgbm");
  place_.environment["CLM_POLICY_MODE"] = "advisory";
  place_.environment["CLM_SHADOW_MAX_DAYS"] = "1";
  place_.environment["CLM_SHADOW_MIN_PREDICTIONS"] = "10";
  place_.json({"promote", candidate, "--to", "shadow", "--reason", "a trial"});
  place_.simulate(1'501);
  place_.cycle();
  EXPECT_EQ(place_.json({"status"})["trials"].size(), 1u);
  place_.simulate(1'600);
  place_.cycle();
  const Json status = place_.json({"status"});
  ASSERT_FALSE(status["waiting"].empty()) << status;
  EXPECT_EQ(status["waiting"][0]["version"], candidate);
  const std::string number = std::to_string(status["waiting"][0]["job"].get<int>());
  EXPECT_EQ(status["subsystems"].back()["waits_for"], "a person: clm approve " + number);
  EXPECT_NE(place_.run({"status"}).out.find("clm approve " + number), std::string::npos);
}

}  // namespace
}  // namespace clm::testing
