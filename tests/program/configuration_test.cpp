// clm init and clm config: what a person writes, what is wrong with it, and where.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::json;

TEST(Configuration, InitWritesAShortFileOfDefaults) {
  const TempDirectory directory;
  const fs::path place = directory.path() / "w";
  const Outcome made = run_program({{"init", place.string()}, {}, {}, {}});
  ASSERT_EQ(made.exit_code, 0) << made.describe();
  const std::string text = content_of(place / "clm.toml");
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 80) << text;
  const auto settings = static_cast<int>(std::count(text.begin(), text.end(), '='));
  EXPECT_GE(settings, 12);
  EXPECT_LE(settings, 20) << "what people touch, not everything";
  EXPECT_NE(text.find("Unit: hours."), std::string::npos) << text;
  for (const char* advice : {"clm config --all", "clm config --changed"})
    EXPECT_NE(text.find(advice), std::string::npos) << advice;
  const Outcome changed = run_program({{"config", "--changed", "--json", "--workspace", place.string()}, {}, {}, {}});
  EXPECT_EQ(changed.json()["settings"].size(), 0u) << "they are the defaults: " << changed.out;
}

TEST(Configuration, InitMakesTheDirectoryAndSaysHowToGoOnThere) {
  const TempDirectory directory;
  const fs::path place = directory.path() / "not there" / "yet";
  const Outcome made = run_program({{"init", "not there/yet"}, {}, directory.path(), {}});
  ASSERT_EQ(made.exit_code, 0) << made.describe();
  EXPECT_TRUE(fs::is_regular_file(place / "clm.toml"));
  EXPECT_NE(made.out.find("Made a workspace in " + place.string() + "\n"), std::string::npos) << made.out;
  EXPECT_NE(made.out.find("Next: cd 'not there/yet', then clm import"), std::string::npos) << made.out;
  EXPECT_EQ(run_program({{"config"}, {}, place, {}}).exit_code, 0) << "what is said to come next works there";
  const Outcome odd = run_program({{"init", "--", "-odd"}, {}, directory.path(), {}});
  EXPECT_NE(odd.out.find("Next: cd ./-odd, then"), std::string::npos) << odd.out;
  // Here, nobody has to go anywhere.
  fs::create_directory(directory.path() / "here");
  const Outcome here = run_program({{"init"}, {}, directory.path() / "here", {}});
  EXPECT_NE(here.out.find("Next: clm import"), std::string::npos) << here.out;
  // A workspace that is there stays as it is.
  const Outcome again = run_program({{"init", "not there/yet", "--json"}, {}, directory.path(), {}});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_EQ(again.json()["error"]["code"], "workspace.exists") << again.describe();
}

TEST(Configuration, InitTakesOnePlace) {
  const TestWorkspace place;
  EXPECT_EQ(place.error({"init", (place.beside() / "other").string()}, 2)["code"], "init.two_places");
  place.write("file", "x");
  const Outcome onto = run_program({{"init", (place.beside() / "file").string()}, {}, {}, {}});
  EXPECT_EQ(onto.exit_code, 6) << onto.describe();
  EXPECT_EQ(onto.err.find("defect"), std::string::npos) << onto.err;
}

TEST(Configuration, AllOfItIsAWholeFile) {
  TestWorkspace place;
  place.environment["CLM_COSTS_FEE_BPS"] = "3.5";
  place.environment["CLM_UNIVERSE_VENUE"] = "A\"B\\C";
  const Outcome all = place.run({"config", "--all"});
  ASSERT_EQ(all.exit_code, 0) << all.describe();
  const auto before = place.json({"config"});
  std::ofstream(place.path() / "clm.toml") << all.out;
  place.environment.clear();
  const auto after = place.json({"config"});
  ASSERT_EQ(before["settings"].size(), after["settings"].size());
  for (std::size_t i = 0; i < before["settings"].size(); ++i)
    EXPECT_EQ(before["settings"][i]["value"], after["settings"][i]["value"]) << before["settings"][i]["key"];
  EXPECT_EQ(place.run({"config", "--all"}).out, all.out);
}

