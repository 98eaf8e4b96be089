#pragma once
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/workspace.hpp"

namespace clm::testing {

/// Small models of two types, each twice promoted, and an ensemble of the first two that waits for a person.
struct Start {
  TestWorkspace place;
  std::map<std::string, std::string> older, active;
  std::string ensemble;

  Start() {
    place.environment["CLM_TRAINING_MODELS"] = "lightgbm,ridge";
    place.environment["CLM_LIGHTGBM_ROUNDS"] = "5";
    place.environment["CLM_POLICY_LADDER"] = "on";  // versions that were judged, made again to their bits
    place.simulate(1'200);
    older = promoted();
    ensemble = place.cycle().at("ensemble");
    place.environment["CLM_TRAINING_SEED"] = "2";
    place.environment["CLM_ENSEMBLE_MODE"] = "off";
    active = promoted();
    place.environment.erase("CLM_TRAINING_SEED");
  }
  std::map<std::string, std::string> promoted() const {
    auto versions = place.cycle({"--force"});
    versions.erase("ensemble");
    // A ridge has no seed: it is active already.
    for (const auto& [type, version] : versions)
      if (place.statuses().at(version) == "candidate") place.promote(version);
    return versions;
  }
};
inline const Start& start() {
  static const Start made;
  return made;
}

inline void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}
inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A copy of the start for one row, and what its steps need.
class World {
 public:
  World() {
    place_.environment = start().place.environment;
    place_.become(start().place);
  }
  const TestWorkspace& place() const { return place_; }
  TestWorkspace& place() { return place_; }
  std::string active() const { return start().active.at("lightgbm"); }
  std::string older() const { return start().older.at("lightgbm"); }
  std::filesystem::path folder(const std::string& version, const std::string& type = "lightgbm") const {
    return place_.path() / "versions" / type / version;
  }
  std::filesystem::path model() const { return folder(active()) / "model.txt"; }

  /// Runs the words of a command, `TEXT` as a reason.
  Outcome run(const std::string& command) const {
    std::vector<std::string> words;
    std::istringstream in(command);
    for (std::string word; in >> word;) words.push_back(word == "TEXT" ? "the remedy says so" : word);
    EXPECT_EQ(words.front(), "clm");
    words.erase(words.begin());
    return place_.run(words);
  }
  /// A command that the remedy spells out, run to its end.
  void obey(const nlohmann::json& error, const std::string& command, int exit_code = 0) const {
    EXPECT_NE(error["remedy"].get<std::string>().find(command), std::string::npos) << error << "\n" << command;
    const Outcome outcome = run(command);
    EXPECT_EQ(outcome.exit_code, exit_code) << command << "\n" << outcome.describe();
  }
  void says(const nlohmann::json& error, const std::string& words) const {
    EXPECT_NE(error["remedy"].get<std::string>().find(words), std::string::npos) << error << "\n" << words;
  }
  void sql(const std::string& statements) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open((place_.path() / "clm.db").c_str(), &database), SQLITE_OK);
    char* problem = nullptr;
    EXPECT_EQ(sqlite3_exec(database, statements.c_str(), nullptr, nullptr, &problem), SQLITE_OK) << problem;
    sqlite3_close(database);
  }
  /// What `clm verify` says about a version.
  nlohmann::json found(const std::string& version) const {
    const auto document = place_.run({"verify", "--json"}).json();
    for (const auto& entry : document["versions"])
      if (entry["version"] == version) return entry["problem"];
    return {};
  }
  nlohmann::json found() const { return found(active()); }
  void expect_whole() const {
    const Outcome verified = place_.run({"verify"});
    EXPECT_EQ(verified.exit_code, 0) << verified.describe();
    expect_served();
  }
  /// Everybody who is whole speaks.
  void expect_served() const {
    const auto forecasts = place_.json({"predict"});
    for (const auto& prediction : forecasts["predictions"]) EXPECT_FALSE(prediction["votes"].empty()) << prediction;
  }

 private:
  TestWorkspace place_;
};

}  // namespace clm::testing
