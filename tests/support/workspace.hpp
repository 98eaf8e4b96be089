#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "support/program.hpp"
#include "support/temp_directory.hpp"

namespace clm::testing {

/// Path below a directory -> content: what two directories must agree on.
using FileTree = std::map<std::string, std::string>;
FileTree files_below(const std::filesystem::path& directory);

std::string content_of(const std::filesystem::path& file);

/// The names whose content differs or that only one has; for assertions, whose message then is short.
std::vector<std::string> differences(const FileTree& a, const FileTree& b);

/// Bars that a test simulates where it asks for no other number: until March 2024, late by any clock; and a week more.
inline constexpr int kBars = 1'500, kWeekBars = 168;

/// Later than every bar that a test stores in order to look at history.
inline constexpr const char* kHistoryEnd = "2026-01-01";

/// A workspace of the real program in a directory that goes away with the test.
class TestWorkspace {
 public:
  /// What every run of the program is told unless a test changes it: small trees alone, so that a cycle takes a second.
  /// `policy.mode` is `logging_only`: what is active is decided by the test, not by how well a model did. Of a new
  /// recipe one fit is judged, and nobody speaks in its place. A version is trained again after a day.
  std::map<std::string, std::string> environment{
      {"CLM_TRAINING_MODELS", "lightgbm,xgboost"}, {"CLM_XGBOOST_ROUNDS", "20"},  {"CLM_LIGHTGBM_ROUNDS", "20"},
      {"CLM_POLICY_MODE", "logging_only"},         {"CLM_TRAINING_ORIGINS", "1"}, {"CLM_POLICY_FLOOR", "none"},
      {"CLM_TRIGGERS_RETRAIN_HOURS", "24"}};

  TestWorkspace();

  std::filesystem::path path() const { return directory_.path() / "w"; }
  /// A directory beside the workspace, for files to import or to export.
  std::filesystem::path beside() const { return directory_.path(); }
  void write(const std::string& name_beside, const std::string& content) const;

  Invocation invocation(std::vector<std::string> arguments) const;
  Outcome run(std::vector<std::string> arguments) const { return run_program(invocation(std::move(arguments))); }
  /// The document of a command that succeeds (else the test fails).
  nlohmann::json json(std::vector<std::string> arguments) const;
  /// The document of a command that fails with `exit_code`: the content of "error", checked to have its four keys.
  nlohmann::json error(std::vector<std::string> arguments, int exit_code) const;

  /// A market with something to learn: 8 symbols, `bars` hours from 2024-01-01. More bars of the same seed prolong it.
  void simulate(int bars = kBars, int seed = 7) const;
  /// Runs `clm cycle` with `more` arguments; model type -> version.
  std::map<std::string, std::string> cycle(std::vector<std::string> more = {}) const;
  /// version -> status
  std::map<std::string, std::string> statuses() const;
  void promote(const std::string& version) const;
  /// What is said as of `kHistoryEnd`: the same whatever the clock says, and nothing is held back for being late.
  nlohmann::json predict(std::vector<std::string> more = {}) const;

  /// Everything in it replaced by a copy of what is in `other`.
  void become(const TestWorkspace& other) const;

 private:
  TempDirectory directory_;
};

/// What the vintages of a model type say together in a prediction of `clm predict`; null where none has a vote.
nlohmann::json vote_of(const nlohmann::json& prediction, const std::string& model_type);

/// The moment at which the bar number `bars` of the simulated market has closed, as ISO 8601.
std::string close_of_bar(int bars);

}  // namespace clm::testing
