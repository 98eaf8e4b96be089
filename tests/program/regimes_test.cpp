// Regimes of every symbol, as a person asks for them.
#include <gtest/gtest.h>

#include <set>

#include <nlohmann/json.hpp>

#include "support/workspace.hpp"

namespace clm::testing {
namespace {

TEST(RegimesCommand, ShowsEverySymbolAndTheMarketAsTheyWereKnown) {
  const TestWorkspace place;
  place.json({"simulate", "--symbols", "3", "--bars", "2400", "--seed", "4"});
  const auto found = place.json({"regimes"});
  EXPECT_EQ(found["interval"], "1h");
  ASSERT_EQ(found["symbols"].size(), 3U);
  const std::set<std::string> volatilities{"calm", "normal", "turbulent", "unknown"};
  const std::set<std::string> trends{"down", "flat", "up", "unknown"};
  for (const auto& regime : found["symbols"]) {
    EXPECT_EQ(regime["symbol"].get<std::string>().rfind("SIM", 0), 0U);
    EXPECT_EQ(volatilities.count(regime["volatility"]["state"]), 1U) << regime;
    EXPECT_EQ(trends.count(regime["trend"]["state"]), 1U) << regime;
    EXPECT_EQ(regime["why_unknown"], "") << "100 days can be learned from";
  }
  const auto& market = found["market"];
  EXPECT_NE(market["trend"]["state"], "unknown");
  EXPECT_LT(market["trend"]["since"].get<std::string>(), found["as_of"].get<std::string>());
  EXPECT_GE(market["trend"]["probability"], 0);
  EXPECT_LE(market["trend"]["probability"], 1);

  const auto early = place.json({"regimes", "--as-of", "2024-02-01"});
  EXPECT_EQ(early["market"]["volatility"]["state"], "unknown") << "a month is too short";
  EXPECT_TRUE(early["market"]["volatility"]["since"].is_null());
  EXPECT_TRUE(early["market"]["volatility"]["probability"].is_null());
  EXPECT_NE(early["market"]["why_unknown"].get<std::string>().find("at least 60"), std::string::npos);
}

}  // namespace
}  // namespace clm::testing
