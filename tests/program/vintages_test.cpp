// Vintages of accepted recipes: every command tells who speaks, learned until when and with which weight.
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {
using Json = nlohmann::json;

/// Two types that are accepted whatever they show, then refreshed twice: two vintages of each speak.
class Vintages : public ::testing::Test {
 protected:
  Vintages() {
    place_.environment["CLM_POLICY_MODE"] = "enforced";
    place_.environment["CLM_POLICY_GATE"] = "none";
    place_.environment["CLM_LINEUP_VINTAGES"] = "2";
    place_.environment["CLM_LINEUP_SPACING_DAYS"] = "3";
    place_.simulate();
    for (const int bar : {1'200, 1'300, 1'400})
      cycles_.push_back(place_.json({"cycle", "--force", "--as-of", close_of_bar(bar)}));
  }

  /// The version of that type that the first cycle judged.
  std::string judged(const std::string& type) const {
    for (const auto& result : cycles_.front()["results"])
      if (result["model_type"] == type) return result["version"];
    return {};
  }

  /// What `clm status` says of who speaks, by version.
  std::map<std::string, Json> speakers() const {
    std::map<std::string, Json> found;
    const Json status = place_.json({"status"});
    for (const auto& member : status["lineup"]) found[member["version"]] = member;
    return found;
  }

  TestWorkspace place_;
  std::vector<Json> cycles_;
};

TEST_F(Vintages, EveryCommandTellsTheSameOfWhoSpeaks) {
  const Json status = place_.json({"status"});
  ASSERT_EQ(status["lineup"].size(), 4u) << status["lineup"];
  auto speakers = this->speakers();
  for (const auto& [version, member] : speakers)
    EXPECT_EQ(member["weight"], 0.25) << "the weights sum to 1: " << member;
  EXPECT_EQ(status["lineup"][0]["learned_until"], close_of_bar(1'400)) << "what was learned last comes first";
  EXPECT_LT(status["lineup"][1]["learned_until"], status["lineup"][0]["learned_until"]);
  for (const auto& due : status["due"]) EXPECT_TRUE(due["served"].get<bool>()) << due;
  const std::string told = place_.run({"status"}).out;
  EXPECT_NE(told.find("made of 2 vintages of lightgbm and 2 of xgboost"), std::string::npos) << told;
  EXPECT_NE(told.find("the next vintage is due from"), std::string::npos) << told;

  std::size_t retired = 0;
  const Json models = place_.json({"models"});
  EXPECT_EQ(models["ensemble"], status["ensemble"]);
  for (const auto& model : models["models"]) {
    const bool speaks = speakers.contains(model["version"]);
    EXPECT_EQ(model["weight"], speaks ? Json(0.25) : Json()) << model;
    if (!speaks) continue;
    EXPECT_FALSE(model["judged"].get<bool>());
    EXPECT_EQ(model["recipe"], speakers[model["version"]]["recipe"]);
    if (model["status"] == "retired") ++retired;
  }
  EXPECT_EQ(retired, 2u) << "the older vintages speak on";
  EXPECT_NE(place_.run({"models"}).out.find("Who has a weight speaks"), std::string::npos);

  const Json recipes = place_.json({"recipes"});
  for (const auto& recipe : recipes["recipes"]) {
    std::size_t speaking = 0;
    for (const auto& vintage : recipe["vintages"]) {
      EXPECT_EQ(vintage["weight"].is_null(), !speakers.contains(vintage["version"])) << vintage;
      if (!vintage["weight"].is_null()) ++speaking;
    }
    EXPECT_EQ(speaking, 2u) << recipe;
  }
}

TEST_F(Vintages, AVoteIsARecipesAndNamesItsMembers) {
  const auto speakers = this->speakers();
  ASSERT_EQ(speakers.size(), 4u);
  const Json forecasts = place_.predict();
  for (const auto& prediction : forecasts["predictions"]) {
    ASSERT_EQ(prediction["votes"].size(), 2u) << "a vote is a recipe's: " << prediction;
    EXPECT_EQ(prediction["consensus"]["of"], 4);
    double expected = 0;
    for (const auto& [recipe, vote] : prediction["votes"].items()) {
      EXPECT_NEAR(vote["weight"].get<double>(), 0.5, 1e-12);
      expected += vote["weight"].get<double>() * vote["expected_return_bps"].get<double>();
      ASSERT_EQ(vote["members"].size(), 2u);
      EXPECT_EQ(vote["version"], vote["members"][0]["version"]);
      double mean = 0;
      for (const auto& member : vote["members"]) {
        const Json& speaker = speakers.at(member["version"]);
        EXPECT_EQ(speaker["recipe"], recipe);
        EXPECT_EQ(speaker["learned_until"], member["learned_until"]);
        mean += member["expected_return_bps"].get<double>() / 2;
      }
      EXPECT_NEAR(vote["expected_return_bps"].get<double>(), mean, 1e-9);
    }
    EXPECT_NEAR(prediction["expected_return_bps"].get<double>(), expected, 1e-9);
  }
  const std::string text = place_.run({"predict", "--as-of", kHistoryEnd}).out;
  for (const auto& [version, speaker] : speakers) EXPECT_NE(text.find(version), std::string::npos) << text;

  const Json explained = place_.json({"explain", "--symbol", "SIM0001USDT", "--as-of", kHistoryEnd})["explanations"][0];
  ASSERT_EQ(explained["members"].size(), 4u);
  for (const auto& member : explained["members"]) EXPECT_EQ(member["weight"], 0.25) << member;
  const std::string table = place_.run({"explain", "--symbol", "SIM0001USDT", "--as-of", kHistoryEnd}).out;
  EXPECT_NE(table.find("lightgbm, mean of 2 x 0.50"), std::string::npos) << table;
}

TEST_F(Vintages, AVintageIsNotShownAsThoughItHadBeenJudged) {
  const Json newest = place_.json({"status"})["lineup"][0];
  const std::string version = newest["version"], first = judged("lightgbm");
  const Json shown = place_.json({"show", version});
  EXPECT_FALSE(shown["judged"].get<bool>());
  EXPECT_EQ(shown["weight"], 0.25);
  EXPECT_EQ(shown["recipe"], newest["recipe"]);
  EXPECT_EQ(shown["evidence"]["refresh"]["accepted_by"], first) << "which was judged, and not the vintage before";
  EXPECT_EQ(shown["evidence"]["refresh"]["recipe"], newest["recipe"]);
  EXPECT_GT(shown["evidence"]["refresh"]["calibrated_rows"], 0);
  EXPECT_TRUE(place_.json({"show", first})["judged"].get<bool>());
  const std::string text = place_.run({"show", version}).out;
  EXPECT_NE(text.find("speaks with weight 0.25 in ensemble "), std::string::npos) << text;
  EXPECT_NE(text.find("Not judged itself"), std::string::npos) << text;
  EXPECT_NE(text.find("accepted when " + first + " was judged"), std::string::npos) << text;
  EXPECT_EQ(text.find("verdict when it was judged"), std::string::npos) << text;
  const std::string told = place_.json({"history", "lightgbm"})["events"].dump();
  EXPECT_NE(told.find("A refresh of recipe " + newest["recipe"].get<std::string>() + ", which was accepted when " +
                      first + " was judged"),
            std::string::npos)
      << told;
  const Json lineup = place_.json({"explain", place_.json({"status"})["ensemble"], "--rows", "1000"});
  EXPECT_TRUE(lineup["rows"]["fitted_on"].get<bool>());
  EXPECT_TRUE(lineup["ensemble"]["comparison"].is_null()) << "on rows that they were fitted on nobody is compared";
  const std::string file = (place_.beside() / "page.html").string();
  EXPECT_EQ(place_.run({"report", "--version", version, "--explain-rows", "0", "--output", file}).exit_code, 0);
  const std::string page = content_of(file);
  EXPECT_NE(page.find("it was not judged itself"), std::string::npos);
  EXPECT_EQ(page.find("verdict when it was judged"), std::string::npos);
}

TEST_F(Vintages, TwoLineupsDifferInTheVintagesOfAType) {
  std::vector<std::string> lineups;
  const Json models = place_.json({"models", "--type", "ensemble"});
  for (const auto& model : models["models"]) lineups.push_back(model["version"]);
  ASSERT_GE(lineups.size(), 2u);
  const Json change = place_.json({"diff", lineups[1], lineups[0]})["members"]["lightgbm/version"];
  ASSERT_EQ(change.size(), 2u) << change;
  EXPECT_NE(change[0], change[1]);
  EXPECT_NE(change[1].get<std::string>().find(", "), std::string::npos) << "both vintages are named: " << change;
}

}  // namespace
}  // namespace clm::testing
