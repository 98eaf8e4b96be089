// Two processes on one workspace: what must not happen at once is refused with the holder's name, what may wait waits,
// and reading goes on all the time.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <memory>

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;

/// A workspace with an active version and one to decide on, where the next training takes very long.
class TwoProcesses : public ::testing::Test {
 protected:
  TwoProcesses() {
    place_.environment["CLM_TRAINING_MODELS"] = "lightgbm";
    place_.simulate();
    active_ = place_.cycle().at("lightgbm");
    place_.promote(active_);
    place_.environment["CLM_LIGHTGBM_NUM_LEAVES"] = "7";
    candidate_ = place_.cycle({"--force"}).at("lightgbm");
    statuses_ = place_.statuses();
    fs::remove(place_.path() / ".clm.lock");
    slow_ = place_.environment;
    slow_["CLM_LIGHTGBM_ROUNDS"] = "100000";
    slow_["CLM_LIGHTGBM_EARLY_STOPPING_ROUNDS"] = "0";
  }

  Invocation slow(std::vector<std::string> arguments) const {
    Invocation invocation = place_.invocation(std::move(arguments));
    invocation.environment = slow_;
    return invocation;
  }
  /// Waits until the process has named itself in the lock below `directory`.
  static bool holds_a_lock(const RunningProgram& program, const fs::path& directory) {
    return program.runs_until([&] {
      std::error_code ignored;
      for (const auto& entry : fs::recursive_directory_iterator(directory, ignored)) {
        std::ifstream lock(entry.path());
        std::string holder;
        if (entry.path().filename() == ".clm.lock" && std::getline(lock, holder) && !holder.empty()) return true;
      }
      return false;
    });
  }
  /// Refuses with exit code 7, and says who is at work.
  static void expect_refused(const Invocation& invocation, const RunningProgram& holder, const std::string& purpose) {
    const Outcome outcome = run_program(invocation);
    EXPECT_EQ(outcome.exit_code, 7) << outcome.describe();
    const auto error = outcome.json()["error"];
    EXPECT_EQ(error["code"], "lock.held") << outcome.describe();
    const std::string message = error["message"];
    EXPECT_NE(message.find(purpose + ", process " + std::to_string(holder.pid())), std::string::npos) << message;
    EXPECT_NE(error["remedy"].get<std::string>().find("Wait"), std::string::npos);
  }
  std::vector<std::string> replay(const std::string& policy) const {
    return {"replay", "--from", close_of_bar(1'300), "--to", close_of_bar(1'310), "--policy", policy, "--json"};
  }

  TestWorkspace place_;
  std::string active_, candidate_;
  std::map<std::string, std::string> statuses_;
  std::map<std::string, std::string> slow_;
};

TEST_F(TwoProcesses, WhileACycleWorksNobodyElseChangesTheRegistryAndEverybodyReads) {
  RunningProgram cycle(slow({"cycle", "--force"}));
  ASSERT_TRUE(holds_a_lock(cycle, place_.path())) << cycle.wait().describe();
  const std::vector<std::vector<std::string>> changing{{"cycle", "--json"},
                                                       {"promote", candidate_, "--reason", "now", "--json"},
                                                       {"reject", candidate_, "--reason", "now", "--json"},
                                                       {"rollback", "lightgbm", "--reason", "now", "--json"},
                                                       {"reproduce", active_, "--json"}};
  for (const auto& command : changing) {
    SCOPED_TRACE(command.front());
    expect_refused(place_.invocation(command), cycle, "clm cycle");
  }
  for (const char* reading : {"models", "data", "verify", "predict", "history", "triggers"}) place_.json({reading});
  EXPECT_EQ(place_.statuses(), statuses_);
  EXPECT_FALSE(cycle.ends_within(std::chrono::milliseconds(0))) << "it was at work all the time";
  cycle.send(SIGKILL);
  cycle.wait();
  place_.json({"promote", candidate_, "--reason", "the lock died with its holder"});
}

TEST_F(TwoProcesses, CandlesComeInWhileACycleWorks) {
  RunningProgram cycle(slow({"cycle", "--force"}));
  ASSERT_TRUE(holds_a_lock(cycle, place_.path())) << cycle.wait().describe();
  place_.simulate(1'600);
  EXPECT_EQ(place_.json({"data"})["series"][0]["rows"], 1'600);
  EXPECT_FALSE(cycle.ends_within(std::chrono::milliseconds(0)));
}

TEST_F(TwoProcesses, AReplayIsAloneInItsHouseAndLeavesTheWorkspaceFree) {
  RunningProgram first(slow(replay("static")));
  ASSERT_TRUE(holds_a_lock(first, place_.path() / "replays")) << first.wait().describe();
  expect_refused(slow(replay("static")), first, "clm replay");
  auto from_scratch = replay("static");
  from_scratch.emplace_back("--restart");
  expect_refused(slow(from_scratch), first, "clm replay");
  // Another policy, and the workspace itself, are not its concern.
  EXPECT_EQ(place_.run(replay("periodic")).exit_code, 0);
  EXPECT_EQ(place_.cycle({"--force"}).size(), 1u);
  EXPECT_FALSE(first.ends_within(std::chrono::milliseconds(0)));
}

TEST_F(TwoProcesses, TwoThatBringCandlesTakeTurns) {
  auto other =
      std::make_unique<Result<FileLock>>(FileLock::acquire(place_.path() / "candles" / ".lock", "writing candles"));
  ASSERT_TRUE(*other) << to_string(other->error());
  RunningProgram waiting(
      place_.invocation({"simulate", "--symbols", "8", "--bars", "1600", "--seed", "7", "--signal", "0.15", "--json"}));
  EXPECT_FALSE(waiting.ends_within(std::chrono::milliseconds(1'000))) << "the other one is not done";
  EXPECT_EQ(place_.json({"data"})["series"][0]["rows"], 1'500) << "reading needs no lock";
  other.reset();
  const Outcome outcome = waiting.wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.describe();
  EXPECT_EQ(place_.json({"data"})["series"][0]["rows"], 1'600);
}

}  // namespace
}  // namespace clm::testing
