// What the program finds in real candles whose defects are known.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "support/testdata.hpp"
#include "support/workspace.hpp"

namespace clm::testing {
namespace {

class RealData : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test_data("klines")) GTEST_SKIP() << kNoTestData;
  }
  TestWorkspace place_;
};

TEST_F(RealData, TheFrozenSymbolsOfTheNinetyOneAreFoundAndNoOthers) {
  const auto report = place_.json({"import", (*test_data("klines") / "klines" / "um-91x1500-1h").string()});
  EXPECT_EQ(report["symbols"], 91);
  EXPECT_EQ(report["rows_stored"], 136'409);
  std::set<std::string> whole, in_part;
  const auto data = place_.json({"data"});
  for (const auto& series : data["series"])
    if (series["status"] == "frozen") (series["used_rows"] > 23 ? in_part : whole).insert(series["symbol"]);
  EXPECT_EQ(whole, (std::set<std::string>{"FTMUSDT", "FTTUSDT", "LITUSDT", "OCEANUSDT", "REEFUSDT", "WAVESUSDT"}));
  EXPECT_EQ(in_part, (std::set<std::string>{"ALPHAUSDT", "BAKEUSDT"}));
}

TEST_F(RealData, TheGappyTheDeadAndTheShortAreTold) {
  place_.json({"import", (*test_data("candles-json") / "candles-json").string()});
  std::map<std::string, nlohmann::json> found;
  const auto data = place_.json({"data"});
  for (const auto& series : data["series"]) found[series["symbol"]] = series;
  for (const char* symbol : {"LDOUSDT", "ROSEUSDT", "SXPUSDT"}) EXPECT_EQ(found[symbol]["status"], "gappy") << symbol;
  for (const char* symbol : {"AGIXUSDT", "BALUSDT"}) {
    EXPECT_EQ(found[symbol]["status"], "frozen") << symbol;
    EXPECT_EQ(found[symbol]["used_rows"], 23) << symbol << ": until it could be known that nobody trades";
    EXPECT_EQ(found[symbol]["left_out"][0]["reason"], "no trade") << symbol;
  }
  EXPECT_EQ(found["DAIUSDT"]["status"], "stale");
  EXPECT_EQ(found["DAIUSDT"]["used_rows"], found["DAIUSDT"]["rows"]) << "its past is still true";
}

}  // namespace
}  // namespace clm::testing
