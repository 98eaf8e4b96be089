// kill -9 at random moments: the workspace opens, is sound, and the next run ends as an undisturbed one does.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <set>

#include <nlohmann/json.hpp>

#include "base/random.hpp"
#include "support/test_switches.hpp"
#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;

constexpr std::uint64_t kSeed = 20'240'101;

/// Kills each of a number of runs of one command somewhere between its start and its usual end.
class Killer {
 public:
  /// `command` is run once, undisturbed, in `place`, to learn how long it takes.
  Killer(const TestWorkspace& place, std::vector<std::string> command) : command_(std::move(command)) {
    const auto start = std::chrono::steady_clock::now();
    const Outcome undisturbed = place.run(command_);
    usual_ = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
    EXPECT_EQ(undisturbed.exit_code, 0) << undisturbed.describe();
  }
  void kill_a_run(const TestWorkspace& place) {
    RunningProgram program(place.invocation(command_));
    const double share = random_.uniform();
    const auto start = std::chrono::steady_clock::now();
    const auto moment = static_cast<std::int64_t>(share * static_cast<double>(usual_.count()));
    if (program.ends_within(std::chrono::microseconds(moment))) {
      EXPECT_EQ(program.wait().exit_code, 0);
      // It was measured on a busier machine.
      usual_ = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
      return;
    }
    program.send(SIGKILL);
    program.wait();
    ++killed_;
  }
  int killed() const { return killed_; }

 private:
  std::vector<std::string> command_;
  std::chrono::microseconds usual_{0};
  Random random_{kSeed};
  int killed_ = 0;
};

std::string csv_of(int symbol, int rows) {
  Random random(kSeed + static_cast<std::uint64_t>(symbol));
  std::string text = "open_time,open,high,low,close,volume\n";
  double price = 100;
  for (int i = 0; i < rows; ++i) {
    const double open = price;
    price *= 1 + 0.01 * (random.uniform() - 0.5);
    text += std::to_string(1'672'531'200'000 + i * 3'600'000LL) + "," + std::to_string(open) + "," +
            std::to_string(std::max(open, price) + 0.1) + "," + std::to_string(std::min(open, price) - 0.1) + "," +
            std::to_string(price) + "," + std::to_string(1 + random.uniform()) + "\n";
  }
  return text;
}

TEST(Kill, AnImportIsCompletedByTheNextOne) {
  constexpr int kSymbols = 20, kRows = 9'000;  // a year and some: two files a symbol
  const TestWorkspace undisturbed;
  for (int i = 0; i < kSymbols; ++i)
    undisturbed.write("in/S" + std::to_string(10 + i) + "USDT-1h.csv", csv_of(i, kRows));
  const std::vector<std::string> command{"import", (undisturbed.beside() / "in").string(), "--venue", "v", "--json"};
  const TestWorkspace empty;
  Killer killer(undisturbed, command);
  const FileTree expected = files_below(undisturbed.path() / "candles" / "v");
  const auto expected_data = undisturbed.json({"data"});
  ASSERT_EQ(expected.size(), 2u * kSymbols);

  const int rounds = kill_rounds();
  for (int round = 0; killer.killed() < rounds && round < 5 * rounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const TestWorkspace place;
    killer.kill_a_run(place);
    place.json({"data"});  // what is there can be read
    EXPECT_EQ(place.json({"verify"})["versions"].size(), 0u);
    const auto report = place.json(command);
    EXPECT_EQ(report["rows_stored"].get<int>() + report["rows_duplicate"].get<int>(), kSymbols * kRows);
    EXPECT_EQ(report["rows_corrected"], 0);
    EXPECT_EQ(differences(expected, files_below(place.path() / "candles" / "v")), std::vector<std::string>{});
    EXPECT_EQ(place.json({"data"}), expected_data);
    const auto batches = place.json({"import", "--list"})["batches"];
    for (const auto& batch : batches) place.json({"import", "--undo", std::to_string(batch["batch"].get<int>())});
    EXPECT_TRUE(place.json({"data"})["series"].empty()) << "all of it can be taken back";
    if (::testing::Test::HasFailure()) break;
  }
  RecordProperty("killed", killer.killed());
  EXPECT_EQ(killer.killed(), rounds);
}

