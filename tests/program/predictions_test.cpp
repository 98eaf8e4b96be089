// What is predicted of a market that goes on: written down before the outcome is known, and said anew with every bar
// and every version.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>

#include <nlohmann/json.hpp>

#include "base/time.hpp"
#include "support/workspace.hpp"

namespace clm::testing {
namespace {
using Json = nlohmann::json;

constexpr int kBars = 1'500;
constexpr std::size_t kSymbols = 8;

/// A market whose newest bars have just closed, and an active version.
class Predictions : public ::testing::Test {
 protected:
  Predictions() {
    place_.environment["CLM_TRAINING_MODELS"] = "lightgbm";
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto hours = std::chrono::floor<std::chrono::hours>(now) - std::chrono::hours(kBars);
    start_ = to_string(Timestamp(std::chrono::milliseconds(hours).count()));
  }
  /// The first `bars` bars.
  void store(int bars) const {
    const Outcome stored = place_.run({"simulate", "--symbols", std::to_string(kSymbols), "--bars",
                                       std::to_string(bars), "--signal", "0.2", "--seed", "7", "--start", start_});
    ASSERT_EQ(stored.exit_code, 0) << stored.describe();
  }
  std::string train_and_promote() const {
    const std::string version = place_.cycle({"--force"}).at("lightgbm");
    place_.promote(version);
    return version;
  }
  std::vector<Json> logged(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"predictions"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return place_.json(arguments).at("predictions").get<std::vector<Json>>();
  }
  /// The documents that a run printed, one after another.
  static std::vector<Json> documents(const std::string& out) {
    std::vector<Json> all;
    std::size_t begin = 0;
    for (std::size_t end = out.find("\n}\n"); end != std::string::npos; end = out.find("\n}\n", begin)) {
      all.push_back(Json::parse(out.substr(begin, end + 2 - begin)));
      begin = end + 3;
    }
    EXPECT_EQ(begin, out.size()) << "whole documents";
    return all;
  }

  TestWorkspace place_;
  std::string start_;
};

TEST_F(Predictions, AreWrittenDownOnceWithTheVersionsTheyCameFrom) {
  store(kBars);
  EXPECT_EQ(place_.json({"predict"})["predictions"].size(), kSymbols);
  EXPECT_TRUE(logged().empty()) << "nobody had a vote";
  const std::string version = train_and_promote();
  const Json said = place_.json({"predict"});
  EXPECT_EQ(place_.json({"predict", "--symbol", "SIM0003USDT"})["predictions"].size(), 1U);
  const auto first = logged();
  ASSERT_EQ(first.size(), kSymbols) << "said again, it is the same";
  for (std::size_t s = 0; s < kSymbols; ++s) {
    const Json& prediction = said["predictions"][s];
    EXPECT_EQ(first[s]["symbol"], prediction["symbol"]);
    EXPECT_EQ(first[s]["as_of"], said["newest_bar"]);
    EXPECT_EQ(first[s]["votes"], prediction["votes"]);
    EXPECT_EQ(vote_of(first[s], "lightgbm")["version"], version);
    EXPECT_EQ(first[s]["action"], prediction["action"]);
    EXPECT_LT(first[s]["made_at"].get<std::string>(), first[s]["known_at"].get<std::string>());
  }
  place_.environment["CLM_LIGHTGBM_NUM_LEAVES"] = "7";
  const std::string second = train_and_promote();
  ASSERT_NE(second, version);
  place_.json({"predict"});
  EXPECT_EQ(logged().size(), 2 * kSymbols) << "another version says it";
  EXPECT_EQ(logged({"--symbol", "sim0003usdt"}).size(), 2U);
  EXPECT_EQ(logged({"--limit", "3"}).size(), 3U);
  EXPECT_TRUE(logged({"--since", "2100-01-01"}).empty());
  const Outcome shown = place_.run({"predictions"});
  EXPECT_NE(shown.out.find("lightgbm " + second), std::string::npos) << shown.out;
}

TEST_F(Predictions, OfThePastAreNone) {
  store(kBars - 10);
  train_and_promote();
  place_.json({"predict"});
  EXPECT_TRUE(logged().empty()) << "what became of it could be known";
  store(kBars);
  const Json now = place_.json({"predict"});
  ASSERT_EQ(logged().size(), kSymbols);
  place_.json({"predict", "--as-of", now["newest_bar"]});
  EXPECT_EQ(logged().size(), kSymbols);
}

TEST_F(Predictions, FollowBarsAndVersions) {
  store(kBars - 2);
  const std::string first = train_and_promote();
  RunningProgram program(place_.invocation({"predict", "--follow", "--every", "0.1", "--json"}));
  const auto has = [&](std::size_t count) { return [this, count] { return logged().size() == count; }; };
  ASSERT_TRUE(program.runs_until(has(kSymbols)));
  store(kBars - 1);
  ASSERT_TRUE(program.runs_until(has(2 * kSymbols)));
  place_.environment["CLM_LIGHTGBM_NUM_LEAVES"] = "7";
  const std::string second = train_and_promote();
  ASSERT_TRUE(program.runs_until(has(3 * kSymbols)));
  store(kBars);
  ASSERT_TRUE(program.runs_until(has(4 * kSymbols)));
  program.send(SIGINT);
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.describe();
  const auto said = documents(outcome.out);
  ASSERT_EQ(said.size(), 4U) << outcome.describe();
  const auto version_of = [](const Json& document) {
    return vote_of(document["predictions"][0], "lightgbm")["version"].get<std::string>();
  };
  EXPECT_EQ(version_of(said[0]), first);
  EXPECT_LT(said[0]["newest_bar"], said[1]["newest_bar"]);
  EXPECT_EQ(version_of(said[1]), first);
  EXPECT_EQ(version_of(said[2]), second);
  EXPECT_EQ(said[1]["newest_bar"], said[2]["newest_bar"]);
  EXPECT_EQ(said[3]["predictions"], place_.json({"predict"})["predictions"]) << "live or begun anew, the same bits";
}

TEST_F(Predictions, FollowRefusesThePast) {
  EXPECT_EQ(place_.run({"predict", "--follow", "--as-of", "2024-01-01"}).exit_code, 2);
  EXPECT_EQ(place_.run({"predict", "--every", "1"}).exit_code, 2);
}

}  // namespace
}  // namespace clm::testing
