// One altered row of clm.db is a broken version like any other: named, silent, and no obstacle to the rest.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "remedies_world.hpp"

namespace clm::testing {
namespace {

class AlteredRecord : public ::testing::Test {
 protected:
  AlteredRecord() {
    world_.sql("UPDATE versions SET manifest = replace(manifest, 'rank_ic', 'rank_ci') WHERE version = '" +
               world_.active() + "'");
  }
  World world_;
};

TEST_F(AlteredRecord, IsNamedAndTheOthersAreListedAndServed) {
  const auto models = world_.place().json({"models"})["models"];
  EXPECT_EQ(models.size(), world_.place().statuses().size());
  std::size_t broken = 0;
  for (const auto& line : models) {
    EXPECT_EQ(line["problem"].is_null(), line["version"] != world_.active()) << line;
    if (line["problem"].is_null()) continue;
    ++broken;
    EXPECT_EQ(line["problem"]["code"], "registry.record_altered");
  }
  EXPECT_EQ(broken, 1U);
  const Outcome table = world_.run("clm models");
  EXPECT_NE(table.out.find("BROKEN  lightgbm " + world_.active()), std::string::npos) << table.describe();

  const auto said = world_.place().predict()["predictions"];
  for (const auto& prediction : said) {
    ASSERT_EQ(prediction["votes"].size(), 1U) << prediction;
    EXPECT_FALSE(vote_of(prediction, "ridge").is_null());
    ASSERT_EQ(prediction["abstained"].size(), 1U) << prediction;
    EXPECT_EQ(prediction["abstained"][0]["why"].get<std::string>().find("registry.record_altered: "), 0U);
  }
  for (const char* command : {"clm status", "clm report", "clm triggers", "clm history"})
    EXPECT_EQ(world_.run(command).exit_code, 0) << command;
  EXPECT_EQ(world_.run("clm verify").exit_code, 5);
  const auto status = world_.place().json({"status"});
  ASSERT_EQ(status["without_vote"].size(), 1U) << status;
  EXPECT_EQ(status["without_vote"][0]["version"], world_.active());
}

TEST_F(AlteredRecord, TheNextCycleTakesItOutAndTrainsItAgain) {
  world_.place().environment["CLM_TRAINING_SEED"] = "2";  // as it was trained
  const auto cycle = world_.place().json({"cycle"});
  ASSERT_EQ(cycle["triggers"].size(), 1U) << cycle;
  EXPECT_NE(
      cycle["triggers"][0]["reason"].get<std::string>().find("the active version " + world_.active() + " is broken"),
      std::string::npos)
      << cycle;
  EXPECT_EQ(cycle["results"][0]["version"], world_.active()) << "the same data give the same bits";
  EXPECT_EQ(world_.place().statuses().at(world_.active()), "candidate");
  EXPECT_EQ(world_.place().statuses().at(start().active.at("ridge")), "active");
  world_.place().promote(world_.active());
  world_.expect_whole();
}

TEST_F(AlteredRecord, OfTheOnlyWayBackTooStopsNobody) {
  world_.sql("UPDATE versions SET manifest = '{}' WHERE version = '" + world_.older() + "'");
  const Outcome cycle = world_.run("clm cycle");
  EXPECT_EQ(cycle.exit_code, 0) << cycle.describe();
  EXPECT_EQ(world_.place().statuses().at(world_.older()), "candidate") << "what is trained now are its very bits";
  EXPECT_EQ(world_.place().statuses().at(world_.active()), "failed");
  world_.expect_served();
}

}  // namespace
}  // namespace clm::testing