TEST(Kill, AnUndoIsCompletedByTheNextOne) {
  constexpr int kSymbols = 20, kRows = 9'000;
  const TestWorkspace base;
  for (int i = 0; i < kSymbols; ++i) {
    const std::string name = "S" + std::to_string(10 + i) + "USDT-1h.csv";
    base.write("a/" + name, csv_of(i, kRows / 2));
    base.write("b/" + name, csv_of(i + 100, kRows));
  }
  base.json({"import", (base.beside() / "a").string(), "--venue", "v"});
  const FileTree expected = files_below(base.path() / "candles" / "v");
  ASSERT_GT(base.json({"import", (base.beside() / "b").string(), "--venue", "v"})["rows_corrected"], 0);
  TestWorkspace undisturbed;
  undisturbed.become(base);
  const std::vector<std::string> command{"import", "--undo", "2", "--json"};
  Killer killer(undisturbed, command);
  EXPECT_EQ(differences(expected, files_below(undisturbed.path() / "candles" / "v")), std::vector<std::string>{});

  const int rounds = kill_rounds();
  for (int round = 0; killer.killed() < rounds && round < 5 * rounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    TestWorkspace place;
    place.become(base);
    killer.kill_a_run(place);
    place.json({"data"});  // what is there can be read
    const auto batches = place.json({"import", "--list"})["batches"];
    if (batches[1]["undone"].is_null()) place.json(command);
    EXPECT_EQ(differences(expected, files_below(place.path() / "candles" / "v")), std::vector<std::string>{});
    if (::testing::Test::HasFailure()) break;
  }
  RecordProperty("killed", killer.killed());
  EXPECT_EQ(killer.killed(), rounds);
}

/// version -> the ways it went, in order. A version that was stored, but not entered when its process was killed, is
/// adopted first, by "recovery", and judged afterwards: the one event that adds its evidence where it stands is no way.
std::map<std::string, std::vector<std::string>> ways(const TestWorkspace& place) {
  std::map<std::string, std::vector<std::string>> ways;
  std::set<std::string> adopted;
  const auto history = place.json({"history"});
  for (const auto& event : history["events"]) {
    const auto version = event["version"].get<std::string>();
    const std::string way = event["from"].get<std::string>() + ">" + event["to"].get<std::string>();
    if (way == "candidate>candidate" && adopted.erase(version) > 0) continue;
    if (way == "training>candidate" && event["actor"] == "recovery") adopted.insert(version);
    ways[version].push_back(way);
  }
  return ways;
}

/// Kills cycles of copies of `base`; each must end, with the cycle after it, as an undisturbed one does.
void expect_cycles_to_be_completed(const TestWorkspace& base, std::size_t versions) {
  TestWorkspace undisturbed;
  undisturbed.environment = base.environment;
  undisturbed.become(base);
  const std::vector<std::string> command{"cycle", "--json"};
  Killer killer(undisturbed, command);
  const FileTree expected = files_below(undisturbed.path() / "versions");
  const auto expected_statuses = undisturbed.statuses();
  const auto expected_ways = ways(undisturbed);
  const std::string expected_predictions = undisturbed.predict().dump();
  ASSERT_EQ(expected_statuses.size(), versions);

  const int rounds = kill_rounds();
  for (int round = 0; killer.killed() < rounds && round < 5 * rounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    TestWorkspace place;
    place.environment = base.environment;
    place.become(base);
    killer.kill_a_run(place);
    const auto verified = place.json({"verify"});
    for (const auto& version : verified["versions"]) EXPECT_TRUE(version["ok"]) << version;
    place.predict();
    place.json({"cycle"});
    EXPECT_EQ(place.run({"verify"}).exit_code, 0);
    EXPECT_EQ(place.statuses(), expected_statuses);
    EXPECT_EQ(ways(place), expected_ways);
    EXPECT_EQ(differences(expected, files_below(place.path() / "versions")), std::vector<std::string>{});
    EXPECT_EQ(place.predict().dump(), expected_predictions);
    if (::testing::Test::HasFailure()) break;
  }
  ::testing::Test::RecordProperty("killed", killer.killed());
  EXPECT_EQ(killer.killed(), rounds);
}

/// Statuses and aliases are to move, whichever way.
void let_the_policy_move(TestWorkspace& place) {
  place.environment["CLM_POLICY_MODE"] = "enforced";
  place.environment["CLM_POLICY_ACCEPTANCE_ALPHA"] = "5";
  place.environment["CLM_POLICY_SUPERIORITY_ALPHA"] = "0.49";
  place.environment["CLM_POLICY_PROFIT"] = "none";
}

TEST(Kill, ACycleIsCompletedByTheNextOne) {
  TestWorkspace base;
  let_the_policy_move(base);
  base.simulate();
  expect_cycles_to_be_completed(base, 2);
}

TEST(Kill, RefreshesAndTheirLineupAreCompletedByTheNextCycle) {
  TestWorkspace base;
  let_the_policy_move(base);
  base.environment["CLM_POLICY_GATE"] = "none";
  base.simulate();
  base.cycle();
  base.simulate(kBars + kWeekBars);
  expect_cycles_to_be_completed(base, 8);  // two that were judged, two refreshes of each, two lineups
}

TEST(Kill, AnEnsembleIsCompletedByTheNextCycle) {
  TestWorkspace base;
  base.simulate();
  for (const auto& [type, version] : base.cycle()) base.promote(version);
  let_the_policy_move(base);
  expect_cycles_to_be_completed(base, 3);
}

