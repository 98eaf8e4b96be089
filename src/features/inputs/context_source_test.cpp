// Whose funding, open interest and ratios stand beside the candles of a venue.
#include "features/inputs/context_source.hpp"

#include <gtest/gtest.h>

#include "support/temp_directory.hpp"

namespace clm {
namespace {

const Symbol kBtc("BTCUSDT");
const Timestamp kStart = from_calendar(2023, 1, 1);

class ContextOfVenues : public ::testing::Test {
 protected:
  void store(const char* venue, double rate, int from, int to) {
    ContextSeries series{SeriesKind::funding_rate, kBtc, {}, Venue(venue)};
    for (int i = from; i < to; ++i) append(series, kStart + i * std::chrono::hours(8), rate);
    ASSERT_TRUE(store_.write(series));
  }
  std::vector<double> rates_beside(const char* venue) const {
    const auto source = StoreContextSource::open(store_, Venue(venue)).value();
    std::vector<double> rates;
    const auto loaded = source.load(kBtc);
    for (const ContextSeries& series : *loaded)
      for (const SeriesPoint& point : series.points) rates.push_back(point.value);
    return rates;
  }
  std::vector<std::string> notes_beside(const char* venue) const { return context_venues(store_, Venue(venue)).notes; }

  testing::TempDirectory directory_;
  ContextStore store_ = ContextStore::open(directory_.path()).value();
};

TEST_F(ContextOfVenues, TheCandlesOwnVenueIsRead) {
  store("binance-um", 1, 0, 3);
  store("okx-um", 2, 0, 3);
  EXPECT_EQ(rates_beside("binance-um"), (std::vector<double>{1, 1, 1}));
  EXPECT_EQ(rates_beside("okx-um"), (std::vector<double>{2, 2, 2}));
  EXPECT_TRUE(notes_beside("okx-um").empty());
}

TEST_F(ContextOfVenues, ASpotMarketReadsTheOnlyOneThereIsAndSaysSo) {
  store("binance-um", 1, 0, 3);
  EXPECT_EQ(rates_beside("binance-spot"), (std::vector<double>{1, 1, 1}));
  ASSERT_EQ(notes_beside("binance-spot").size(), 1U);
  EXPECT_NE(notes_beside("binance-spot")[0].find("binance-um"), std::string::npos);
}

TEST_F(ContextOfVenues, OfSeveralOthersNoneIsGuessed) {
  store("binance-um", 1, 0, 3);
  store("okx-um", 2, 0, 3);
  EXPECT_TRUE(rates_beside("binance-spot").empty());
  ASSERT_EQ(notes_beside("binance-spot").size(), 1U);
  EXPECT_NE(notes_beside("binance-spot")[0].find("--venue binance-spot"), std::string::npos);
}

TEST_F(ContextOfVenues, WhatAnEarlierReleaseStoredIsReadUntilTheVenuesOwnBegins) {
  store("", 5, 0, 4);
  EXPECT_EQ(rates_beside("binance-um"), (std::vector<double>{5, 5, 5, 5}));
  EXPECT_TRUE(notes_beside("binance-um").empty());
  store("binance-um", 1, 3, 5);
  EXPECT_EQ(rates_beside("binance-um"), (std::vector<double>{5, 5, 5, 1, 1}));
  store("okx-um", 2, 0, 2);
  EXPECT_EQ(rates_beside("okx-um"), (std::vector<double>{2, 2}));
}

}  // namespace
}  // namespace clm
