// clm replay as a person meets it: what it refuses and how, policies of one's own, and data that changed under it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {

constexpr int kReplayBars = 1'320;

class ReplayCommand : public ::testing::Test {
 protected:
  ReplayCommand() {
    place_.environment["CLM_TRAINING_MODELS"] = "lightgbm";
    place_.environment.erase("CLM_POLICY_MODE");
  }
  std::vector<std::string> replay(const std::string& policy, int from = 1'300, int to = 1'310) const {
    return {"replay", "--from", close_of_bar(from), "--to", close_of_bar(to), "--policy", policy};
  }
  nlohmann::json refused(std::vector<std::string> arguments, int exit_code, const std::string& code) const {
    auto error = place_.error(std::move(arguments), exit_code);
    EXPECT_EQ(error["code"], code) << error;
    EXPECT_NE(error["where"], "") << error;
    EXPECT_NE(error["remedy"], "") << error;
    return error;
  }
  std::string policy_file(const std::string& name, const std::string& settings) const {
    place_.write(name, settings);
    return (place_.beside() / name).string();
  }
  TestWorkspace place_;
};

TEST_F(ReplayCommand, AnEmptyWorkspaceHasNothingToReplay) {
  refused(replay("gated"), 3, "universe.empty");
  refused({"triggers"}, 3, "universe.empty");
  refused({"report", "--replay", "latest"}, 2, "report.no_replay");
}

TEST_F(ReplayCommand, ASpanWithoutBarsIsRefused) {
  place_.simulate(kReplayBars);
  refused({"replay", "--from", close_of_bar(200), "--to", close_of_bar(100)}, 2, "time.range");
  refused({"replay", "--from", close_of_bar(200), "--to", close_of_bar(200)}, 2, "time.range");
  refused({"replay", "--from", "2040-01-01", "--to", "2040-02-01"}, 2, "replay.no_bars");
  refused({"replay", "--from", "2020-01-01", "--to", "2020-02-01"}, 3, "universe.empty");
  EXPECT_EQ(refused({"replay", "--from", "noon", "--to", "2040-02-01"}, 2, "time.syntax")["where"], "--from");
  EXPECT_EQ(refused({"replay", "--from", "2024-01-01", "--to", "later"}, 2, "time.syntax")["where"], "--to");
}

TEST_F(ReplayCommand, APolicyThatCannotBeUsedIsRefusedByNameAndLine) {
  place_.simulate(kReplayBars);
  refused(replay("hopeful"), 2, "replay.policy");
  refused(replay("gated,gated"), 2, "replay.policy");
  refused(replay("absent.toml"), 2, "replay.policy");
  refused(replay(policy_file("static.toml", "")), 2, "replay.policy");
  const auto unknown = refused(replay(policy_file("mine.toml", "[shadow]\nalfa = 0.1\n")), 2, "config.unknown_key");
  EXPECT_NE(unknown["where"].get<std::string>().find("mine.toml:2"), std::string::npos) << unknown;
  EXPECT_NE(unknown["message"].get<std::string>().find("shadow.alfa"), std::string::npos) << unknown;
  const auto two = policy_file("two.toml", "[shadow]\nalfa = 0.1\n[policy]\ngate = \"no\"\n");
  const auto unreadable = place_.error(replay(two), 2);
  ASSERT_EQ(unreadable["also"].size(), 1u) << "all that is wrong is named: " << unreadable;
  const auto both = policy_file("both.toml", "[label]\nhorizon_bars = 9\n[judging]\nmin_symbols = 4\n");
  const auto of_all = refused(replay(both), 2, "replay.policy_setting");
  ASSERT_EQ(of_all["also"].size(), 1u) << of_all;
  EXPECT_EQ(of_all["also"][0]["code"], "replay.policy_setting");
  const auto shared =
      refused(replay(policy_file("longer.toml", "[label]\nhorizon_bars = 9\n")), 2, "replay.policy_setting");
  EXPECT_NE(shared["where"].get<std::string>().find("longer.toml:2"), std::string::npos) << shared;
}

TEST_F(ReplayCommand, APolicyThatCanPromoteNothingIsNamedBeforeTheWork) {
  const std::string warning = "policy gated promotes nothing";
  EXPECT_EQ(place_.run(replay("gated")).err.find(warning), std::string::npos);
  for (const char* mode : {"logging_only", "advisory"}) {
    place_.environment["CLM_POLICY_MODE"] = mode;
    const Outcome told = place_.run(replay("gated,static"));  // with nothing to replay
    EXPECT_EQ(told.exit_code, 3) << told.describe();
    const auto at = told.err.find(warning);
    ASSERT_NE(at, std::string::npos) << told.err;
    EXPECT_NE(told.err.find(mode), std::string::npos) << told.err;
    EXPECT_LT(at, told.err.find("universe.empty")) << told.err;
    EXPECT_EQ(told.err.find("policy static promotes"), std::string::npos) << "that one decides by itself";
  }
}

