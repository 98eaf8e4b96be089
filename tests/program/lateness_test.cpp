// Data against the clock: what is served on old candles says so, and is not acted on.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {
using Json = nlohmann::json;

class Lateness : public ::testing::Test {
 protected:
  Lateness() {
    place_.environment["CLM_COSTS_FEE_BPS"] = "0";
    place_.environment["CLM_COSTS_SPREAD_AND_SLIPPAGE_BPS"] = "0";
    place_.environment["CLM_TRAINING_MODELS"] = "lightgbm";
  }
  void serve() const {
    place_.simulate(kBars);
    place_.promote(place_.cycle().at("lightgbm"));
  }
  static int traded(const Json& forecasts) {
    int count = 0;
    for (const auto& p : forecasts["predictions"]) count += p["action"] != "HOLD" ? 1 : 0;
    return count;
  }

  TestWorkspace place_;
};

TEST_F(Lateness, OnOldCandlesEveryActionIsAHoldAndEverySymbolSaysWhy) {
  serve();
  const Json late = place_.json({"predict"});
  EXPECT_EQ(late["newest_bar"], close_of_bar(kBars));
  EXPECT_GT(late["late_bars"], 15'000);
  EXPECT_EQ(late["stale"], true);
  EXPECT_EQ(traded(late), 0);
  for (const auto& p : late["predictions"]) {
    EXPECT_NE(p["note"].get<std::string>().find("held back: the candles are"), std::string::npos) << p;
    EXPECT_FALSE(p["expected_return_bps"].is_null()) << "what was said is shown";
  }
  const Outcome shown = place_.run({"predict"});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_NE(shown.out.find("EVERY ACTION IS A HOLD"), std::string::npos) << shown.out;
  EXPECT_NE(shown.err.find("clm: warning: the candles are"), std::string::npos) << shown.err;
  EXPECT_NE(shown.err.find("clm import PATH"), std::string::npos) << shown.err;
  const Json one = place_.json({"explain", "--symbol", "SIM0001USDT"});
  EXPECT_EQ(one["stale"], true);
  EXPECT_EQ(one["explanations"][0]["action"], "HOLD");
  EXPECT_EQ(one["explanations"][0]["note"], late["predictions"][1]["note"]);
}

TEST_F(Lateness, AsOfATimeIsHistoryAndNothingIsHeldBack) {
  serve();
  const Json then = place_.json({"predict", "--as-of", close_of_bar(kBars + 5)});
  EXPECT_EQ(then["newest_bar"], close_of_bar(kBars));
  EXPECT_EQ(then["late_bars"], 5) << "counted against the moment asked for";
  EXPECT_EQ(then["stale"], false);
  EXPECT_GT(traded(then), 0);
  EXPECT_EQ(place_.run({"predict", "--as-of", close_of_bar(kBars + 5)}).err, "");
  // The limit is a setting, in bars.
  place_.environment["CLM_SERVING_MAX_LATE_BARS"] = "1000000000";
  const Json allowed = place_.json({"predict"});
  EXPECT_EQ(allowed["stale"], false);
  EXPECT_EQ(traded(allowed), traded(then));
}

TEST_F(Lateness, AVersionThatKnowsWhatCameNextIsNamed) {
  place_.simulate(kBars);
  const std::string version = place_.cycle().at("lightgbm");
  place_.promote(version);
  const std::string before = close_of_bar(kBars - 100);
  EXPECT_EQ(place_.json({"predict", "--as-of", before})["learned_later"], Json::array({version}));
  EXPECT_NE(place_.run({"predict", "--as-of", before}).out.find("NOT A FORECAST: " + version), std::string::npos);
  EXPECT_EQ(place_.json({"predict", "--as-of", close_of_bar(kBars)})["learned_later"], Json::array());
}

TEST_F(Lateness, EveryLiveCommandSaysIt) {
  serve();
  const std::vector<std::vector<std::string>> commands{
      {"status"}, {"triggers"}, {"regimes"}, {"train"}, {"cycle", "--force"}, {"explain", "--symbol", "SIM0000USDT"}};
  for (auto command : commands) {
    command.emplace_back("--json");
    const Outcome outcome = place_.run(command);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.describe();
    const Json document = outcome.json();
    EXPECT_EQ(document["newest_bar"], close_of_bar(kBars)) << command[0];
    EXPECT_GT(document["late_bars"], 15'000) << command[0];
    EXPECT_EQ(document["stale"], true) << command[0];
    EXPECT_NE(outcome.err.find("clm: warning: the candles are"), std::string::npos) << command[0];
  }
  // Work on history is not told that it is history.
  EXPECT_EQ(place_.run({"features", "--doctor"}).err.find("clm: warning"), std::string::npos);
}

TEST_F(Lateness, BarsThatReachBeyondTheClockAreNotReadAndSaid) {
  // Days until 2078: today is among them by any clock that this can run by.
  place_.json({"simulate", "--symbols", "5", "--bars", "20000", "--interval", "1d"});
  const Outcome outcome = place_.run({"status", "--json"});
  const Json document = outcome.json();
  EXPECT_EQ(document["late_bars"], 0);
  EXPECT_EQ(document["stale"], false);
  EXPECT_NE(outcome.err.find("Is the clock right?"), std::string::npos) << outcome.err;
}

TEST_F(Lateness, ASymbolThatEndedEarlierThanTheOthersAbstainsByItself) {
  serve();
  place_.json({"simulate", "--symbols", "7", "--bars", std::to_string(kBars + 1), "--seed", "7", "--signal", "0.15"});
  const Json forecasts = place_.json({"predict", "--as-of", close_of_bar(kBars + 1)});
  EXPECT_EQ(forecasts["newest_bar"], close_of_bar(kBars + 1));
  EXPECT_EQ(forecasts["late_bars"], 0);
  for (const auto& p : forecasts["predictions"]) {
    const bool ended = p["symbol"] == "SIM0007USDT";
    EXPECT_EQ(p["votes"].empty(), ended) << p;
    if (!ended) continue;
    EXPECT_NE(p["abstained"][0]["why"].get<std::string>().find("no usable bar closed at"), std::string::npos) << p;
  }
}

}  // namespace
}  // namespace clm::testing
