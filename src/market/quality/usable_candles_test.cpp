#include "market/quality/usable_candles.hpp"

#include <gtest/gtest.h>

namespace clm {
namespace {

/// 100 moving bars, 60 without a trade, 40 moving ones.
CandleSeries halted_market() {
  CandleSeries series{{Venue("v"), Symbol("s"), Interval::one_hour()}, {}};
  for (int i = 0; i < 200; ++i) {
    const bool halted = i >= 100 && i < 160;
    Candle c;
    c.open_time = Timestamp(i * kHourMs);
    c.open = c.close = halted ? 50 : 50 + i % 7;
    c.high = c.open + (halted ? 0 : 1);
    c.low = c.open - (halted ? 0 : 1);
    c.volume = halted ? 0 : 10;
    series.candles.push_back(c);
  }
  return series;
}

TEST(UsableCandles, AFrozenStretchIsLeftOutOnceItIsKnownToBeOne) {
  const auto kept = usable_candles(halted_market(), 24).candles;
  EXPECT_EQ(kept.size(), 200U - (60 - 23)) << "the first 23 bars of the halt could not be told from a quiet market";
  EXPECT_EQ(kept[122].open_time, Timestamp(122 * kHourMs));
  EXPECT_EQ(kept[123].open_time, Timestamp(160 * kHourMs));
}

TEST(UsableCandles, LaterBarsChangeNoEarlierDecision) {
  const auto whole = halted_market();
  const auto kept = usable_candles(whole, 24).candles;
  for (std::size_t cut = 1; cut < whole.candles.size(); ++cut) {
    CandleSeries early{whole.key, {whole.candles.begin(), whole.candles.begin() + static_cast<std::ptrdiff_t>(cut)}};
    const auto early_kept = usable_candles(early, 24).candles;
    ASSERT_LE(early_kept.size(), kept.size());
    for (std::size_t i = 0; i < early_kept.size(); ++i) ASSERT_EQ(early_kept[i].open_time, kept[i].open_time);
  }
}

TEST(UsableCandles, ImpossibleBarsAreGaps) {
  auto series = halted_market();
  series.candles[10].high = series.candles[10].low - 1;
  series.candles[11].close = kMissing;
  series.candles[12].low = -1;
  series.candles[13].volume = -5;
  series.candles[14].volume = kMissing;  // a source without volume is not impossible
  EXPECT_EQ(usable_candles(series, 1000).candles.size(), 196U);
}

TEST(UsableCandles, WhatIsSaidToBeUsedIsWhatIsKept) {
  auto series = halted_market();
  series.candles[10].high = series.candles[10].low - 1;
  series.candles[150].volume = -5;
  for (int i = 170; i < 200; ++i) {
    Candle& c = series.candles[static_cast<std::size_t>(i)];
    c.open = c.high = c.low = c.close = 7;  // traded, at one price
  }
  for (const int now_bar : {0, 5, 130, 165, 199, 200}) {
    const Timestamp now(now_bar * kHourMs);
    const CandleUse use = use_of(series, 24, now);
    const auto kept = usable_candles(series, 24, now).candles;
    EXPECT_EQ(use.used_rows, static_cast<std::int64_t>(kept.size()));
    std::int64_t rows = use.used_rows;
    for (const LeftOutRows& left_out : use.left_out) rows += left_out.rows;
    EXPECT_EQ(rows, 200) << "every row is used, or has a reason";
    for (const Candle& c : kept)
      for (const TimeRange& stretch : use.unusable) EXPECT_FALSE(stretch.contains(c.open_time));
  }
  const CandleUse use = use_of(series, 24);
  ASSERT_EQ(use.left_out.size(), 3U);
  EXPECT_EQ(use.left_out[0].reason, LeftOut::impossible);
  EXPECT_EQ(use.left_out[0].rows, 2);
  EXPECT_EQ(use.left_out[1].reason, LeftOut::no_trade);
  EXPECT_EQ(use.left_out[2].reason, LeftOut::one_price);
  EXPECT_EQ(use.left_out[2].rows, 30 - 24);
}

}  // namespace
}  // namespace clm
