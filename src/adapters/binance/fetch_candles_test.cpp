#include "adapters/binance/fetch_candles.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>

#include "binance_exchange/fetch_fixture.hpp"
#include "market/simulator/simulator.hpp"

namespace clm {
namespace {

using testing::ExchangeServer;
using Delivery = ExchangeServer::Delivery;

class FetchCandlesTest : public testing::ExchangeTest {
 protected:
  FetchCandlesTest() : store(*CandleStore::open(directory.path())) {
    options.symbols = {Symbol("BTCUSDT")};
    options.range.from = kNow - 4000 * kHour;
  }

  /// Hourly candles that end with the bar that opened at `kNow`, which has not closed.
  std::vector<Candle> hourly(std::size_t bars) {
    SimulationOptions simulation;
    simulation.symbols = 1;
    simulation.bars = bars;
    simulation.start = kNow - static_cast<std::int64_t>(bars - 1) * kHour;
    return simulate(simulation)->series[0].candles;
  }

  Result<FetchReport> fetch() {
    BinanceRest rest(*http, pause, clock, binance_options());
    return fetch_candles(rest, store, options, context());
  }

  std::vector<Candle> stored(const std::string& symbol = "BTCUSDT") {
    return store.read({options.venue, Symbol(symbol), options.interval}, {}, Timestamp::max())->candles;
  }

  static bool equal(const std::vector<Candle>& a, const std::vector<Candle>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const Candle& x, const Candle& y) { return std::memcmp(&x, &y, sizeof x) == 0; });
  }
  static std::vector<Candle> closed(std::vector<Candle> candles) {
    candles.pop_back();
    return candles;
  }

  CandleStore store;
  FetchCandlesOptions options;
};

TEST_F(FetchCandlesTest, TurnsThePagesAndLeavesTheUnfinishedBar) {
  const std::vector<Candle> candles = hourly(3500);
  server.list_candles("BTCUSDT", candles);
  const Result<FetchReport> report = fetch();
  ASSERT_TRUE(report) << to_string(report.error());
  ASSERT_EQ(report->series.size(), 1U);
  const FetchedSeries& series = report->series[0];
  EXPECT_EQ(to_string(series.key), "binance-um/1h/BTCUSDT");
  EXPECT_EQ(series.rows_stored, 3499);
  EXPECT_EQ(series.from, candles.front().open_time);
  EXPECT_EQ(series.to, kNow - kHour);
  EXPECT_EQ(series.requests, 3);
  EXPECT_TRUE(equal(stored(), closed(candles))) << "every column, every bit";
}

TEST_F(FetchCandlesTest, SpotHasItsOwnPathAndPageSize) {
  options.market = BinanceMarket::spot;
  options.venue = Venue("binance-spot");
  server.list_candles("BTCUSDT", hourly(1501));
  const Result<FetchReport> report = fetch();
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->series[0].rows_stored, 1500);
  EXPECT_THAT(server.requests(),
              ::testing::ElementsAre(::testing::HasSubstr("/api/v3/klines?symbol=BTCUSDT&interval=1h"),
                                     ::testing::HasSubstr("limit=1000")));
}

TEST_F(FetchCandlesTest, ABarIsStoredFromTheMomentItClosed) {
  server.list_candles("BTCUSDT", hourly(10));
  clock.set(kNow + kHour - Duration(1));
  ASSERT_TRUE(fetch());
  EXPECT_EQ(stored().size(), 9U);
  clock.set(kNow + kHour);
  ASSERT_TRUE(fetch());
  EXPECT_EQ(stored().size(), 10U);
}

TEST_F(FetchCandlesTest, GoesOnAfterTheLastStoredBarAndCorrectsIt) {
  std::vector<Candle> candles = hourly(3500);
  std::vector<Candle> earlier(candles.begin(), candles.begin() + 3000);
  earlier.back().close = earlier.back().low;  // what somebody stored before the bar was final
  ASSERT_TRUE(store.write({{options.venue, Symbol("BTCUSDT"), options.interval}, earlier}));
  server.list_candles("BTCUSDT", candles);
  options.range.from = candles.front().open_time;
  const Result<FetchReport> report = fetch();
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->series[0].requests, 1);
  EXPECT_EQ(report->series[0].rows_stored, 499);
  EXPECT_TRUE(equal(stored(), closed(candles)));
  EXPECT_EQ(fetch()->series[0].rows_stored, 0) << "again: nothing new";
}

