// The command line as a contract: JSON documents, exit codes, settings, interruption, the lock.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::json;

void expect_keys(const Json& object, const std::vector<std::string>& keys) {
  ASSERT_TRUE(object.is_object()) << object;
  for (const auto& key : keys) EXPECT_TRUE(object.contains(key)) << key << " is not in " << object.dump(1);
}

TEST(Contract, EveryCommandHasHelp) {
  const Outcome all = run_program({{"--help"}, {}, {}, {}});
  EXPECT_EQ(all.exit_code, 0);
  for (const char* command : {"init",   "import", "fetch",     "simulate", "data",    "features", "cycle",
                              "models", "show",   "history",   "diff",     "promote", "reject",   "rollback",
                              "resume", "verify", "reproduce", "predict",  "explain", "config",   "completion"}) {
    EXPECT_NE(all.out.find(command), std::string::npos) << command;
    const Outcome help = run_program({{command, "--help"}, {}, {}, {}});
    EXPECT_EQ(help.exit_code, 0) << help.describe();
    EXPECT_NE(help.out.find("Usage"), std::string::npos) << command;
    EXPECT_EQ(help.err, "") << command;
  }
  EXPECT_EQ(run_program({{"--version"}, {}, {}, {}}).out.rfind("clm ", 0), 0u);
}

TEST(Contract, DocumentsHaveTheKeysThatToolsRelyOn) {
  const TestWorkspace place;
  place.simulate();
  const auto data = place.json({"data"});
  ASSERT_EQ(data["series"].size(), 8u);
  expect_keys(data["series"][0], {"venue", "symbol", "interval", "rows", "from", "to", "missing_bars",
                                  "zero_volume_bars", "status", "usable", "findings"});
  const auto cycle = place.json({"cycle"});
  expect_keys(cycle, {"cycle", "as_of", "triggers", "results", "seconds"});
  ASSERT_EQ(cycle["results"].size(), 2u);
  for (const auto& trigger : cycle["triggers"]) expect_keys(trigger, {"model_type", "trigger", "priority", "reason"});
  for (const auto& result : cycle["results"])
    expect_keys(result, {"model_type", "version", "decision", "improvement", "interval", "reasons"});
  const auto models = place.json({"models"});
  ASSERT_EQ(models["models"].size(), 2u);
  expect_keys(models["models"][0], {"model_type", "version", "status", "trained_at", "learned_until", "data_from",
                                    "data_to", "rows", "features_hash", "metrics", "weight", "recipe", "judged"});
  const std::string version = models["models"][0]["version"];
  const auto shown = place.json({"show", version});
  expect_keys(shown, {"version", "model_type", "status", "manifest", "evidence", "events"});
  expect_keys(place.json({"promote", version, "--reason", "x"}), {"version", "status", "retired"});
  const auto verified = place.json({"verify"});
  for (const auto& entry : verified["versions"]) expect_keys(entry, {"version", "model_type", "ok", "problem"});
  expect_keys(place.json({"reproduce", version}), {"version", "identical", "expected", "got"});
  const auto predicted = place.predict();
  expect_keys(predicted, {"as_of", "predictions", "learned_until"});
  ASSERT_EQ(predicted["predictions"].size(), 8u);
  for (const auto& prediction : predicted["predictions"]) {
    expect_keys(prediction, {"symbol", "action", "expected_return_bps", "confidence", "votes", "abstained"});
    ASSERT_EQ(prediction["votes"].size(), 1u);
    for (const auto& vote : prediction["votes"])
      expect_keys(vote, {"model_type", "expected_return_bps", "weight", "members"});
    ASSERT_EQ(prediction["abstained"].size(), 1u) << "a type without an active version has no vote and says so";
    expect_keys(prediction["abstained"][0], {"recipe", "model_type", "why"});
  }
  expect_keys(place.json({"history"}), {"events"});
  expect_keys(place.json({"features"}), {"set", "hash", "features"});
  expect_keys(place.json({"config"}), {"settings"});
}

TEST(Contract, OneSymbolIsPredictedAsInTheWholeUniverse) {
  const TestWorkspace place;
  place.simulate();
  for (const auto& [type, version] : place.cycle()) place.promote(version);
  const auto all = place.predict();
  const auto one = place.predict({"--symbol", "SIM0003USDT"});
  ASSERT_EQ(one["predictions"].size(), 1u);
  EXPECT_EQ(one["predictions"][0], all["predictions"][3]);
  EXPECT_EQ(place.error({"predict", "--symbol", "NOSUCH"}, 2)["code"], "predict.unknown_symbol");
}

