#include "market/series/symbol_name.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

TEST(SymbolName, PairsAsPeopleWriteThemAreTheSymbolOfTheExchange) {
  for (const char* text : {"BTCUSDT", "btcusdt", "BTC/USDT", "BTC-USDT", "btc_usdt", "BTC:USDT", "BTC/USDT:USDT",
                           "btc/usdt:usdt", "BTC_USDT_USDT", "BTC-USDT-USDT"})
    EXPECT_EQ(normal_symbol(text), "BTCUSDT") << text;
  EXPECT_EQ(normal_symbol("BTC/USD:BTC"), "BTCUSD") << "settled in coins";
  EXPECT_EQ(normal_symbol("BTCUSDT_230630"), "BTCUSDT_230630");
  EXPECT_EQ(normal_symbol("BTC/USDT:USDT-230630"), "BTCUSDT_230630");
  EXPECT_EQ(normal_symbol("1000PEPE/USDT"), "1000PEPEUSDT");
  EXPECT_EQ(normal_symbol("币安人生/USDT"), "币安人生USDT");
  for (const char* none :
       {"", "/", "BTC USDT", "BTC$", "a\x01", "BTC\xff", "BTC\xE2\x80\x8BUSDT", "../BTC", "/etc/passwd"})
    EXPECT_FALSE(normal_symbol(none)) << none;
  EXPECT_TRUE(normal_symbol(std::string(32, 'A')));
  EXPECT_FALSE(normal_symbol(std::string(33, 'A')));
}

TEST(SymbolName, TheStoredOneIsFound) {
  const std::vector<Symbol> stored{Symbol("BTCUSDT"), Symbol("ETH/BTC"), Symbol("币安人生USDT")};
  EXPECT_EQ(stored_symbol("BTC/USDT:USDT", stored, "--symbol")->str(), "BTCUSDT");
  EXPECT_EQ(stored_symbol("ethbtc", stored, "--symbol")->str(), "ETH/BTC");
  EXPECT_EQ(stored_symbol("币安人生/usdt", stored, "--symbol")->str(), "币安人生USDT");
  const auto unknown = stored_symbol("LTC/USDT", stored, "--symbol");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, "universe.unknown_symbol");
  EXPECT_EQ(unknown.error().where, "--symbol");
}

TEST(SymbolName, TwoThatMatchAreNamedAndTheExactOneWins) {
  const std::vector<Symbol> stored{Symbol("ETH/BTC"), Symbol("ETHBTC")};
  EXPECT_EQ(stored_symbol("ETHBTC", stored, "--symbol")->str(), "ETHBTC");
  EXPECT_EQ(stored_symbol("ETH/BTC", stored, "--symbol")->str(), "ETH/BTC");
  const auto either = stored_symbol("eth-btc", stored, "--symbol");
  ASSERT_FALSE(either);
  EXPECT_EQ(either.error().code, "symbol.ambiguous");
  EXPECT_NE(either.error().message.find("ETH/BTC and ETHBTC"), std::string::npos) << either.error().message;
}

TEST(SymbolName, APathIsNoSymbol) {
  for (const char* path : {"./data/BTCUSDT.csv", "/data/BTCUSDT", "~/BTCUSDT", "data/spot/BTCUSDT", "BTCUSDT-1h.csv.gz",
                           "C:\\data\\BTCUSDT", "../BTCUSDT"}) {
    const auto asked = asked_symbol(path, "universe.symbols");
    ASSERT_FALSE(asked) << path;
    EXPECT_EQ(asked.error().code, "symbol.path") << path;
    EXPECT_NE(asked.error().remedy.find("clm import"), std::string::npos);
  }
  EXPECT_EQ(asked_symbol("BTC USDT", "--symbol").error().code, "symbol.name");
}

}  // namespace
}  // namespace clm
