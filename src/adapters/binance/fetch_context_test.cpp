#include "adapters/binance/fetch_context.hpp"

#include <gmock/gmock.h>

#include "binance_exchange/fetch_fixture.hpp"

namespace clm {
namespace {

class FetchContextTest : public testing::ExchangeTest {
 protected:
  FetchContextTest() : store(*ContextStore::open(directory.path())) {
    server.set_now(kNow);
    options.kinds = {SeriesKind::funding_rate};
    options.symbols = {Symbol("BTCUSDT")};
    options.range.from = kNow - 1000 * kDay;
  }

  /// A value every `step`, the last at `kNow`; the value tells the time.
  static std::map<std::int64_t, double> values(std::size_t count, Duration step) {
    std::map<std::int64_t, double> result;
    for (std::size_t i = 0; i < count; ++i) {
      const Timestamp time = kNow - static_cast<std::int64_t>(i) * step;
      result[time.ms()] = static_cast<double>(time.ms() / 3'600'000) * 1e-9;
    }
    return result;
  }

  Result<FetchReport> fetch() {
    BinanceRest rest(*http, pause, clock, binance_options());
    return fetch_context(rest, store, options, context());
  }

  std::map<std::int64_t, double> stored(SeriesKind kind = SeriesKind::funding_rate) {
    std::map<std::int64_t, double> result;
    const Result<ContextSeries> series = store.read({kind, Symbol("BTCUSDT"), Venue("binance-um")}, Timestamp::max());
    for (const SeriesPoint& point : series->points) result[point.event_time.ms()] = point.value;
    return result;
  }

  ContextStore store;
  FetchContextOptions options;
};

TEST_F(FetchContextTest, FundingPageByPage) {
  const auto rates = values(2500, 8 * kHour);
  server.list_funding("BTCUSDT", rates);
  const Result<FetchReport> report = fetch();
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(stored(), rates);
  EXPECT_EQ(report->series[0].what, "funding_rate");
  EXPECT_EQ(report->series[0].rows_stored, 2500);
  EXPECT_EQ(report->series[0].requests, 3);
  EXPECT_EQ(report->series[0].to, kNow);
  const auto points =
      store.read({SeriesKind::funding_rate, Symbol("BTCUSDT"), Venue("binance-um")}, Timestamp::max())->points;
  EXPECT_GT(points.back().known_at, points.back().event_time) << "published after it was settled";
}

TEST_F(FetchContextTest, FundingGoesOnWhereItStopped) {
  auto rates = values(2500, 8 * kHour);
  ContextSeries middle{SeriesKind::funding_rate, Symbol("BTCUSDT"), {}, Venue("binance-um")};
  auto rate = rates.begin();
  for (int i = 0; i < 1500; ++i, ++rate)
    if (i >= 1400) append(middle, Timestamp(rate->first), rate->second);
  ASSERT_TRUE(store.write(middle));
  server.list_funding("BTCUSDT", rates);
  const Result<FetchReport> report = fetch();
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(stored(), rates);
  EXPECT_EQ(report->series[0].rows_stored, 2400);
  rates[(kNow + 8 * kHour).ms()] = 0.01;
  server.list_funding("BTCUSDT", rates);
  EXPECT_EQ(fetch()->series[0].rows_stored, 0) << "what lies in the future is not known";
  clock.set(kNow + 8 * kHour);
  EXPECT_EQ(fetch()->series[0].rows_stored, 1);
}

TEST_F(FetchContextTest, OpenInterestOfTheThirtyDaysThatAreKept) {
  options.kinds = {SeriesKind::open_interest};
  options.open_interest_interval = *Interval::parse("15m");
  server.list_open_interest("BTCUSDT", values(96 * 60, kHour / 4));
  const Result<FetchReport> report = fetch();
  ASSERT_TRUE(report) << to_string(report.error());
  const auto points = stored(SeriesKind::open_interest);
  EXPECT_EQ(points.size(), 96U * 30 - 4 + 1) << "no row lost between pages of 500";
  EXPECT_EQ(points.begin()->first, (kNow - 30 * kDay + kHour).ms());
  EXPECT_EQ(points.rbegin()->first, kNow.ms());
  EXPECT_EQ(report->series[0].requests, 6);
  EXPECT_EQ(fetch()->series[0].rows_stored, 0);
}

TEST_F(FetchContextTest, KeepsItsDistanceFromTheRequestLimit) {
  server.list_funding("BTCUSDT", values(2500, 8 * kHour));
  ASSERT_TRUE(fetch());
  EXPECT_THAT(pause.waits, ::testing::ElementsAre(Duration(600), Duration(600)));
}

TEST_F(FetchContextTest, RefusesWhatIsNotThere) {
  server.answer_next(200, R"([{"symbol":"BTCUSDT","fundingTime":"soon","fundingRate":"0.1"}])");
  EXPECT_EQ(fetch().error().code, "fetch.response");
  server.answer_next(200, R"([{"symbol":"BTCUSDT"}])");
  EXPECT_EQ(fetch().error().code, "fetch.response");
  EXPECT_TRUE(stored().empty());
  options.kinds = {SeriesKind::fear_greed};
  EXPECT_EQ(fetch().error().code, "fetch.kind");
  options.kinds = {SeriesKind::open_interest};
  options.open_interest_interval = *Interval::parse("3m");
  EXPECT_EQ(fetch().error().code, "fetch.interval");
}

}  // namespace
}  // namespace clm