TEST(Configuration, OnlyWhatAPersonChanged) {
  TestWorkspace place;
  place.environment = {{"CLM_XGBOOST_ROUNDS", "33"}};
  std::ofstream(place.path() / "clm.toml") << "[costs]\nfee_bps = 9.0\n[label]\nhorizon_bars = 5\n";
  const auto changed = place.json({"config", "--changed"});
  ASSERT_EQ(changed["settings"].size(), 2u) << changed.dump(1);
  EXPECT_EQ(changed["settings"][0]["key"], "costs.fee_bps");
  EXPECT_EQ(changed["settings"][0]["default"], "5.0");
  EXPECT_EQ(changed["settings"][1]["key"], "xgboost.rounds");
  const auto section = place.json({"config", "costs"});
  EXPECT_EQ(section["settings"].size(), 2u) << section.dump(1);
  EXPECT_EQ(place.json({"config", "costs.fee_bps"})["settings"].size(), 1u);
  EXPECT_NE(place.error({"config", "costs.fee_bsp"}, 2)["remedy"].get<std::string>().find("costs.fee_bps"),
            std::string::npos);
}

TEST(Configuration, AllThatIsWrongIsNamedWithItsPlaceByEveryCommand) {
  TestWorkspace place;
  place.environment = {{"CLM_ENSEMBLE_MIN_WEIGHT", "0.9"}};
  std::ofstream(place.path() / "clm.toml") << "[training]\nmodels = [\"xgbost\"]\n[universe]\ninterval = "
                                              "\"7q\"\n[triggers]\nkinds = [\"time_based\", \"time_based\"]\n"
                                              "[canary]\nfirst_share = 0.7\n[ensemble]\nweights = [\"xgboost=-1\"]\n";
  for (const char* command : {"config", "models", "cycle", "data", "predict"}) {
    const auto error = place.error({command}, 2);
    std::vector<std::string> places{error["where"]};
    for (const auto& more : error["also"]) {
      for (const char* key : {"code", "message", "where", "remedy"}) EXPECT_FALSE(more[key].get<std::string>().empty());
      places.push_back(more["where"]);
    }
    const std::string file = (place.path() / "clm.toml").string();
    EXPECT_EQ(places, (std::vector<std::string>{
                          "universe.interval, " + file + ":4", "training.models, " + file + ":2",
                          "triggers.kinds, " + file + ":6", "ensemble.min_weight, environment CLM_ENSEMBLE_MIN_WEIGHT",
                          "ensemble.weights, " + file + ":10", "canary.first_share, " + file + ":8"}))
        << command;
  }
  const Outcome told = place.run({"config"});
  for (const char* part : {"xgbost", "7q", "time_based", "canary.first_share", "xgboost=-1"})
    EXPECT_NE(told.err.find(part), std::string::npos) << part << told.err;
}

TEST(Configuration, ATriggerThatIsMisspeltIsRefusedWhereItIsWritten) {
  const TestWorkspace place;
  std::ofstream(place.path() / "clm.toml") << "[triggers]\nkinds = [\"time_based\", \"drift\"]\n";
  const auto error = place.error({"config"}, 2);
  EXPECT_EQ(error["code"], "config.range");
  EXPECT_EQ(error["where"], (place.path() / "clm.toml").string() + ":2");
  EXPECT_NE(error["remedy"].get<std::string>().find("drift_detected"), std::string::npos) << error;
}

TEST(Configuration, ABrokenFileIsListedLineByLine) {
  const TestWorkspace place;
  std::ofstream(place.path() / "clm.toml") << "[xgboost]\nroundz = 3\nmax_depth = \"deep\"\n[costs]\nfee_bps = -1.0\n";
  const auto error = place.error({"config"}, 2);
  ASSERT_TRUE(error.contains("also")) << error;
  EXPECT_EQ(error["also"].size(), 2u) << error;
  const Outcome told = place.run({"config"});
  for (const char* line : {"clm.toml:2", "clm.toml:3", "clm.toml:5"})
    EXPECT_NE(told.err.find(line), std::string::npos) << line << told.err;
}

TEST(Configuration, APositionIsNotKeptBeyondHalfOfTheSymbols) {
  TestWorkspace place;
  place.environment["CLM_JUDGING_LONG_SHORT_HOLD_FRACTION"] = "0.7";
  EXPECT_EQ(place.error({"config"}, 2)["code"], "config.range") << "the simulation cannot do that";
  place.environment["CLM_JUDGING_LONG_SHORT_HOLD_FRACTION"] = "0.05";
  EXPECT_EQ(place.error({"config"}, 2)["code"], "config.contradiction");
}

}  // namespace
}  // namespace clm::testing
