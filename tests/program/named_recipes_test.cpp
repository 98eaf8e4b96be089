// Recipes by name: [recipes.NAME] in clm.toml, and what every command that tells of versions says of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using Json = nlohmann::json;
using ::testing::Pair;

constexpr const char* kRecipe =
    "\n[recipes.few]\nmodel_type = \"lightgbm\"\nlightgbm.rounds = 7\n[recipes.few.training]\n"
    "window_days = 40\n";

/// A workspace whose trees are accepted whatever they are worth.
class RecipesByName : public ::testing::Test {
 protected:
  RecipesByName() {
    place_.environment["CLM_TRAINING_MODELS"] = "lightgbm";
    place_.environment["CLM_POLICY_MODE"] = "enforced";
    place_.environment["CLM_POLICY_GATE"] = "none";
    place_.environment["CLM_LINEUP_SPACING_DAYS"] = "1";
    before_ = content_of(place_.path() / "clm.toml");
    set(kRecipe);
    place_.simulate(kMadeAt);
  }
  void set(const std::string& recipes) const { std::ofstream(place_.path() / "clm.toml") << before_ << recipes; }
  /// What each recipe weighs at the newest bar.
  std::map<std::string, double> weights() const {
    std::map<std::string, double> weights;
    const Json said = place_.predict();
    for (const Json& vote : said["predictions"][0]["votes"])
      weights[vote["model_type"]] += vote["weight"].get<double>();
    return weights;
  }
  std::string told(std::vector<std::string> arguments) const {
    const Outcome outcome = place_.run(std::move(arguments));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.describe();
    return outcome.out;
  }

  static constexpr int kMadeAt = 1'000;
  TestWorkspace place_;
  std::string before_;
};

TEST_F(RecipesByName, AreTrainedServedAndToldOfByTheirName) {
  const auto versions = place_.cycle();
  ASSERT_TRUE(versions.contains("lightgbm") && versions.contains("lightgbm/few")) << ::testing::PrintToString(versions);
  const std::string own = versions.at("lightgbm/few");
  EXPECT_EQ(weights(), (std::map<std::string, double>{{"lightgbm", 0.5}, {"lightgbm/few", 0.5}}));

  const Json recipes = place_.json({"recipes"})["recipes"];
  ASSERT_EQ(recipes.size(), 2U);
  EXPECT_EQ(recipes[1]["model_type"], "lightgbm/few");
  EXPECT_TRUE(recipes[1]["accepted"].get<bool>());
  EXPECT_EQ(recipes[1]["differs"], "lightgbm.rounds 20 -> 7, training.window_days 0.0 -> 40.0");
  EXPECT_NE(told({"recipes"}).find("lightgbm/few has otherwise than lightgbm: lightgbm.rounds 20 -> 7, "),
            std::string::npos);
  const auto count = [&](const char* type) { return place_.json({"models", "--type", type})["models"].size(); };
  EXPECT_EQ(count("lightgbm/few"), 2U) << "who was judged, and the vintage";
  EXPECT_EQ(count("lightgbm"), 4U);
  EXPECT_EQ(place_.json({"models", "--type", "lightgbm/few"})["models"][0]["model_type"], "lightgbm/few");
  EXPECT_EQ(place_.json({"show", own})["model_type"], "lightgbm/few");
  EXPECT_EQ(place_.json({"show", own})["manifest"]["model_type"], "lightgbm");
  EXPECT_LT(place_.json({"history", "lightgbm/few"})["events"].size(),
            place_.json({"history", "lightgbm"})["events"].size());
  EXPECT_EQ(place_.json({"status"})["due"].size(), 2U);
  EXPECT_EQ(place_.json({"triggers"})["triggers"].back()["model_type"], "lightgbm/few");
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"models"}, {"status"}, {"predict"}, {"verify"}, {"show", own}, {"history"}})
    EXPECT_NE(told(command).find("lightgbm/few"), std::string::npos) << command.front();
  EXPECT_TRUE(place_.json({"reproduce", own})["identical"].get<bool>());

  const Json config = place_.json({"config", "--changed", "recipes"})["settings"];
  ASSERT_EQ(config.size(), 3U);
  EXPECT_EQ(config[1]["key"], "recipes.few.lightgbm.rounds");
  EXPECT_EQ(config[1]["value"], "7");
  EXPECT_EQ(config[1]["default"], "20") << "the workspace's";
}