TEST(Kill, TheRecordAndItsFilesAreCompletedByTheNextCycle) {
  TestWorkspace base;
  base.environment["CLM_TRAINING_MODELS"] = "ridge";
  base.simulate(1'000);
  base.promote(base.cycle().at("ridge"));
  base.simulate(1'600);  // all of February's labels are known
  TestWorkspace undisturbed;
  undisturbed.environment = base.environment;
  undisturbed.become(base);
  Killer killer(undisturbed, {"cycle", "--json"});
  const std::vector<std::string> served{"predict", "--from", "2024-02-01", "--to", "2024-04-01"};
  const FileTree expected = files_below(undisturbed.path() / "records");
  const auto expected_rows = undisturbed.json(served);
  ASSERT_EQ(expected.size(), 2U);

  const int rounds = kill_rounds();
  for (int round = 0; killer.killed() < rounds && round < 5 * rounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    TestWorkspace place;
    place.environment = base.environment;
    place.become(base);
    killer.kill_a_run(place);
    place.json(served);
    place.json({"recipes"});
    place.json({"cycle"});
    EXPECT_EQ(place.run({"verify"}).exit_code, 0);
    EXPECT_EQ(place.json(served), expected_rows);
    EXPECT_EQ(differences(expected, files_below(place.path() / "records")), std::vector<std::string>{});
    if (::testing::Test::HasFailure()) break;
  }
  EXPECT_EQ(killer.killed(), rounds);
}

/// What a replay says, but for what depends on the machine.
nlohmann::json outcome_of(nlohmann::json document) {
  document.erase("cycle_wall_seconds");
  return document;
}

/// Kills replays of copies of `base`, each twice; each must end as an undisturbed one does. What that says.
nlohmann::json expect_replays_to_be_completed(const TestWorkspace& base) {
  const std::vector<std::string> command{"replay", "--from", close_of_bar(1'000), "--to", close_of_bar(1'400),
                                         "--json"};
  TestWorkspace undisturbed;
  undisturbed.environment = base.environment;
  undisturbed.become(base);
  Killer killer(undisturbed, command);
  auto expected = outcome_of(undisturbed.json(command));
  expected.erase("file");

  const int rounds = kill_rounds();
  for (int tries = 0; killer.killed() < rounds && tries < 5 * rounds; ++tries) {
    TestWorkspace place;
    place.environment = base.environment;
    place.become(base);
    killer.kill_a_run(place);
    killer.kill_a_run(place);  // one and the same is killed twice
    auto document = outcome_of(place.json(command));
    document.erase("file");
    EXPECT_EQ(document, expected);
    if (::testing::Test::HasFailure()) break;
  }
  ::testing::Test::RecordProperty("killed", killer.killed());
  EXPECT_GE(killer.killed(), rounds);
  return expected;
}

TEST(Kill, AReplayGoesOnToTheSameEnd) {
  TestWorkspace base;
  base.simulate(1'400);
  // Everything there is: trainings, promotions at once or by way of the stages, watches and rollbacks.
  base.environment = {{"CLM_TRAINING_MODELS", "lightgbm"},  {"CLM_LIGHTGBM_ROUNDS", "20"},
                      {"CLM_FEATURES_SET", "classic22"},    {"CLM_TRIGGERS_RETRAIN_HOURS", "72"},
                      {"CLM_TRIGGERS_NEW_BARS", "1000000"}, {"CLM_POLICY_GATE", "none"},
                      {"CLM_POLICY_LADDER", "on"},          {"CLM_WATCH_BARS", "48"},
                      {"CLM_WATCH_ALPHA", "0.4"},           {"CLM_GUARDRAILS_MAX_ONE_SIDED_SHARE", "0.55"}};
  const auto expected = expect_replays_to_be_completed(base);
  EXPECT_GE(expected["promotions"], 3);
  EXPECT_GE(expected["rollbacks"], 1);
}

TEST(Kill, AReplayOfRefreshesAndLineupsGoesOnToTheSameEnd) {
  TestWorkspace base;
  base.simulate(1'400);
  base.environment = {{"CLM_TRAINING_MODELS", "lightgbm,ridge"}, {"CLM_LIGHTGBM_ROUNDS", "20"},
                      {"CLM_FEATURES_SET", "classic22"},         {"CLM_TRIGGERS_RETRAIN_HOURS", "72"},
                      {"CLM_TRIGGERS_NEW_BARS", "1000000"},      {"CLM_POLICY_GATE", "none"},
                      {"CLM_LINEUP_SPACING_DAYS", "3"}};
  const auto expected = expect_replays_to_be_completed(base);
  EXPECT_GE(expected["promotions"], 9) << "two recipes and their lineup, several times";
  EXPECT_EQ(expected["rollbacks"], 0);
}

}  // namespace
}  // namespace clm::testing
