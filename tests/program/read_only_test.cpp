// A workspace that this process cannot change: on a disk that is read-only, or of another user. What only reads works,
// and leaves nothing behind; what changes something says so at once.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr uid_t kNobody = 65'534;

const std::vector<std::vector<std::string>> kReading{{"models"},
                                                     {"history"},
                                                     {"predict"},
                                                     {"predictions"},
                                                     {"verify"},
                                                     {"status"},
                                                     {"jobs"},
                                                     {"jobs", "--all"},
                                                     {"triggers"},
                                                     {"regimes"},
                                                     {"data"},
                                                     {"config"},
                                                     {"report", "--output", "PAGE"},
                                                     {"show", "A"},
                                                     {"explain", "A"},
                                                     {"explain", "--symbol", "SYMBOL"},
                                                     {"diff", "A", "B"},
                                                     {"features", "--export", "TABLE"}};
const std::vector<std::vector<std::string>> kChanging{{"cycle"},
                                                      {"train"},
                                                      {"reproduce", "A"},
                                                      {"import", "FILE"},
                                                      {"simulate", "--symbols", "2", "--bars", "10"},
                                                      {"report"},
                                                      {"promote", "A", "--reason", "R"},
                                                      {"reject", "A", "--reason", "R"},
                                                      {"retire", "A", "--reason", "R"},
                                                      {"rollback", "ridge", "--reason", "R"},
                                                      {"resume", "ridge"},
                                                      {"approve", "1", "--reason", "R"},
                                                      {"evaluate", "--from", "2024-01-01", "--to", "2024-02-01"},
                                                      {"replay", "--from", "2024-02-01", "--to", "2024-02-02"}};