TEST(Contract, InitNamesTheDirectoryAsPeopleWriteIt) {
  const TempDirectory place;
  for (const std::string spelled : {"a", "b/", "c/./d//"}) {
    const Outcome made =
        run_program({{"init", "--json", "--workspace", (place.path() / spelled).string()}, {}, {}, {}});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    const auto named = made.json().at("workspace").get<std::string>();
    EXPECT_EQ(named, (place.path() / spelled / "").lexically_normal().parent_path().string());
    EXPECT_TRUE(fs::is_regular_file(fs::path(named) / "clm.toml"));
  }
}

TEST(Contract, WrongUsageIsExitCode2) {
  const TestWorkspace place;
  const std::vector<std::vector<std::string>> wrong{{"nonsense"},
                                                    {"data", "--nonsense"},
                                                    {"cycle", "--as-of", "yesterday"},
                                                    {"import"},
                                                    {"--jobs", "0", "data"},
                                                    {"reproduce"},
                                                    {"simulate", "--interval", "7q"},
                                                    {"features", "--set", "no"},
                                                    {"simulate", "--bars", "many"},
                                                    {"init"}};
  for (const auto& arguments : wrong) {
    SCOPED_TRACE(Json(arguments).dump());
    place.error(arguments, 2);
  }
}

TEST(Contract, AnUnknownModelTypeIsNamedWithItsPlaceAndWhoIsKnown) {
  TestWorkspace place;
  const std::vector<std::vector<std::string>> commands{{"cycle"},
                                                       {"train"},
                                                       {"evaluate", "--from", "2024-01-01", "--to", "2024-02-01"},
                                                       {"replay", "--from", "2024-01-01", "--to", "2024-02-01"}};
  const auto refused = [&](std::vector<std::string> arguments, const std::string& where) {
    SCOPED_TRACE(Json(arguments).dump());
    const auto error = place.error(arguments, 2);
    EXPECT_EQ(error["code"], "model.type");
    EXPECT_EQ(error["where"], where);
    EXPECT_NE(error["message"].get<std::string>().find("foo"), std::string::npos) << error;
    EXPECT_NE(error["remedy"].get<std::string>().find("xgboost, lightgbm, nhits"), std::string::npos) << error;
  };
  for (auto arguments : commands) {
    arguments.insert(arguments.end(), {"--models", "lightgbm,foo"});
    refused(arguments, "--models");
  }
  place.environment["CLM_TRAINING_MODELS"] = "foo";
  for (const auto& arguments : commands) refused(arguments, "training.models, environment CLM_TRAINING_MODELS");
  refused({"triggers"}, "training.models, environment CLM_TRAINING_MODELS");

  const auto bench = place.error({"bench-forecast", "--data", place.beside().string(), "--models", "foo"}, 2);
  const auto message = bench["message"].get<std::string>();
  for (const char* part : {"--models", "foo", "patchtst"}) EXPECT_NE(message.find(part), std::string::npos) << message;
  EXPECT_EQ(bench["remedy"], "See clm bench-forecast --help.");
}

TEST(Contract, ASettingThatIsWrongIsNamedWithFileAndLine) {
  const TestWorkspace place;
  const auto with_line = [&](const std::string& line) {
    std::ofstream(place.path() / "clm.toml") << "# first line\n[xgboost]\n" << line << "\n";
    return place.error({"data"}, 2);
  };
  const auto unknown = with_line("roundz = 3");
  EXPECT_EQ(unknown["code"], "config.unknown_key");
  EXPECT_NE(unknown["where"].get<std::string>().find("clm.toml:3"), std::string::npos) << unknown;
  EXPECT_NE(unknown["remedy"].get<std::string>().find("rounds"), std::string::npos) << unknown;
  EXPECT_EQ(with_line("rounds = \"many\"")["code"], "config.type");
  EXPECT_EQ(with_line("rounds = 0")["code"], "config.range");
  const auto syntax = with_line("rounds = = 3");
  EXPECT_EQ(syntax["code"], "config.syntax");
  EXPECT_NE(syntax["where"].get<std::string>().find(":3"), std::string::npos) << syntax;
}

