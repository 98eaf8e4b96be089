#include "support/workspace.hpp"

#include <fstream>
#include <iterator>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/time.hpp"

namespace clm::testing {
namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

FileTree files_below(const fs::path& directory) {
  FileTree files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    files[entry.path().lexically_relative(directory).string()] = content_of(entry.path());
  }
  return files;
}

std::vector<std::string> differences(const FileTree& a, const FileTree& b) {
  std::set<std::string> names;
  for (const auto& [name, content] : a)
    if (const auto other = b.find(name); other == b.end() || other->second != content) names.insert(name);
  for (const auto& [name, content] : b)
    if (a.count(name) == 0) names.insert(name);
  return {names.begin(), names.end()};
}

TestWorkspace::TestWorkspace() {
  const Outcome made = run({"init"});
  EXPECT_EQ(made.exit_code, 0) << made.describe();
}

void TestWorkspace::write(const std::string& name_beside, const std::string& content) const {
  const fs::path file = beside() / name_beside;
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << content;
}

Invocation TestWorkspace::invocation(std::vector<std::string> arguments) const {
  arguments.insert(arguments.end(), {"--workspace", path().string()});
  return Invocation{std::move(arguments), environment, {}, {}};
}

nlohmann::json TestWorkspace::json(std::vector<std::string> arguments) const {
  arguments.emplace_back("--json");
  const Outcome outcome = run(std::move(arguments));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.describe();
  return outcome.json();
}

nlohmann::json TestWorkspace::error(std::vector<std::string> arguments, int exit_code) const {
  arguments.emplace_back("--json");
  const Outcome outcome = run(std::move(arguments));
  EXPECT_EQ(outcome.exit_code, exit_code) << outcome.describe();
  const auto document = outcome.json();
  for (const char* key : {"code", "message", "where", "remedy"})
    EXPECT_TRUE(document.contains("error") && document["error"].contains(key)) << key << "\n" << outcome.describe();
  return document.is_object() ? document.value("error", nlohmann::json::object()) : nlohmann::json::object();
}

void TestWorkspace::simulate(int bars, int seed) const {
  json({"simulate", "--symbols", "8", "--bars", std::to_string(bars), "--seed", std::to_string(seed), "--signal",
        "0.15"});
}

std::map<std::string, std::string> TestWorkspace::cycle(std::vector<std::string> more) const {
  more.insert(more.begin(), "cycle");
  std::map<std::string, std::string> versions;
  const auto document = json(std::move(more));
  for (const auto& result : document.value("results", nlohmann::json::array()))
    versions[result["model_type"]] = result["version"];
  return versions;
}

std::map<std::string, std::string> TestWorkspace::statuses() const {
  std::map<std::string, std::string> statuses;
  const auto document = json({"models"});
  for (const auto& model : document["models"]) statuses[model["version"]] = model["status"];
  return statuses;
}

void TestWorkspace::promote(const std::string& version) const {
  json({"promote", version, "--reason", "the test says so"});
}

nlohmann::json TestWorkspace::predict(std::vector<std::string> more) const {
  more.insert(more.begin(), {"predict", "--as-of", kHistoryEnd});
  return json(std::move(more));
}

void TestWorkspace::become(const TestWorkspace& other) const {
  fs::remove_all(path());
  fs::copy(other.path(), path(), fs::copy_options::recursive);
}

nlohmann::json vote_of(const nlohmann::json& prediction, const std::string& model_type) {
  for (const auto& [recipe, vote] : prediction.at("votes").items())
    if (vote.at("model_type") == model_type) return vote;
  return {};
}

std::string close_of_bar(int bars) {
  return to_string(*parse_timestamp("2024-01-01T00:00:00Z") + Interval::one_hour().length() * bars);
}

}  // namespace clm::testing
