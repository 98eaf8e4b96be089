// clm recipes: how models are made, and what changed.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {
using Json = nlohmann::json;

Json of_type(const Json& recipes, const std::string& type) {
  Json found = Json::array();
  for (const auto& one : recipes["recipes"])
    if (one["model_type"] == type) found.push_back(one);
  return found;
}

TEST(Recipes, ASettingThatMattersMakesANewOneAndIsNamed) {
  TestWorkspace place;
  place.simulate();
  const auto before = of_type(place.json({"recipes"}), "lightgbm");
  ASSERT_EQ(before.size(), 1U) << "in force before anything was made by it";
  EXPECT_TRUE(before[0]["vintages"].empty());
  EXPECT_TRUE(before[0]["record"].is_null());

  const auto versions = place.cycle();
  place.promote(versions.at("lightgbm"));
  const auto used = of_type(place.json({"recipes"}), "lightgbm");
  ASSERT_EQ(used.size(), 1U);
  EXPECT_EQ(used[0]["recipe"], before[0]["recipe"]);
  EXPECT_EQ(used[0]["vintages"][0]["version"], versions.at("lightgbm"));
  EXPECT_TRUE(used[0]["accepted"].get<bool>());
  EXPECT_TRUE(used[0]["record"]["rank_ic"].is_number());
  EXPECT_EQ(used[0]["record"]["bars"], place.json({"show", versions.at("lightgbm")})["evidence"]["judgement"]["times"]);

  place.environment["CLM_LIGHTGBM_ROUNDS"] = "33";
  place.environment["CLM_TRAINING_SEED"] = "5";
  const auto changed = place.json({"recipes"});
  const auto now = of_type(changed, "lightgbm");
  ASSERT_EQ(now.size(), 2U);
  EXPECT_TRUE(now[0]["in_force"].get<bool>());
  EXPECT_FALSE(now[0]["accepted"].get<bool>()) << "what another recipe has shown is not its own";
  EXPECT_FALSE(now[1]["in_force"].get<bool>());
  EXPECT_EQ(now[0]["changed_from"], now[1]["recipe"]);
  const std::string change = now[0]["change"];
  EXPECT_EQ(change.find("lightgbm.rounds "), 0U) << change;
  EXPECT_NE(change.find(" -> 33"), std::string::npos) << change;
  EXPECT_EQ(change.find(','), std::string::npos) << "the seed is no part of a recipe: " << change;
  EXPECT_EQ(of_type(changed, "xgboost").size(), 1U);
  const Outcome told = place.run({"recipes"});
  EXPECT_NE(told.out.find(" differs from " + now[1]["recipe"].get<std::string>() + " in " + change + ".\n"),
            std::string::npos)
      << "a sentence is whole where nobody reads it at a terminal: " << told.out;
}

}  // namespace
}  // namespace clm::testing