TEST_F(RecipesByName, WhatWasServedOfThemIsWhatIsSaidOfThatBar) {
  place_.environment["CLM_TRIGGERS_RETRAIN_HOURS"] = "1000";  // the same speak all the time
  place_.cycle();
  place_.simulate(kMadeAt + 40);
  place_.json({"cycle"});
  const std::string bar = close_of_bar(kMadeAt + 20);
  const Json then = place_.json({"predict", "--as-of", bar});
  const Json rows = place_.json({"predict", "--from", "2024-02-01", "--to", "2024-03-01"})["rows"];
  std::size_t compared = 0;
  for (const Json& row : rows) {
    if (row["time"] != bar) continue;
    for (const Json& one : then["predictions"])
      if (one["symbol"] == row["symbol"]) {
        EXPECT_EQ(one["votes"].size(), 2U);
        EXPECT_NEAR(row["expected_return_bps"], one["expected_return_bps"].get<double>(), 1e-3);
        EXPECT_EQ(row["action"], one["action"]);
        ++compared;
      }
  }
  EXPECT_EQ(compared, 8U);
}

TEST_F(RecipesByName, OneIsRolledBackTakenOutAndLeftOutByItself) {
  const auto first = place_.cycle();
  place_.simulate(kMadeAt + 48);
  place_.cycle({"--force"});
  const Json back = place_.json({"rollback", "lightgbm/few", "--reason", "to see"});
  EXPECT_EQ(back["model_type"], "lightgbm/few");
  EXPECT_EQ(back["active"], first.at("lightgbm/few"));
  EXPECT_EQ(place_.json({"retire", "lightgbm/few", "--reason", "to see"})["version"], first.at("lightgbm/few"));
  EXPECT_EQ(place_.error({"retire", "lightgbm/few", "--reason", "again"}, 4)["code"], "registry.no_active");
  EXPECT_EQ(place_.error({"rollback", "lightgbn/few", "--reason", "x"}, 2)["code"], "model.type");
  place_.json({"promote", first.at("lightgbm/few"), "--reason", "have it back"});

  const auto asked = place_.cycle({"--force", "--models", "lightgbm"});
  EXPECT_FALSE(asked.contains("lightgbm/few"));
  EXPECT_EQ(weights().count("lightgbm/few"), 1U) << "who is trained does not change who serves";
  EXPECT_EQ(place_.error({"cycle", "--models", "lightgbm/fwe"}, 2)["code"], "model.type");

  set("");
  place_.simulate(kMadeAt + 50);
  const std::string said = told({"cycle"});
  EXPECT_NE(said.find("lightgbm/few " + first.at("lightgbm/few")), std::string::npos) << said;
  EXPECT_NE(said.find("not a recipe of clm.toml any more"), std::string::npos) << said;
  EXPECT_THAT(weights(), ElementsAre(Pair("lightgbm", DoubleNear(1, 1e-12))));
  EXPECT_EQ(place_.json({"show", first.at("lightgbm/few")})["status"], "active") << "the history stays";
}

TEST_F(RecipesByName, WhatIsWrongWithOneIsSaidWithItsPlaceByEveryCommand) {
  const std::string file = (place_.path() / "clm.toml").string();
  const auto lines = std::count(before_.begin(), before_.end(), '\n');
  const auto at = [&](int line) { return file + ":" + std::to_string(lines + line); };
  const auto refused = [&](const std::string& recipes) {
    set(recipes);
    const Json error = place_.error({"config"}, 2);
    EXPECT_EQ(place_.error({"cycle"}, 2)["code"], error["code"]);
    EXPECT_FALSE(error["remedy"].get<std::string>().empty()) << error;
    return error["code"].get<std::string>() + " " + error["where"].get<std::string>();
  };
  const std::string head = "\n[recipes.few]\nmodel_type = \"lightgbm\"\n";
  EXPECT_EQ(refused(head + "training.seed = 3\n"), "config.not_of_table " + at(4));
  EXPECT_EQ(refused(head + "label.horizon_bars = 24\n"), "config.not_of_table " + at(4));
  EXPECT_EQ(refused(head + "xgboost.rounds = 3\n"), "config.not_of_table " + at(4));
  EXPECT_EQ(refused(head + "lightgbm.round = 3\n"), "config.unknown_key " + at(4));
  EXPECT_EQ(refused(head + "lightgbm.rounds = 0\n"), "config.range " + at(4));
  EXPECT_EQ(refused("\n[recipes.few]\nlightgbm.rounds = 3\n"), "config.no_kind " + at(2));
  EXPECT_EQ(refused("\n[recipes.few]\nmodel_type = \"lightgbn\"\n"), "model.type recipes.few.model_type, " + at(3));
  EXPECT_EQ(refused(head), "recipe.twice recipes.few, " + at(3));
  EXPECT_EQ(refused("\n[recipes.ensemble]\nmodel_type = \"lightgbm\"\nlightgbm.rounds = 3\n"),
            "recipe.name recipes.ensemble, " + at(3));
  EXPECT_EQ(refused(head + "label.target = \"plain\"\n"), "recipe.label recipes.few.label.target, " + at(4));
  set(kRecipe);
  place_.environment["CLM_RECIPES_FEW_LIGHTGBM_ROUNDS"] = "9";
  EXPECT_EQ(place_.error({"config"}, 2)["code"], "config.unknown_variable");
}

}  // namespace
}  // namespace clm::testing