TEST_F(FetchCandlesTest, AnInterruptionLosesNoPage) {
  const std::vector<Candle> candles = hourly(3500);
  server.list_candles("BTCUSDT", candles);
  BinanceOptions impatient = binance_options();
  impatient.max_attempts = 1;
  // The first page comes, the second does not.
  class FailingSecond final : public HttpClient {
   public:
    FailingSecond(HttpClient& inner, ExchangeServer& exchange) : inner_(inner), exchange_(exchange) {}
    Result<HttpResponse> get(const HttpRequest& request, const CancelToken& token) override {
      if (++calls_ == 2) exchange_.answer_next({200, "", {}, Delivery::truncated});
      return inner_.get(request, token);
    }

   private:
    HttpClient& inner_;
    ExchangeServer& exchange_;
    int calls_ = 0;
  } failing(*http, server);
  BinanceRest interrupted(failing, pause, clock, impatient);
  const Result<FetchReport> broken = fetch_candles(interrupted, store, options, context());
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, "fetch.network");
  EXPECT_EQ(stored().size(), 1500U);
  ASSERT_TRUE(fetch());
  EXPECT_TRUE(equal(stored(), closed(candles)));
}

TEST_F(FetchCandlesTest, FillsBackwardsWithoutLeavingAHole) {
  const std::vector<Candle> candles = hourly(5001);
  ASSERT_TRUE(
      store.write({{options.venue, Symbol("BTCUSDT"), options.interval}, {candles.end() - 500, candles.end() - 100}}));
  server.list_candles("BTCUSDT", candles);
  options.range.from = candles.front().open_time;
  // Interrupted at the second page of the way back: what is stored still hangs together.
  class StoppingSecond final : public HttpClient {
   public:
    StoppingSecond(HttpClient& inner, CancelToken& token) : inner_(inner), token_(token) {}
    Result<HttpResponse> get(const HttpRequest& request, const CancelToken& token) override {
      if (++calls_ == 2) token_.request();
      return inner_.get(request, token);
    }

   private:
    HttpClient& inner_;
    CancelToken& token_;
    int calls_ = 0;
  };
  CancelToken stop;
  StoppingSecond stopping(*http, stop);
  BinanceRest rest(stopping, pause, clock, binance_options());
  const Result<FetchReport> broken = fetch_candles(rest, store, options, RunContext{clock, stop, progress, 1});
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, "cancelled");
  EXPECT_TRUE(equal(stored(), {candles.end() - 2000, candles.end() - 100}));

  ASSERT_TRUE(fetch());
  EXPECT_TRUE(equal(stored(), closed(candles)));
}

TEST_F(FetchCandlesTest, AsksOnceForWhatLiesBeforeTheListing) {
  const std::vector<Candle> candles = hourly(2001);
  ASSERT_TRUE(store.write({{options.venue, Symbol("BTCUSDT"), options.interval}, closed(candles)}));
  server.list_candles("BTCUSDT", candles);
  options.range.from = kNow - 20'000 * kHour;
  EXPECT_EQ(fetch()->series[0].requests, 2) << "one empty page backwards, one forwards";
  EXPECT_TRUE(equal(stored(), closed(candles)));
}

TEST_F(FetchCandlesTest, KeepsTheExchangesOwnGaps) {
  std::vector<Candle> candles = hourly(3500);
  candles.erase(candles.begin() + 1000, candles.begin() + 1300);
  server.list_candles("BTCUSDT", candles);
  ASSERT_TRUE(fetch());
  EXPECT_TRUE(equal(stored(), closed(candles)));
}

class FetchPageOrder : public FetchCandlesTest, public ::testing::WithParamInterface<ExchangeServer::PageOrder> {};