TEST(Contract, TheEnvironmentOverridesAndConfigSaysSo) {
  TestWorkspace place;
  place.environment = {{"CLM_XGBOOST_ROUNDS", "33"}, {"QT_CLM_RETRAIN_HOURS", "7"}};
  const auto config = place.json({"config"});
  std::map<std::string, Json> settings;
  for (const auto& setting : config["settings"]) {
    expect_keys(setting, {"key", "value", "unit", "origin", "meaning"});
    settings[setting["key"]] = setting;
  }
  EXPECT_EQ(settings.at("xgboost.rounds")["value"], "33");
  EXPECT_EQ(settings.at("xgboost.rounds")["origin"], "environment CLM_XGBOOST_ROUNDS");
  EXPECT_EQ(settings.at("triggers.retrain_hours")["value"], "7.0");
  EXPECT_EQ(settings.at("triggers.retrain_hours")["origin"], "environment QT_CLM_RETRAIN_HOURS");
  EXPECT_NE(settings.at("training.window_days")["origin"].get<std::string>().find("clm.toml:"), std::string::npos);
  std::ofstream(place.path() / "clm.toml") << "";
  const auto defaults = place.json({"config"});
  for (const auto& setting : defaults["settings"])
    if (settings.at(setting["key"])["origin"].get<std::string>().rfind("environment", 0) != 0) {
      EXPECT_EQ(setting["origin"], "default");
      EXPECT_EQ(setting["value"], settings.at(setting["key"])["value"]) << "the written file holds the defaults";
    }
  place.environment = {{"CLM_XGBOOST_ROUNDZ", "33"}};
  EXPECT_EQ(place.error({"data"}, 2)["code"], "config.unknown_variable");
}

TEST(Contract, AWorkspaceIsFoundInAParentAndItsAbsenceIsExitCode6) {
  const TestWorkspace place;
  fs::create_directories(place.path() / "a" / "b");
  EXPECT_EQ(run_program({{"data"}, {}, place.path() / "a" / "b", {}}).exit_code, 0);
  const Outcome missing = run_program({{"data", "--json"}, {}, place.beside(), {}});
  EXPECT_EQ(missing.exit_code, 6) << missing.describe();
  EXPECT_EQ(missing.json()["error"]["code"], "workspace.missing");
}

TEST(Contract, AnEmptyWorkspaceAnswersAndSaysWhatToDo) {
  const TestWorkspace place;
  EXPECT_EQ(place.json({"data"})["series"].size(), 0u);
  EXPECT_EQ(place.json({"models"})["models"].size(), 0u);
  EXPECT_EQ(place.json({"verify"})["versions"].size(), 0u);
  EXPECT_EQ(place.json({"history"})["events"].size(), 0u);
  const Outcome cycle = place.run({"cycle", "--json"});
  EXPECT_NE(cycle.exit_code, 0);
  EXPECT_NE(cycle.exit_code, 70) << cycle.describe();
  expect_keys(cycle.json()["error"], {"code", "message", "where", "remedy"});
  EXPECT_FALSE(cycle.json()["error"]["remedy"].get<std::string>().empty());
}

/// A cycle that takes long enough to be met at work.
class AtWork : public ::testing::Test {
 protected:
  AtWork() {
    place_.environment["CLM_XGBOOST_ROUNDS"] = "100000";
    place_.environment["CLM_XGBOOST_EARLY_STOPPING_ROUNDS"] = "0";
    place_.environment["CLM_LIGHTGBM_ROUNDS"] = "100000";
    place_.environment["CLM_LIGHTGBM_EARLY_STOPPING_ROUNDS"] = "0";
    place_.simulate();
    fs::remove(place_.path() / ".clm.lock");
  }
  /// True once the cycle holds the lock: it has then named itself in it.
  bool is_at_work(const RunningProgram& program) const {
    return program.runs_until([this] {
      std::ifstream lock(place_.path() / ".clm.lock");
      std::string holder;
      return std::getline(lock, holder) && !holder.empty();
    });
  }
  TestWorkspace place_;
};

TEST_F(AtWork, InterruptedItSaysSoAndLeavesNothingHalfWritten) {
  for (const int signal : {SIGINT, SIGTERM}) {
    fs::remove(place_.path() / ".clm.lock");
    RunningProgram cycle(place_.invocation({"cycle", "--json"}));
    ASSERT_TRUE(is_at_work(cycle)) << cycle.wait().describe();
    EXPECT_FALSE(cycle.ends_within(std::chrono::milliseconds(300)));
    cycle.send(signal);
    const Outcome outcome = cycle.wait();
    EXPECT_EQ(outcome.exit_code, 130) << outcome.describe();
    EXPECT_EQ(outcome.json()["error"]["code"], "cancelled");
  }
  EXPECT_EQ(place_.statuses().size(), 0u);
  EXPECT_EQ(files_below(place_.path() / "versions").size(), 0u);
  EXPECT_EQ(place_.run({"verify"}).exit_code, 0);
  place_.environment["CLM_XGBOOST_ROUNDS"] = "5";
  place_.environment["CLM_LIGHTGBM_ROUNDS"] = "5";
  EXPECT_EQ(place_.cycle().size(), 2u);
}

