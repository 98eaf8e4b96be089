// What a workspace trains by default: trees and networks side by side, and the ensemble of all of them.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {
using Json = nlohmann::json;

/// The default types, with small networks beside the small trees.
void train_all_types(TestWorkspace& place) {
  place.environment.erase("CLM_TRAINING_MODELS");
  for (const char* type : {"NHITS", "PATCHTST"}) {
    const std::string prefix = std::string("CLM_") + type;
    place.environment[prefix + "_INPUT_BARS"] = "32";
    place.environment[prefix + "_HIDDEN"] = "16";
    place.environment[prefix + "_EPOCHS"] = "1";
  }
  place.environment["CLM_PATCHTST_LAYERS"] = "1";
}

TEST(FourTypes, AreTrainedJudgedAndMadeAnEnsembleThatExplainsItself) {
  TestWorkspace place;
  train_all_types(place);
  place.environment["CLM_POLICY_LADDER"] = "on";  // members that were judged, and an ensemble that is
  place.simulate();
  const auto versions = place.cycle();
  std::set<std::string> types;
  for (const auto& [type, version] : versions) types.insert(type);
  ASSERT_EQ(types, (std::set<std::string>{"lightgbm", "nhits", "patchtst", "xgboost"}));
  for (const auto& [type, version] : versions) place.promote(version);
  const std::string ensemble = place.cycle({"--force"}).at("ensemble");
  ASSERT_EQ(place.json({"show", ensemble})["manifest"]["members"].size(), 4u);

  const auto explained = place.json({"explain", ensemble, "--permutation", "--repeats", "1", "--rows", "1000"});
  ASSERT_EQ(explained["members"].size(), 4u);
  for (const auto& member : explained["members"]) {
    std::set<std::string> inputs;
    for (const auto& input : member["permutation"]["features"]) inputs.insert(input["feature"]);
    const bool network = member["model_type"] == "nhits" || member["model_type"] == "patchtst";
    EXPECT_EQ(inputs.count("window.price_to_universe"), network ? 1u : 0u) << member["model_type"];
    EXPECT_EQ(inputs.size() == 3, network) << member["model_type"];
  }
  const auto& whole = explained["ensemble"];
  EXPECT_EQ(whole["comparison"]["members"].size(), 4u);
  const std::size_t features = place.json({"show", ensemble})["manifest"]["features"]["names"].size();
  EXPECT_EQ(whole["permutation"]["features"].size(), features + 3) << "features, and channels of windows";
  EXPECT_EQ(place.json({"explain", ensemble, "--permutation", "--repeats", "1", "--rows", "1000", "--jobs", "1"}),
            explained);
  const std::string told = place.run({"explain", versions.at("nhits"), "--permutation", "--rows", "1000"}).out;
  EXPECT_NE(told.find("window.volume"), std::string::npos) << told;

  const auto report = place.json({"report", "--version", ensemble, "--explain-rows", "1000"});
  const std::string page = content_of(report["file"].get<std::string>());
  for (const char* part : {"What its forecasts live on", "What each member weighs", "What each member adds"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  const std::string unasked =
      content_of(place.json({"report", "--cycle", "1", "--explain-rows", "0"})["file"].get<std::string>());
  EXPECT_EQ(unasked.find("Permutation importance"), std::string::npos);
  EXPECT_NE(unasked.find("--explain-rows"), std::string::npos) << "it says how to ask";
}

}  // namespace
}  // namespace clm::testing
