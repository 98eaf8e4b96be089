// Regimes of every symbol, as a person asks for them, and the page that draws them.
#include <gtest/gtest.h>

#include <set>

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "support/testdata.hpp"
#include "support/workspace.hpp"

namespace clm::testing {
namespace {

TEST(RegimesCommand, ShowsEverySymbolAndTheMarketAsTheyWereKnown) {
  const TestWorkspace place;
  place.json({"simulate", "--symbols", "3", "--bars", "2400", "--seed", "4"});
  const auto found = place.json({"regimes"});
  EXPECT_EQ(found["interval"], "1h");
  ASSERT_EQ(found["symbols"].size(), 3U);
  const std::set<std::string> volatilities{"calm", "normal", "turbulent"};
  const std::set<std::string> trends{"down", "flat", "up"};
  for (const auto& regime : found["symbols"]) {
    EXPECT_EQ(regime["symbol"].get<std::string>().rfind("SIM", 0), 0U);
    EXPECT_EQ(volatilities.count(regime["volatility"]["state"]), 1U) << regime;
    EXPECT_GT(regime["volatility"]["times_usual"], 0) << regime;
    EXPECT_EQ(trends.count(regime["trend"]["state"]), 1U) << regime;
    EXPECT_EQ(regime["trend"]["began"].is_null(), regime["trend"]["state"] == "flat") << regime;
    EXPECT_EQ(regime["why_unknown"], "") << "100 days are enough";
  }
  const auto& market = found["market"];
  EXPECT_LT(market["trend"]["since"].get<std::string>(), found["as_of"].get<std::string>());
  EXPECT_GE(market["trend"]["evidence"], 0);

  const auto early = place.json({"regimes", "--as-of", "2024-02-01"});
  EXPECT_EQ(early["market"]["volatility"]["state"], "unknown") << "a month is too short";
  EXPECT_TRUE(early["market"]["volatility"]["since"].is_null());
  EXPECT_TRUE(early["market"]["volatility"]["times_usual"].is_null());
  EXPECT_NE(early["market"]["why_unknown"].get<std::string>().find("at least 60"), std::string::npos);
  EXPECT_NE(early["market"]["trend"]["state"], "unknown") << "two weeks are enough";
}

TEST(RegimesCommand, APageDrawsThemUnderThePrice) {
  const TestWorkspace place;
  const auto stored = place.json({"simulate", "--symbols", "3", "--bars", "2400", "--seed", "4"});
  const auto page = place.json({"report", "--regimes", "SIM0000USDT,SIM0002USDT"});
  EXPECT_EQ(page["kind"], "regimes");
  const std::string html = read_file(page["file"].get<std::string>()).value();
  for (const char* part : {"Regimes of The market", "Regimes of SIM0000USDT", "Regimes of SIM0002USDT", "<polyline"})
    EXPECT_NE(html.find(part), std::string::npos) << part;
  EXPECT_EQ(html.find("Regimes of SIM0001USDT"), std::string::npos);
  EXPECT_EQ(place.error({"report", "--regimes", "NOSUCHUSDT"}, 2)["code"], "regimes.unknown_symbol");
  EXPECT_EQ(place.error({"report", "--regimes", "SIM0000USDT", "--data"}, 2)["code"], "usage");
}

/// The days that everybody remembers, in the hourly candles of 60 symbols. A storm must be told within 24 bars of the
/// first close of its week that lies 5 % below the highest of the day before; a rise within the ten days in which the
/// price rose most.
TEST(RegimesCommand, SeesTheStormsOf2022AndTheRisesOf2023) {
  if (!test_data("klines")) GTEST_SKIP() << kNoTestData;
  const TestWorkspace place;
  place.json({"import", (*test_data("klines") / "klines" / "spot-1h").string()});
  const auto at = [&](const char* as_of) {
    const auto found = place.json({"regimes", "--as-of", as_of});
    for (const auto& symbol : found["symbols"])
      if (symbol["symbol"] == "BTCUSDT") return std::make_pair(found["market"], symbol);
    return std::make_pair(nlohmann::json(), nlohmann::json());
  };
  // These closes: 2022-05-09 08:00 (BTC 11:00), 2022-06-13 01:00, 2022-11-07 08:00 (BTC on the 8th, 05:00).
  const auto luna = at("2022-05-10T08:00:00Z"), celsius = at("2022-06-14T01:00:00Z"), ftx = at("2022-11-09T05:00:00Z");
  EXPECT_EQ(at("2022-11-08T08:00:00Z").first["volatility"]["state"], "turbulent");
  for (const auto& [market, btc] : {luna, celsius, ftx}) {
    EXPECT_EQ(market["volatility"]["state"], "turbulent") << market;
    EXPECT_EQ(btc["volatility"]["state"], "turbulent") << btc;
  }
  EXPECT_NE(at("2022-11-07T00:00:00Z").first["volatility"]["state"], "turbulent");
  // From 2023-01-06 (BTC 11) to 16 (21); from 2023-10-19 (BTC 15) to 29 (25).
  EXPECT_EQ(at("2023-10-25T16:00:00Z").second["trend"]["state"], "up");
  for (const char* rise : {"2023-01-16T07:00:00Z", "2023-10-29T23:00:00Z"}) {
    const auto [market, btc] = at(rise);
    EXPECT_EQ(market["trend"]["state"], "up") << rise << market;
    EXPECT_EQ(btc["trend"]["state"], "up") << rise << btc;
  }
  for (const char* before : {"2023-01-04T00:00:00Z", "2023-10-14T00:00:00Z"}) {
    const auto [market, btc] = at(before);
    EXPECT_EQ(market["trend"]["state"], "flat") << before;
    EXPECT_EQ(btc["trend"]["state"], "flat") << before;
  }
}

}  // namespace
}  // namespace clm::testing
