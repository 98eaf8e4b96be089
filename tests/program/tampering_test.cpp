// A model file that is not what its manifest says is named and never served; everybody else is served on.
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
      if (entry["model_type"] == "ensemble") {  // it is as sound as its members
        if (!entry["ok"]) {
          EXPECT_EQ(entry["problem"]["message"], "its member " + type() + " " + version() + " is broken; see there");
        }
        continue;
      }
      const bool is_this_one = entry["version"] == version();
      EXPECT_EQ(entry["ok"], !is_this_one) << entry;
      if (!is_this_one) continue;
      ++broken;
      EXPECT_EQ(entry["model_type"], type());
      EXPECT_EQ(entry["problem"]["code"], code) << entry;
      EXPECT_NE(entry["problem"]["where"].get<std::string>().find(version()), std::string::npos) << entry;
    }
    EXPECT_EQ(broken, 1);
    expect_abstaining(code);
  }
  /// It says nothing about anything and why, and the other type says what it said before.
  void expect_abstaining(const std::string& code) {
    const auto before = nlohmann::json::parse(predictions_), now = place_.json({"predict"});
    ASSERT_EQ(now["predictions"].size(), before["predictions"].size());
    const std::string other = type() == "xgboost" ? "lightgbm" : "xgboost";
    for (std::size_t s = 0; s < now["predictions"].size(); ++s) {
      const auto& prediction = now["predictions"][s];
      ASSERT_EQ(prediction["votes"].size(), 1u) << prediction;
      ASSERT_FALSE(vote_of(prediction, other).is_null()) << prediction;
      EXPECT_EQ(vote_of(prediction, other)["expected_return_bps"],
                vote_of(before["predictions"][s], other)["expected_return_bps"]);
      ASSERT_EQ(prediction["abstained"].size(), 1u);
      EXPECT_EQ(prediction["abstained"][0]["model_type"], type());
      const auto why = prediction["abstained"][0]["why"].get<std::string>();
      EXPECT_EQ(why.rfind(code + ": ", 0), 0u) << why;
      EXPECT_NE(why.find(version()), std::string::npos) << why;
    }
    const std::string text = place_.run({"predict"}).out;
    EXPECT_EQ(text.find(code), text.rfind(code)) << "what holds for all symbols is said once\n" << text;
    const auto symbol = now["predictions"][0]["symbol"].get<std::string>();
    EXPECT_EQ(place_.run({"explain", "--symbol", symbol}).exit_code, 0);
    EXPECT_EQ(place_.run({"report"}).exit_code, 0);
    EXPECT_EQ(place_.run({"triggers"}).exit_code, 0);
    EXPECT_EQ(place_.error({"explain", version()}, 5)["code"], code) << "who asks for it alone is told";
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
  expect_abstaining("artifact.swapped");
}

TEST_P(Tampering, AMissingFileAndAMissingFolderAreNamed) {
  fs::remove(model_file(version()));
  expect_named("artifact.file_missing");
  fs::remove_all(folder(version()));
  EXPECT_EQ(place_.run({"verify"}).exit_code, 5);
  expect_abstaining("artifact.missing");
}

TEST_P(Tampering, AnAlteredManifestIsNamed) {
  const fs::path manifest = folder(version()) / "manifest.json";
  auto altered = nlohmann::json::parse(content(manifest));
  altered["metrics"]["rank_ic"] = 0.9;
  replace(manifest, altered.dump(1));
  EXPECT_EQ(place_.run({"verify"}).exit_code, 5);
  expect_abstaining("artifact.manifest_altered");
}

TEST_P(Tampering, TheNextCycleTakesItOutAndTrainsItAgain) {
  const std::string whole = content(model_file(version()));
  std::string flipped = whole;
  flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 1);
  replace(model_file(version()), flipped);
  const auto cycle = place_.json({"cycle"});
  ASSERT_EQ(cycle["triggers"].size(), 1u) << cycle;
  EXPECT_EQ(cycle["triggers"][0]["model_type"], type());
  EXPECT_NE(cycle["triggers"][0]["reason"].get<std::string>().find("the active version " + version() + " is broken"),
            std::string::npos);
  // The same data gives the same bits, so the version is whole again, and a candidate as all that was trained.
  EXPECT_EQ(cycle["results"][0]["version"], version());
  EXPECT_EQ(content(model_file(version())), whole);
  EXPECT_EQ(place_.statuses().at(version()), "candidate");
  EXPECT_EQ(place_.run({"verify"}).exit_code, 0);
  std::vector<std::string> steps;
  const auto shown = place_.json({"show", version()});
  for (const auto& event : shown["events"]) steps.push_back(event["to"]);
  EXPECT_EQ(steps, (std::vector<std::string>{"candidate", "active", "failed", "candidate"}));
  EXPECT_EQ(place_.json({"cycle"})["triggers"].size(), 0u) << "once is enough";
  place_.promote(version());
  expect_unmoved();
}

