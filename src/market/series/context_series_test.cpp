#include "market/series/context_series.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "base/file_io.hpp"
#include "base/random.hpp"
#include "market/store/context_store.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::TempDirectory;

const Timestamp kFirstFunding = from_calendar(2023, 7, 1);

ContextSeries funding(std::size_t points) {
  ContextSeries series{SeriesKind::funding_rate, Symbol("BTCUSDT"), {}};
  for (std::size_t i = 0; i < points; ++i)
    append(series, kFirstFunding + static_cast<std::int64_t>(i) * hours(8), static_cast<double>(i));
  return series;
}

TEST(ContextSeries, AValueIsSeenOnlyOncePublished) {
  const auto series = funding(3);
  const Duration age = default_max_age(series.kind);
  // A version that looks at the event's time instead of its publication sees 1 a minute early.
  const Timestamp settled = kFirstFunding + hours(8);
  EXPECT_EQ(value_at(series, settled, age), 0);
  EXPECT_EQ(value_at(series, settled + minutes(1) - Duration(1), age), 0);
  EXPECT_EQ(value_at(series, settled + minutes(1), age), 1);
  EXPECT_TRUE(std::isnan(value_at(series, kFirstFunding, age))) << "not even the first is known at its own event";
  EXPECT_EQ(value_at(series, kFirstFunding + minutes(1), age), 0);
}

TEST(ContextSeries, AValueTooOldIsMissing) {
  const auto series = funding(1);
  const Duration age = default_max_age(series.kind);
  EXPECT_EQ(age, Duration(hours(24)));
  EXPECT_EQ(value_at(series, kFirstFunding + hours(24), age), 0);
  EXPECT_TRUE(std::isnan(value_at(series, kFirstFunding + hours(24) + Duration(1), age)));
}

// The oracle: look at every point.
double slow_value_at(const ContextSeries& series, Timestamp t, Duration max_age) {
  double value = kMissing;
  for (const SeriesPoint& point : series.points)
    if (point.known_at <= t) value = t - point.event_time > max_age ? kMissing : point.value;
  return value;
}

TEST(ContextSeries, LookupAndCursorAgreeWithLookingAtEveryPoint) {
  Random random(3);
  ContextSeries series{SeriesKind::open_interest, Symbol("X"), {}};
  Timestamp event = kFirstFunding;
  for (int i = 0; i < 200; ++i) {
    event = event + Duration(1 + static_cast<std::int64_t>(random.below(50)));
    const Timestamp known = event + Duration(static_cast<std::int64_t>(random.below(80)));
    const Timestamp after = series.points.empty() ? known : std::max(known, series.points.back().known_at);
    series.points.push_back({event, after, random.uniform()});
  }
  ASSERT_TRUE(check_order(series));
  AsOfCursor cursor(series, Duration(60));
  int missing = 0;
  for (Timestamp t = kFirstFunding - Duration(5); t < event + Duration(300); t = t + Duration(3)) {
    const double expected = slow_value_at(series, t, Duration(60));
    missing += std::isnan(expected) ? 1 : 0;
    EXPECT_TRUE(value_at(series, t, Duration(60)) == expected || std::isnan(expected));
    EXPECT_EQ(std::isnan(value_at(series, t, Duration(60))), std::isnan(expected));
    const double from_cursor = cursor.value_at(t);
    EXPECT_TRUE(from_cursor == expected || (std::isnan(from_cursor) && std::isnan(expected)));
  }
  EXPECT_GT(missing, 100);
}

TEST(ContextSeries, KindsAreFoundByName) {
  for (const SeriesKindInfo& info : series_kinds()) EXPECT_EQ(parse_series_kind(info.name), info.kind);
  EXPECT_EQ(parse_series_kind("funding").error().code, "series.kind");
}

TEST(ContextSeries, OrderIsChecked) {
  auto series = funding(3);
  EXPECT_TRUE(check_order(series));
  series.points[1].known_at = series.points[1].event_time - Duration(1);
  EXPECT_EQ(check_order(series).error().code, "series.order");
  series = funding(3);
  std::swap(series.points[1], series.points[2]);
  EXPECT_EQ(check_order(series).error().code, "series.order");
}