class ReadOnly : public ::testing::Test {
 protected:
  ReadOnly() {
    place_.environment["CLM_TRAINING_MODELS"] = "lightgbm,ridge";
    place_.environment["CLM_LIGHTGBM_ROUNDS"] = "5";
    place_.environment["CLM_ENSEMBLE_MODE"] = "off";
    place_.simulate(1'200);
    versions_ = place_.cycle();
    for (const auto& [type, version] : versions_) place_.promote(version);
    place_.json({"cycle"});
    symbol_ = place_.json({"predict"})["predictions"][0]["symbol"];
    fs::create_directory(place_.beside() / "out");
  }
  std::vector<std::string> named(std::vector<std::string> words) const {
    for (std::string& word : words) {
      if (word == "A") word = versions_.at("lightgbm");
      if (word == "B") word = versions_.at("ridge");
      if (word == "SYMBOL") word = symbol_;
      if (word == "PAGE") word = (place_.beside() / "out" / "page.html").string();
      if (word == "TABLE") word = (place_.beside() / "out" / "table.parquet").string();
      if (word == "FILE") word = (place_.beside() / "out").string();
    }
    return words;
  }
  /// A process that was killed while it wrote leaves a log that is not in the file yet.
  void leave_a_log() const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open((place_.path() / "clm.db").c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database,
                           "PRAGMA journal_mode=WAL; INSERT INTO events (at, model_type, scope, from_status, "
                           "to_status, actor, reason) VALUES (1, 'ridge', 'default', 'training', 'failed', 'the log', "
                           "'only in the log')",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    for (const char* file : {"clm.db", "clm.db-wal", "clm.db-shm"})
      fs::copy_file(place_.path() / file, place_.beside() / file, fs::copy_options::overwrite_existing);
    sqlite3_close(database);
    for (const char* file : {"clm.db", "clm.db-wal", "clm.db-shm"})
      fs::copy_file(place_.beside() / file, place_.path() / file, fs::copy_options::overwrite_existing);
  }
  void expect_all_to_read_and_none_to_change(const std::function<void(Invocation&)>& confine) const {
    const FileTree before = files_below(place_.path());
    for (const auto& words : kReading) {
      auto invocation = place_.invocation(named(words));
      invocation.environment["CLM_FEATURES_MEMORY_MB"] = "0";  // so that features are put aside in a file
      const Outcome usual = run_program(invocation);
      confine(invocation);
      const Outcome outcome = run_program(invocation);
      EXPECT_EQ(outcome.exit_code, 0) << words.front() << "\n" << outcome.describe();
      if (words.front() != "report") {
        EXPECT_EQ(outcome.out, usual.out) << words.front();
      }
    }
    for (const auto& words : kChanging) {
      auto invocation = place_.invocation(named(words));
      invocation.arguments.emplace_back("--json");
      confine(invocation);
      const Outcome outcome = run_program(invocation);
      EXPECT_EQ(outcome.exit_code, 6) << words.front() << "\n" << outcome.describe();
      const Json document = outcome.json();
      EXPECT_EQ(document["error"]["code"], "workspace.read_only") << words.front() << "\n" << document;
    }
    EXPECT_EQ(differences(before, files_below(place_.path())), std::vector<std::string>());
  }
  void let_everybody_see() const {
    fs::permissions(place_.beside(), fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
    fs::permissions(place_.beside() / "out", fs::perms::all);
  }

  TestWorkspace place_;
  std::map<std::string, std::string> versions_;
  std::string symbol_;
};

TEST_F(ReadOnly, WhatReadsWorksOnAReadOnlyDisk) {
  if (!can_see_read_only(place_.path())) GTEST_SKIP() << "this user may not mount anything read-only";
  expect_all_to_read_and_none_to_change([&](Invocation& invocation) { invocation.read_only = place_.path(); });
}

TEST_F(ReadOnly, WhatReadsWorksInAWorkspaceOfAnotherUser) {
  if (!can_run_as(kNobody)) GTEST_SKIP() << "this user may not run the program as another one, or that one not read it";
  let_everybody_see();
  expect_all_to_read_and_none_to_change([&](Invocation& invocation) { invocation.user = kNobody; });
}

TEST_F(ReadOnly, ALogThatAKilledProcessLeftIsRead) {
  if (!can_see_read_only(place_.path())) GTEST_SKIP() << "this user may not mount anything read-only";
  for (const bool with_index : {false, true}) {
    leave_a_log();
    ASSERT_GT(fs::file_size(place_.path() / "clm.db-wal"), 0U);
    if (!with_index) fs::remove(place_.path() / "clm.db-shm");
    auto invocation = place_.invocation({"history"});
    invocation.read_only = place_.path();
    const Outcome outcome = run_program(invocation);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.describe();
    EXPECT_NE(outcome.out.find("only in the log"), std::string::npos) << outcome.describe();
  }
}

TEST_F(ReadOnly, AnEmptyWorkspaceAndTablesOfAnOlderProgramAreReadToo) {
  if (!can_see_read_only(place_.path())) GTEST_SKIP() << "this user may not mount anything read-only";
  const TestWorkspace empty;
  for (const char* command : {"models", "history", "jobs", "verify", "data"}) {
    auto invocation = empty.invocation({command});
    invocation.read_only = empty.path();
    const Outcome outcome = run_program(invocation);
    EXPECT_EQ(outcome.exit_code, 0) << command << "\n" << outcome.describe();
  }
  EXPECT_FALSE(fs::exists(empty.path() / "clm.db"));
  EXPECT_EQ(empty.run({"models"}).exit_code, 0);
  EXPECT_FALSE(fs::exists(empty.path() / "clm.db")) << "nor is one made where it could be";
}

TEST_F(ReadOnly, AnUnreadableFileIsABrokenVersion) {
  const bool root = ::geteuid() == 0;
  if (root && !can_run_as(kNobody)) GTEST_SKIP() << "root reads everything, and no other user can be had";
  let_everybody_see();
  const fs::path model = place_.path() / "versions" / "lightgbm" / versions_.at("lightgbm") / "model.txt";
  fs::permissions(model, fs::perms::none);
  const auto as_nobody = [&](std::vector<std::string> words) {
    auto invocation = place_.invocation(std::move(words));
    if (root) invocation.user = kNobody;
    return run_program(invocation);
  };
  const Outcome predicted = as_nobody({"predict", "--json"});
  EXPECT_EQ(predicted.exit_code, 0) << predicted.describe();
  const Json prediction = predicted.json()["predictions"][0];
  EXPECT_EQ(prediction["votes"].size(), 1U);
  EXPECT_EQ(prediction["abstained"][0]["model_type"], "lightgbm");
  const Json verified = as_nobody({"verify", "--json"}).json();
  Json problem;
  for (const auto& entry : verified["versions"])
    if (!entry["ok"].get<bool>()) problem = entry["problem"];
  EXPECT_EQ(problem["code"], "artifact.unreadable") << verified;
  const std::string restore = "clm reproduce " + versions_.at("lightgbm") + " --restore";
  EXPECT_NE(problem["remedy"].get<std::string>().find(restore), std::string::npos) << problem;
  // Its owner, who is root here, does what the remedy says; root would read the file as it is, so it is emptied first.
  std::ofstream(model, std::ios::trunc).close();
  EXPECT_EQ(place_.run({"reproduce", versions_.at("lightgbm"), "--restore"}).exit_code, 0);
  EXPECT_EQ(as_nobody({"verify"}).exit_code, 0);
}

}  // namespace
}  // namespace clm::testing