TEST_P(Tampering, AnActiveEnsembleIsServedByItsOtherMembersAndMadeAgain) {
  const std::string ensemble = place_.cycle().at("ensemble");
  place_.promote(ensemble);
  replace(model_file(version()), "");
  const auto now = place_.json({"predict"});
  EXPECT_EQ(now["ensemble"], ensemble);
  for (const auto& prediction : now["predictions"]) EXPECT_EQ(prediction["votes"].size(), 1u) << prediction;
  const auto cycle = place_.json({"cycle"});
  EXPECT_EQ(place_.statuses().at(ensemble), "failed") << cycle;
  EXPECT_EQ(place_.statuses().at(version()), "candidate");
  const auto without = place_.json({"predict"});
  EXPECT_TRUE(without["ensemble"].is_null());
  for (const auto& prediction : without["predictions"]) EXPECT_EQ(prediction["votes"].size(), 1u);
  place_.promote(version());
  EXPECT_EQ(place_.statuses().at(ensemble), "candidate") << "it is whole again with its member";
  place_.promote(ensemble);
  EXPECT_EQ(place_.json({"predict"})["ensemble"], ensemble);
}

TEST_P(Tampering, ABrokenRuleOfAnEnsembleLeavesTheActiveVersions) {
  const std::string ensemble = place_.cycle().at("ensemble");
  place_.promote(ensemble);
  replace(place_.path() / "versions" / "ensemble" / ensemble / "ensemble.json", "{}");
  const auto now = place_.json({"predict"});
  EXPECT_TRUE(now["ensemble"].is_null());
  for (const auto& prediction : now["predictions"]) {
    EXPECT_EQ(prediction["votes"].size(), 2u);
    EXPECT_EQ(prediction["abstained"][0]["model_type"], "ensemble");
  }
  EXPECT_EQ(place_.run({"reproduce", ensemble, "--restore"}).exit_code, 0);
  EXPECT_EQ(place_.json({"predict"})["ensemble"], ensemble);
}

TEST_P(Tampering, AnEnsembleFailsAlsoWhereNoMoreAreMade) {
  const std::string ensemble = place_.cycle().at("ensemble");
  place_.promote(ensemble);
  place_.environment["CLM_ENSEMBLE_MODE"] = "off";
  EXPECT_EQ(place_.json({"predict"})["ensemble"], ensemble) << "it is served all the same";
  replace(place_.path() / "versions" / "ensemble" / ensemble / "ensemble.json", "{}");
  const Outcome cycle = place_.run({"cycle"});
  EXPECT_EQ(cycle.exit_code, 0) << cycle.describe();
  EXPECT_EQ(place_.statuses().at(ensemble), "failed") << cycle.describe();
  EXPECT_NE(cycle.out.find("failed ensemble " + ensemble), std::string::npos) << cycle.out;
  const auto said = place_.json({"predict"});
  for (const auto& prediction : said["predictions"]) {
    EXPECT_EQ(prediction["votes"].size(), 2u);
    EXPECT_TRUE(prediction["abstained"].empty()) << "nobody speaks of it any more";
  }
}

TEST_P(Tampering, WhatCannotBeMadeAgainIsNotPutBack) {
  replace(model_file(version()), "");
  const auto symbol = place_.json({"predict"})["predictions"][0]["symbol"].get<std::string>();
  fs::remove_all(place_.path() / "candles" / "sim" / "1h" / symbol);
  const Outcome refused = place_.run({"reproduce", version(), "--restore"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_NE((refused.out + refused.err).find(symbol), std::string::npos) << refused.describe();
  EXPECT_EQ(content(model_file(version())), "");
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