TEST_F(AtWork, ASecondOneIsRefusedWithExitCode7AndTheLockDiesWithItsHolder) {
  RunningProgram first(place_.invocation({"cycle"}));
  ASSERT_TRUE(is_at_work(first)) << first.wait().describe();
  const auto refused = place_.error({"cycle"}, 7);
  EXPECT_EQ(refused["code"], "lock.held");
  EXPECT_NE(
      (refused["message"].get<std::string>() + refused["where"].get<std::string>()).find(std::to_string(first.pid())),
      std::string::npos)
      << "the holder is named: " << refused;
  for (const char* reading : {"models", "data", "verify", "predict"}) place_.json({reading});
  first.send(SIGKILL);
  first.wait();
  place_.environment["CLM_XGBOOST_ROUNDS"] = "5";
  place_.environment["CLM_LIGHTGBM_ROUNDS"] = "5";
  EXPECT_EQ(place_.cycle().size(), 2u);
}

TEST(Contract, ACycleWithTooLittleDataSaysSo) {
  const TestWorkspace place;
  place.json({"simulate", "--symbols", "3", "--bars", "150", "--seed", "7"});
  const std::vector<std::string> cycle{"cycle", "--as-of", close_of_bar(150)};
  const Outcome first = place.run(cycle);
  EXPECT_EQ(first.exit_code, 3) << first.describe();
  const Outcome second = place.run(cycle);
  EXPECT_EQ(second.exit_code, 3) << second.describe();
  EXPECT_NE(second.out.find("Nothing is trained yet, and nobody is served"), std::string::npos) << second.describe();
  EXPECT_NE(second.out.find("clm cycle --force"), std::string::npos) << second.describe();
}

TEST(Contract, ATrainingThatWasGivenUpIsSaidToBeAndWhy) {
  TestWorkspace place;
  place.environment["CLM_JOBS_MAX_ATTEMPTS"] = "1";
  place.json({"simulate", "--symbols", "3", "--bars", "150", "--seed", "7"});
  const std::vector<std::string> cycle{"cycle", "--as-of", close_of_bar(150)};
  EXPECT_EQ(place.run(cycle).exit_code, 3);
  const Outcome second = place.run(cycle);
  EXPECT_EQ(second.exit_code, 3) << second.describe();
  EXPECT_NE(second.out.find("Nothing is trained yet, and nobody is served"), std::string::npos) << second.describe();
  EXPECT_NE(second.out.find("was given up after 1 attempt: "), std::string::npos) << second.describe();
  EXPECT_NE(second.out.find("or at once with clm cycle --force"), std::string::npos) << second.describe();
  const Outcome third = place.run({"cycle", "--as-of", close_of_bar(150), "--json"});
  EXPECT_EQ(third.exit_code, 3);
  const auto document = third.json();
  for (const auto& next : document["life_cycle"]["next"]) {
    EXPECT_EQ(next["given_up"]["attempts"], 1) << next;
    EXPECT_FALSE(next["given_up"]["why"].get<std::string>().empty());
  }
  const Outcome status = place.run({"status", "--quiet"});
  EXPECT_NE(status.out.find("Given up  job 1, train "), std::string::npos) << status.describe();
  const Outcome jobs = place.run({"jobs"});
  EXPECT_NE(jobs.out.find("data until"), std::string::npos);
  EXPECT_NE(jobs.out.find("decided at"), std::string::npos);
  const auto listed = place.json({"jobs"});
  ASSERT_FALSE(listed["jobs"].empty());
  EXPECT_EQ(listed["jobs"][0]["data_until"], close_of_bar(150)) << "of the data";
  EXPECT_GT(listed["jobs"][0]["decided_at"].get<std::string>(), "2025") << "by the clock";
}

TEST(Contract, TheRemedyOfAFailedTrainingHelpsAtOnce) {
  for (const char* attempts : {"3", "1"}) {
    TestWorkspace place;
    place.environment["CLM_JOBS_MAX_ATTEMPTS"] = attempts;
    place.json({"simulate", "--symbols", "2", "--bars", "900", "--seed", "4"});
    const std::vector<std::string> cycle{"cycle", "--as-of", close_of_bar(900)};
    const Outcome first = place.run(cycle);
    EXPECT_EQ(first.exit_code, 3) << first.describe();
    EXPECT_NE(first.err.find("set label.target = \"plain\""), std::string::npos) << first.describe();
    place.environment["CLM_LABEL_TARGET"] = "plain";
    const Outcome second = place.run(cycle);
    EXPECT_EQ(second.exit_code, 0) << second.describe();
    EXPECT_EQ(second.out.find("waits for bars"), std::string::npos) << second.describe();
  }
}

}  // namespace
}  // namespace clm::testing
