#include "adapters/binance/binance_rest.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "binance_exchange/fetch_fixture.hpp"

namespace clm {
namespace {

using testing::ExchangeServer;
using Answer = ExchangeServer::Answer;
using Delivery = ExchangeServer::Delivery;

class BinanceRestTest : public testing::ExchangeTest {
 protected:
  BinanceRestTest() {
    server.list_candles("BTCUSDT", {});
    options = binance_options();
  }
  Result<nlohmann::json> get_klines(const std::string& symbol = "BTCUSDT",
                                    BinanceMarket market = BinanceMarket::usd_margined) {
    BinanceRest rest(*http, pause, clock, options);
    return rest.get(market, market == BinanceMarket::spot ? "/api/v3/klines" : "/fapi/v1/klines",
                    {{"symbol", symbol}, {"interval", "1h"}}, cancel);
  }
  std::string code_of(const Result<nlohmann::json>& result) { return result ? "" : result.error().code; }

  BinanceOptions options;
};

TEST_F(BinanceRestTest, GivesTheParsedBody) {
  const Result<nlohmann::json> answer = get_klines();
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(*answer, nlohmann::json::array());
  EXPECT_THAT(server.requests(), ::testing::ElementsAre("/fapi/v1/klines?symbol=BTCUSDT&interval=1h"));
  EXPECT_TRUE(pause.waits.empty());
}

TEST_F(BinanceRestTest, WaitsAsLongAsRetryAfterSays) {
  server.answer_next({429, R"({"code":-1003,"msg":"Too many requests."})", {{"Retry-After", "37"}}, Delivery::whole});
  ASSERT_TRUE(get_klines());
  ASSERT_EQ(pause.waits.size(), 1U);
  EXPECT_GE(pause.waits[0], Duration(37'000));
  EXPECT_LE(pause.waits[0], Duration(38'000));
}

TEST_F(BinanceRestTest, ALongBanIsAnErrorThatSaysUntilWhen) {
  server.answer_next({418, "{}", {{"Retry-After", "7200"}}, Delivery::whole});
  const Result<nlohmann::json> answer = get_klines();
  ASSERT_EQ(code_of(answer), "fetch.rate_limited");
  EXPECT_THAT(answer.error().message, ::testing::HasSubstr("2024-01-05T02:00:00Z"));
  EXPECT_TRUE(pause.waits.empty());
  EXPECT_EQ(server.requests().size(), 1U) << "asking again would lengthen the ban";
}

TEST_F(BinanceRestTest, BacksOffExponentiallyWithJitterFromTheSeed) {
  for (int i = 0; i < 4; ++i) server.answer_next(500, "internal error");
  ASSERT_TRUE(get_klines());
  ASSERT_EQ(pause.waits.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_GE(pause.waits[i], Duration(500LL << i));
    EXPECT_LE(pause.waits[i], Duration(1'000LL << i));
  }
  const std::vector<Duration> first = pause.waits;
  pause.waits.clear();
  for (int i = 0; i < 4; ++i) server.answer_next(500);
  ASSERT_TRUE(get_klines());
  EXPECT_EQ(pause.waits, first) << "same seed, same waits";
  options.seed = 2;
  pause.waits.clear();
  for (int i = 0; i < 4; ++i) server.answer_next(500);
  ASSERT_TRUE(get_klines());
  EXPECT_NE(pause.waits, first);
}

TEST_F(BinanceRestTest, GivesUpAfterTheLastAttempt) {
  options.max_attempts = 3;
  for (int i = 0; i < 3; ++i) server.answer_next(503, "<html>maintenance</html>");
  const Result<nlohmann::json> answer = get_klines();
  ASSERT_EQ(code_of(answer), "fetch.server");
  EXPECT_EQ(answer.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(answer.error().message, ::testing::HasSubstr("3 attempts"));
  EXPECT_THAT(answer.error().where, ::testing::HasSubstr("/fapi/v1/klines?symbol=BTCUSDT"));
  EXPECT_EQ(server.requests().size(), 3U);
  EXPECT_EQ(pause.waits.size(), 2U) << "no wait after the last";
}

TEST_F(BinanceRestTest, TriesAgainAfterTruncatedAndDroppedAnswers) {
  server.answer_next({200, "[[1,2,3,4]]", {}, Delivery::truncated});
  server.answer_next({200, "", {}, Delivery::dropped});
  const Result<nlohmann::json> answer = get_klines();
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(*answer, nlohmann::json::array()) << "half an answer is not an answer";
  EXPECT_EQ(pause.waits.size(), 2U);
}

TEST_F(BinanceRestTest, SilenceIsATimeout) {
  options.timeout = Duration(50);
  options.max_attempts = 2;
  server.answer_next({200, "", {}, Delivery::never});
  server.answer_next({200, "", {}, Delivery::never});
  const Result<nlohmann::json> answer = get_klines();
  ASSERT_EQ(code_of(answer), "fetch.network");
  EXPECT_THAT(answer.error().message, ::testing::HasSubstr("within 50 ms"));
}

TEST_F(BinanceRestTest, NobodyListening) {
  options.usd_margined_url = "http://127.0.0.1:1";
  options.max_attempts = 2;
  EXPECT_EQ(code_of(get_klines()), "fetch.network");
  EXPECT_EQ(pause.waits.size(), 1U);
}

TEST_F(BinanceRestTest, AnHtmlPageIsNamedWithItsAddressAndNotTriedAgain) {
  server.answer_next(200, "<html><body>Please log in to the hotel's network</body></html>");
  const Result<nlohmann::json> answer = get_klines();
  ASSERT_EQ(code_of(answer), "fetch.response");
  EXPECT_THAT(answer.error().message, ::testing::HasSubstr("hotel"));
  EXPECT_THAT(answer.error().where, ::testing::StartsWith(server.url()));
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(BinanceRestTest, SpeaksOfUnknownSymbolsAndOtherRefusals) {
  EXPECT_EQ(code_of(get_klines("NOPEUSDT")), "fetch.symbol");
  server.answer_next(400, R"({"code":-1130,"msg":"parameter 'startTime' is invalid."})");
  const Result<nlohmann::json> refused = get_klines();
  ASSERT_EQ(code_of(refused), "fetch.rejected");
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("startTime"));
  server.answer_next(451, R"({"code":0,"msg":"Service unavailable from a restricted location"})");
  EXPECT_EQ(code_of(get_klines()), "fetch.blocked");
  server.answer_next(404, "<html>");
  EXPECT_EQ(code_of(get_klines()), "fetch.rejected");
  server.answer_next({302, "", {{"Location", "http://127.0.0.1:1/"}}, Delivery::whole});
  EXPECT_EQ(code_of(get_klines()), "fetch.rejected") << "redirects are not followed";
}

TEST_F(BinanceRestTest, RefusesABodyBeyondItsLimit) {
  options.max_body_bytes = 1000;
  server.answer_next(200, "[" + std::string(5000, ' ') + "]");
  EXPECT_EQ(code_of(get_klines()), "http.body_too_large");
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(BinanceRestTest, StopsBeforeTheWeightLimitUntilTheNextMinute) {
  clock.set(kNow + Duration(20'000));
  BinanceRest rest(*http, pause, clock, options);
  const auto ask = [&](BinanceMarket market) {
    return rest.get(market, market == BinanceMarket::spot ? "/api/v3/klines" : "/fapi/v1/klines",
                    {{"symbol", "BTCUSDT"}, {"interval", "1h"}}, cancel);
  };
  server.set_used_weight(1919);
  ASSERT_TRUE(ask(BinanceMarket::usd_margined));
  ASSERT_TRUE(ask(BinanceMarket::usd_margined));
  EXPECT_TRUE(pause.waits.empty()) << "below 80 % of 2,400";
  server.set_used_weight(1920);
  ASSERT_TRUE(ask(BinanceMarket::usd_margined));
  EXPECT_TRUE(pause.waits.empty()) << "nothing to wait for until there is something to ask";
  ASSERT_TRUE(ask(BinanceMarket::spot));
  EXPECT_TRUE(pause.waits.empty()) << "the other market has its own limit of 6,000";
  server.set_used_weight(10);
  ASSERT_TRUE(ask(BinanceMarket::usd_margined));
  EXPECT_THAT(pause.waits, ::testing::ElementsAre(Duration(41'000)));
  ASSERT_TRUE(ask(BinanceMarket::usd_margined));
  EXPECT_EQ(pause.waits.size(), 1U);
}

TEST_F(BinanceRestTest, StopsOnRequest) {
  cancel.request();
  EXPECT_EQ(code_of(get_klines()), "cancelled");
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace clm
