// A model file that is not what its manifest says is named and never served.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;

class Tampering : public ::testing::TestWithParam<const char*> {
 protected:
  Tampering() {
    place_.simulate();
    versions_ = place_.cycle();
    for (const auto& [type, version] : versions_) place_.promote(version);
    predictions_ = place_.predict().dump();
  }
  std::string type() const { return GetParam(); }
  fs::path folder(const std::string& version) const { return place_.path() / "versions" / type() / version; }
  std::string version() const { return versions_.at(type()); }
  /// The file that holds the trees.
  fs::path model_file(const std::string& version) const {
    return folder(version) / (type() == "xgboost" ? "model.ubj" : "model.txt");
  }
  static void replace(const fs::path& file, const std::string& content) {
    fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
  }
  std::string content(const fs::path& file) const {
    return files_below(file.parent_path()).at(file.filename().string());
  }

  void expect_named(const std::string& code) {
    const Outcome verified = place_.run({"verify", "--json"});
    EXPECT_EQ(verified.exit_code, 5) << verified.describe();
    int broken = 0;
    const auto document = verified.json();
    for (const auto& entry : document["versions"]) {
      if (entry["model_type"] == "ensemble") continue;  // it is as sound as its members
      const bool is_this_one = entry["version"] == version();
      EXPECT_EQ(entry["ok"], !is_this_one) << entry;
      if (!is_this_one) continue;
      ++broken;
      EXPECT_EQ(entry["model_type"], type());
      EXPECT_EQ(entry["problem"]["code"], code) << entry;
      EXPECT_NE(entry["problem"]["where"].get<std::string>().find(version()), std::string::npos) << entry;
    }
    EXPECT_EQ(broken, 1);
    const auto refused = place_.error({"predict"}, 5);
    EXPECT_EQ(refused["code"], code) << refused;
    EXPECT_NE(refused["where"].get<std::string>().find(version()), std::string::npos) << refused;
    EXPECT_FALSE(refused["remedy"].get<std::string>().empty());
  }
  void expect_unmoved() {
    EXPECT_EQ(place_.run({"verify"}).exit_code, 0);
    EXPECT_EQ(place_.predict().dump(), predictions_);
  }

  TestWorkspace place_;
  std::map<std::string, std::string> versions_;
  std::string predictions_;
};

TEST_P(Tampering, AnEmptyFileIsNamed) {
  replace(model_file(version()), "");
  expect_named("artifact.file_empty");
}

TEST_P(Tampering, ATruncatedFileIsNamed) {
  const std::string whole = content(model_file(version()));
  replace(model_file(version()), whole.substr(0, whole.size() - 1));
  expect_named("artifact.file_truncated");
}

TEST_P(Tampering, OneFlippedBitIsNamedAndPutBackIsSoundAgain) {
  const std::string whole = content(model_file(version()));
  std::string flipped = whole;
  flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 1);
  replace(model_file(version()), flipped);
  expect_named("artifact.file_altered");
  replace(model_file(version()), whole);
  expect_unmoved();
}

TEST_P(Tampering, AnotherVersionsFileIsNamed) {
  place_.environment["CLM_TRAINING_SEED"] = "2";
  const auto others = place_.cycle({"--force"});
  place_.environment.erase("CLM_TRAINING_SEED");
  ASSERT_NE(others.at(type()), version());
  const std::string mine = content(model_file(version())), other = content(model_file(others.at(type())));
  ASSERT_NE(mine, other);
  replace(model_file(version()), other);
  expect_named("artifact.file_altered");  // whatever the lengths: the bytes are known as another version's
}

TEST_P(Tampering, AnotherVersionsFolderIsNamed) {
  place_.environment["CLM_TRAINING_SEED"] = "2";
  const auto others = place_.cycle({"--force"});
  place_.environment.erase("CLM_TRAINING_SEED");
  fs::remove_all(folder(version()));
  fs::copy(folder(others.at(type())), folder(version()));
  const Outcome verified = place_.run({"verify", "--json"});
  EXPECT_EQ(verified.exit_code, 5) << verified.describe();
  EXPECT_EQ(place_.run({"predict", "--json"}).exit_code, 5);
}

TEST_P(Tampering, AMissingFileAndAMissingFolderAreNamed) {
  fs::remove(model_file(version()));
  expect_named("artifact.file_missing");
  fs::remove_all(folder(version()));
  EXPECT_EQ(place_.run({"verify"}).exit_code, 5);
  EXPECT_EQ(place_.run({"predict"}).exit_code, 5);
}

TEST_P(Tampering, AnAlteredManifestIsNamed) {
  const fs::path manifest = folder(version()) / "manifest.json";
  auto altered = nlohmann::json::parse(content(manifest));
  altered["metrics"]["rank_ic"] = 0.9;
  replace(manifest, altered.dump(1));
  EXPECT_EQ(place_.run({"verify"}).exit_code, 5);
  EXPECT_EQ(place_.run({"predict"}).exit_code, 5);
}

TEST_P(Tampering, ATouchedDateMovesNothing) {
  for (const auto& entry : fs::directory_iterator(folder(version())))
    fs::last_write_time(entry.path(), fs::file_time_type{} + std::chrono::hours(24 * 365 * 40));
  expect_unmoved();
  const auto nothing = place_.json({"cycle"});
  EXPECT_EQ(nothing["triggers"].size(), 0u) << "a touched file is no fresher and no older: " << nothing;
}

INSTANTIATE_TEST_SUITE_P(Model, Tampering, ::testing::Values("xgboost", "lightgbm"),
                         [](const auto& model) { return std::string(model.param); });

}  // namespace
}  // namespace clm::testing