TEST_P(FetchPageOrder, DoesNotMatter) {
  const std::vector<Candle> candles = hourly(3500);
  server.list_candles("BTCUSDT", candles);
  server.set_page_order(GetParam());
  const Result<FetchReport> report = fetch();
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_TRUE(equal(stored(), closed(candles)));
  EXPECT_EQ(report->series[0].rows_stored, 3499);
}
INSTANTIATE_TEST_SUITE_P(FetchCandles, FetchPageOrder,
                         ::testing::Values(ExchangeServer::PageOrder::shuffled,
                                           ExchangeServer::PageOrder::overlapping));

TEST_F(FetchCandlesTest, NothingThereIsNotAnError) {
  server.list_candles("BTCUSDT", {});
  const Result<FetchReport> report = fetch();
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->series[0].rows_stored, 0);
  EXPECT_FALSE(report->series[0].from.has_value());
}

TEST_F(FetchCandlesTest, AnUnknownSymbolDoesNotStopTheOthers) {
  server.list_candles("BTCUSDT", hourly(100));
  options.symbols = {Symbol("NOPEUSDT"), Symbol("BTCUSDT")};
  const Result<FetchReport> report = fetch();
  ASSERT_TRUE(report) << to_string(report.error());
  ASSERT_TRUE(report->series[0].problem.has_value());
  EXPECT_EQ(report->series[0].problem->code, "fetch.symbol");
  EXPECT_EQ(report->series[1].rows_stored, 99);
  options.symbols = {Symbol("NOPEUSDT")};
  EXPECT_EQ(fetch().error().code, "fetch.symbol") << "all failed: so did the fetch";
}

TEST_F(FetchCandlesTest, AnswersThatAreNotCandlesAreNotStored) {
  const std::string good = R"(1704405600000,"1","2","0.5","1.5","10",1704409199999,"15",7,"5","7","0")";
  const std::string bad_answers[] = {
      R"({"rows":[]})",
      "[1,2]",
      "[[" + good + R"(],[1704409200000,"1","2","0.5","text","10",1704412799999,"15",7,"5","7","0"]])",
      R"([[1704405600000,"1","2","0.5","nan","10",1704409199999,"15",7,"5","7","0"]])",
      R"([[1704405600000,"1","2","0.5","1e999","10",1704409199999,"15",7,"5","7","0"]])",
      R"([[1704405600,"1","2","0.5","1.5","10",1704409199,"15",7,"5","7","0"]])",
      R"([[1704405660000,"1","2","0.5","1.5","10",1704409199999,"15",7,"5","7","0"]])",
      R"([[1604404800000,"1","2","0.5","1.5","10",1604408399999,"15",7,"5","7","0"]])",
      R"([[1704405600000,"1","2","0.5","1.5"]])",
      R"([[null,"1","2","0.5","1.5","10",1704409199999,"15",7,"5","7","0"]])"};
  for (const std::string& body : bad_answers) {
    server.answer_next(200, body);
    const Result<FetchReport> report = fetch();
    ASSERT_FALSE(report) << body;
    EXPECT_EQ(report.error().code, "fetch.response") << body;
    EXPECT_THAT(report.error().where, ::testing::HasSubstr("BTCUSDT")) << body;
    EXPECT_TRUE(stored().empty()) << body;
  }
  server.list_candles("BTCUSDT", {});
  server.answer_next(200, "[[" + good + "]]");
  ASSERT_TRUE(fetch());
  EXPECT_EQ(stored().size(), 1U) << "the row that the bad ones are made of is a good one";
}

TEST_F(FetchCandlesTest, RefusesRequestsThatCannotBeMeant) {
  const auto refused = [&](const std::string& code) {
    const Result<FetchReport> report = fetch();
    ASSERT_FALSE(report) << code;
    EXPECT_EQ(report.error().code, code);
    EXPECT_EQ(report.error().kind, ErrorKind::usage);
    EXPECT_FALSE(report.error().remedy.empty());
  };
  const FetchCandlesOptions good = options;
  options.symbols = {};
  refused("fetch.symbols");
  options.symbols = {Symbol("BTC/USDT&limit=1")};
  refused("fetch.symbols");
  options = good;
  options.range = {};
  refused("fetch.range");
  options.range = {kNow, kNow - kHour};
  refused("fetch.range");
  options = good;
  options.interval = *Interval::parse("1s");
  refused("fetch.interval");
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace clm