TEST(ContextStore, KeepsPointsAndCounts) {
  const TempDirectory directory;
  auto store = ContextStore::open(directory.path(), {0});
  ASSERT_TRUE(store);
  ASSERT_EQ(store->write(funding(10))->rows_stored, 10);
  auto newer = funding(12);
  newer.points[4].value = -1;
  const auto result = store->write(newer);
  ASSERT_TRUE(result) << to_string(result.error());
  EXPECT_EQ(result->rows_stored, 2);
  EXPECT_EQ(result->rows_duplicate, 9);
  EXPECT_EQ(result->rows_corrected, 1);
  const auto path = directory.path() / "funding_rate" / "BTCUSDT.parquet";
  const auto bytes = read_file(path);
  EXPECT_EQ(store->write(funding(0))->rows_stored, 0);
  EXPECT_EQ(store->write(newer)->rows_duplicate, 12);
  EXPECT_EQ(*read_file(path), *bytes);
  const auto read = store->read({SeriesKind::funding_rate, Symbol("BTCUSDT")}, Timestamp::max());
  ASSERT_TRUE(read);
  ASSERT_EQ(read->points.size(), 12U);
  EXPECT_EQ(read->points[4].value, -1);
}

TEST(ContextStore, ReadsOnlyWhatWasKnown) {
  const TempDirectory directory;
  auto store = ContextStore::open(directory.path(), {0});
  const auto series = funding(10);
  ASSERT_TRUE(store->write(series));
  const auto count = [&](Timestamp as_of) { return store->read({series.kind, series.symbol}, as_of)->points.size(); };
  EXPECT_EQ(count(series.points[4].event_time), 4U);
  EXPECT_EQ(count(series.points[4].known_at), 5U);
  EXPECT_EQ(store->read({series.kind, Symbol("NONE")}, Timestamp::max())->points.size(), 0U);
}

TEST(ContextStore, TheWholeMarketHasAFileOfItsOwn) {
  const TempDirectory directory;
  auto store = ContextStore::open(directory.path(), {0});
  ContextSeries mood{SeriesKind::fear_greed, kWholeMarket, {}};
  append(mood, kFirstFunding, 30);
  ASSERT_TRUE(store->write_all(std::vector<ContextSeries>{mood, funding(2)}));
  EXPECT_TRUE(std::filesystem::exists(directory.path() / "fear_greed" / "%2A.parquet"));
  const auto keys = store->list();
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ((*keys)[1].symbol, kWholeMarket);
  EXPECT_EQ(store->list(SeriesKind::mark_price)->size(), 0U);
  std::filesystem::copy_file(directory.path() / "fear_greed" / "%2A.parquet",
                             directory.path() / "fear_greed" / "BTC.parquet");
  EXPECT_EQ(store->read({SeriesKind::fear_greed, Symbol("BTC")}, Timestamp::max()).error().code, "store.integrity");
}

TEST(ContextStore, TwoVenuesDoNotTouchOneAnother) {
  const TempDirectory directory;
  auto store = ContextStore::open(directory.path());
  const Symbol symbol("BTCUSDT");
  const auto rates_of = [&](const char* venue, double rate, int count) {
    ContextSeries series{SeriesKind::funding_rate, symbol, {}, Venue(venue)};
    for (int i = 0; i < count; ++i) append(series, from_calendar(2023, 1, 1) + i * std::chrono::hours(8), rate);
    return series;
  };
  const std::vector<ContextSeries> batch{rates_of("", 1e-4, 3), rates_of("binance-um", 2e-4, 4),
                                         rates_of("okx-um", 3e-4, 5)};
  const auto results = store->write_all(batch);
  ASSERT_TRUE(results) << to_string(results.error());
  for (const StoreResult& result : *results) EXPECT_EQ(result.rows_corrected, 0);
  EXPECT_EQ(store->list()->size(), 3U);
  for (const ContextSeries& written : batch) {
    const ContextKey key{written.kind, symbol, written.venue};
    const auto read = store->read(key, Timestamp::max());
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_EQ(read->venue, written.venue);
    ASSERT_EQ(read->points.size(), written.points.size());
    EXPECT_EQ(read->points[0].value, written.points[0].value);
    EXPECT_TRUE(store->check_file_of(key).ok());
  }
  EXPECT_TRUE(std::filesystem::exists(directory.path() / "funding_rate/BTCUSDT.parquet")) << "as before";
  // Under another venue's name a file is no file of it.
  std::filesystem::copy_file(directory.path() / "funding_rate/okx-um/BTCUSDT.parquet",
                             directory.path() / "funding_rate/binance-um/BTCUSDT.parquet",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(store->read({SeriesKind::funding_rate, symbol, Venue("binance-um")}, Timestamp::max()).error().code,
            "store.integrity");
}

}  // namespace
}  // namespace clm