TEST_F(ReplayCommand, FromBeforeTheFirstBarItBeginsAtTheFirstThatCanBeDecided) {
  place_.simulate(500);
  place_.environment["CLM_POLICY_MODE"] = "enforced";
  const std::string once = policy_file("once.toml", "[policy]\ngate = \"none\"\n[triggers]\nkinds = []\n");
  const std::vector<std::string> early{"replay", "--from", "2000-01-01", "--to", close_of_bar(500), "--policy", once};
  const auto report = place_.json(early);
  EXPECT_EQ(report["asked_from"], "2000-01-01T00:00:00Z");
  const std::string begun = report["from"];
  EXPECT_GT(begun, close_of_bar(50));
  EXPECT_LT(begun, close_of_bar(400));
  EXPECT_GT(report["served_share"].get<double>(), 0.9) << report["served_share"];
  EXPECT_EQ(report["retrains"], 1);
  const Outcome told = place_.run(early);
  EXPECT_NE(told.out.find("the replay begins at " + begun + " and not at 2000-01-01T00:00:00Z"), std::string::npos)
      << told.describe();
  EXPECT_NE(told.out.find("Replay " + begun + " to "), std::string::npos) << told.out;
  auto exactly = early;
  exactly[2] = begun;
  const auto same = place_.json(exactly);
  EXPECT_EQ(same["timeline"], report["timeline"]);
  EXPECT_EQ(same["metrics"], report["metrics"]);
  EXPECT_EQ(place_.run(exactly).out.find("begins at"), std::string::npos);
  // All begin where the one can that judges on more.
  const std::string late = policy_file("late.toml", "[policy]\ngate = \"none\"\n[training]\nholdout_share = 0.5\n");
  auto two = early;
  two.back() = once + "," + late;
  const auto both = place_.json(two)["replays"];
  EXPECT_GT(both[0]["from"], begun);
  EXPECT_EQ(both[0]["from"], both[1]["from"]);
  refused({"replay", "--from", "2000-01-01", "--to", close_of_bar(20)}, 3, "split.no_folds");
  auto changed = early;
  changed.insert(changed.end(), {"--changed-at", close_of_bar(1)});
  refused(changed, 2, "replay.span");
}

TEST_F(ReplayCommand, AForeignFileIsNoReplay) {
  place_.write("other.json", "{\"a\": 1}");
  refused({"report", "--replay", (place_.beside() / "other.json").string()}, 3, "report.replay");
  refused({"report", "--replay", (place_.beside() / "absent.json").string()}, 2, "report.no_replay");
}

TEST_F(ReplayCommand, APolicyFileChangesSettingsOfThatPolicyAlone) {
  place_.simulate(kReplayBars);
  const std::string once = policy_file("once.toml", "[policy]\ngate = \"none\"\n[triggers]\nkinds = []\n");
  const auto both = place_.json(replay("periodic," + once, 1'250, 1'310))["replays"];
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[0]["policy"], "periodic");
  EXPECT_EQ(both[1]["policy"], "once");
  EXPECT_EQ(both[1]["retrains"], 1) << "no trigger is listened to";
  EXPECT_EQ(both[0]["retrains"], 3) << "at once, and every 24 of 60 hours";
}

TEST_F(ReplayCommand, WhatServedNobodyIsHeldAgainstNothing) {
  place_.simulate(kReplayBars);
  // Nobody can show so much in so few bars.
  const std::string never = policy_file("never.toml", "[policy]\nacceptance_alpha = 1e-9\n");
  const std::string once = policy_file("once.toml", "[policy]\ngate = \"none\"\n[triggers]\nkinds = []\n");
  const auto silent_first = place_.json(replay(never + ",static," + once, 1'250, 1'310));
  EXPECT_EQ(silent_first["replays"][0]["served_share"], 0);
  EXPECT_TRUE(silent_first["comparisons"].empty()) << silent_first["comparisons"];
  const auto silent_second = place_.json(replay("static," + never + "," + once, 1'250, 1'310));
  ASSERT_EQ(silent_second["comparisons"].size(), 1U);
  EXPECT_EQ(silent_second["comparisons"][0]["policy"], "static");
  EXPECT_EQ(silent_second["comparisons"][0]["less"], "once");
}

TEST_F(ReplayCommand, ItDoesNotGoOnFromTheMemoryOfOtherData) {
  place_.simulate(kReplayBars, 7);
  const auto houses = [&] {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(place_.path() / "replays"))
      if (entry.is_directory()) names.insert(entry.path().filename());
    return names.size();
  };
  const auto first = place_.json(replay("static"));
  EXPECT_EQ(place_.json(replay("static"))["timeline"], first["timeline"]);
  EXPECT_EQ(houses(), 1U) << "the same data go on where they were";

  // One close of one symbol is corrected, in the history before the replay.
  const std::string file = (place_.beside() / "SIM0003USDT-1h.csv").string();
  const std::int64_t opened = 1'704'067'200'000 + 600 * 3'600'000LL;
  place_.write("SIM0003USDT-1h.csv", std::to_string(opened) + ",2,4,1,3,9\n");
  place_.json({"import", file, "--venue", "sim", "--accept-jumps"});
  const auto second = place_.json(replay("static"));
  EXPECT_EQ(houses(), 2U);
  EXPECT_NE(second["timeline"], first["timeline"]) << "another version was trained, from other data";
}

TEST_F(ReplayCommand, WhereFeaturesLieChangesNothingAndLeavesNothing) {
  place_.simulate(kReplayBars);
  const auto names = [&] {
    std::set<std::string> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(place_.path())) all.insert(entry.path());
    return all;
  };
  auto restarted = replay("static");
  restarted.push_back("--restart");
  auto memory = place_.json(restarted);
  const auto names_before = names();
  place_.environment["CLM_FEATURES_MEMORY_MB"] = "0";
  auto file = place_.json(restarted);
  EXPECT_EQ(names(), names_before);
  for (auto* report : {&memory, &file}) report->erase("cycle_wall_seconds");
  EXPECT_EQ(file, memory) << "and the same replay, by its name";
}

}  // namespace
}  // namespace clm::testing
