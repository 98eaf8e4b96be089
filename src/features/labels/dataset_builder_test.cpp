#include "features/labels/dataset_builder.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace clm {
namespace {

CandleSeries random_walk(const std::string& symbol, std::size_t bars, std::uint64_t seed) {
  CandleSeries series{{Venue("v"), Symbol(symbol), Interval::one_hour()}, {}};
  Random random(seed);
  double price = 100;
  for (std::size_t i = 0; i < bars; ++i) {
    Candle candle;
    candle.open_time = Timestamp(static_cast<std::int64_t>(i) * kHourMs);
    candle.open = price;
    price *= std::exp(0.01 * random.normal());
    candle.close = price;
    candle.high = std::max(candle.open, candle.close);
    candle.low = std::min(candle.open, candle.close);
    candle.volume = 1;
    series.candles.push_back(candle);
  }
  return series;
}

std::vector<CandleSeries> universe(std::size_t symbols, std::size_t bars) {
  std::vector<CandleSeries> all;
  for (std::size_t s = 0; s < symbols; ++s) all.push_back(random_walk("S" + std::to_string(s), bars, s + 1));
  return all;
}

/// One feature that is the bar's own open time, so that a row can be traced to its bar.
std::shared_ptr<const FeatureFrame> frame_of(const std::vector<CandleSeries>& all) {
  auto frame = std::make_shared<FeatureFrame>();
  frame->interval = Interval::one_hour();
  frame->names = {"hour"};
  frame->symbol_begin = {0};
  std::vector<float> values;
  for (const auto& series : all) {
    frame->symbols.push_back(series.key.symbol);
    for (const auto& candle : series.candles) {
      frame->open_time_ms.push_back(candle.open_time.ms());
      values.push_back(static_cast<float>(candle.open_time.ms() / kHourMs));
    }
    frame->symbol_begin.push_back(frame->open_time_ms.size());
  }
  frame->values = std::move(values);
  return frame;
}

DatasetOptions options_for(LabelTarget target) {
  DatasetOptions options;
  options.label.horizon_bars = 4;
  options.label.volatility_bars = 20;
  options.label.target = target;
  options.label.entry_delay_bars = 0;
  options.delays_bars = {2};
  return options;
}

Result<LabelledRows> build(const std::vector<CandleSeries>& all, const DatasetOptions& options) {
  DatasetBuilder builder(frame_of(all), options);
  for (const auto& series : all) builder.add(series);
  return std::move(builder).build();
}

TEST(DatasetBuilder, RowsAscendInTimeAcrossAllSymbols) {
  const auto rows = build(universe(6, 100), options_for(LabelTarget::plain));
  ASSERT_TRUE(rows);
  const auto& data = rows->data;
  EXPECT_EQ(data.size(), 6U * (100 - 20 - 5));
  for (std::size_t i = 1; i < data.size(); ++i)
    EXPECT_LT(std::pair(data.decided_at_ms[i - 1], data.symbol[i - 1]),
              std::pair(data.decided_at_ms[i], data.symbol[i]));
  for (std::size_t i = 0; i < data.size(); ++i) {
    EXPECT_EQ(data.known_at_ms[i] - data.decided_at_ms[i], 5 * kHourMs) << "entry one bar on, four bars held";
    EXPECT_EQ(data.frame->row(data.frame_row[i])[0], static_cast<float>(data.decided_at_ms[i] / kHourMs - 1));
  }
}

TEST(DatasetBuilder, PlainLabelsAreTheReturnInUnitsOfVolatility) {
  const auto rows = build(universe(1, 60), options_for(LabelTarget::plain));
  ASSERT_TRUE(rows);
  for (std::size_t i = 0; i < rows->data.size(); ++i)
    EXPECT_NEAR(rows->data.label[i], rows->data.forward_return[i] / rows->data.volatility[i], 1e-5);
}

TEST(DatasetBuilder, WhatIsLearnedMayEnterLaterThanWhatIsTraded) {
  const auto all = universe(1, 60);
  auto options = options_for(LabelTarget::plain);
  options.label.entry_delay_bars = 1;
  const auto rows = build(all, options);
  ASSERT_TRUE(rows);
  const auto& candles = all[0].candles;
  for (std::size_t i = 0; i < rows->data.size(); ++i) {
    const auto t = static_cast<std::size_t>(rows->data.decided_at_ms[i] / kHourMs - 1);
    EXPECT_NEAR(rows->data.forward_return[i], std::log(candles[t + 5].open / candles[t + 1].open), 1e-6);
    EXPECT_NEAR(rows->data.label[i] * rows->data.volatility[i], std::log(candles[t + 6].open / candles[t + 2].open),
                1e-6);
    EXPECT_EQ(rows->data.known_at_ms[i], static_cast<std::int64_t>(t + 7) * kHourMs) << "the later exit has closed";
  }
}

TEST(DatasetBuilder, RelativeLabelsCarryNoMarketMove) {
  auto all = universe(8, 80);
  const auto before = build(all, options_for(LabelTarget::relative));
  for (auto& series : all)  // the whole market doubles within one bar
    for (std::size_t t = 50; t < series.candles.size(); ++t) {
      series.candles[t].open *= 2;
      series.candles[t].close *= 2;
    }
  const auto after = build(all, options_for(LabelTarget::relative));
  ASSERT_TRUE(before && after);
  for (std::size_t i = 0; i < before->data.size(); ++i)
    if (before->data.decided_at_ms[i] <= 49 * kHourMs) {  // volatility does not know of the jump yet
      EXPECT_NEAR(before->data.label[i], after->data.label[i], 1e-3);
    }
}

TEST(DatasetBuilder, RanksAreNormalScoresOfEachCrossSection) {
  const auto rows = build(universe(7, 60), options_for(LabelTarget::rank));
  ASSERT_TRUE(rows);
  const auto& data = rows->data;
  for (std::size_t first = 0; first < data.size(); first += 7) {
    double sum = 0;
    for (std::size_t i = first; i < first + 7; ++i) {
      sum += data.label[i];
      for (std::size_t j = first; j < first + 7; ++j)
        EXPECT_EQ(data.forward_return[i] < data.forward_return[j], data.label[i] < data.label[j]);
    }
    EXPECT_NEAR(sum, 0, 1e-5);
  }
}

TEST(DatasetBuilder, LaterCandlesChangeNoEarlierRow) {
  const auto all = universe(6, 120);
  auto cut = all;
  for (auto& series : cut) series.candles.resize(90);
  for (const auto target : {LabelTarget::plain, LabelTarget::relative, LabelTarget::rank, LabelTarget::blend}) {
    auto options = options_for(target);
    const auto whole = build(all, options);
    const auto early = build(cut, options);
    options.as_of = Timestamp(90 * kHourMs);
    const auto as_of = build(all, options);
    ASSERT_TRUE(whole && early && as_of);
    ASSERT_LT(early->data.size(), whole->data.size());
    ASSERT_EQ(early->data.size(), as_of->data.size()) << "as_of hides what closed later";
    for (std::size_t i = 0; i < early->data.size(); ++i) {
      EXPECT_EQ(early->data.label[i], whole->data.label[i]);
      EXPECT_EQ(early->data.label[i], as_of->data.label[i]);
      EXPECT_LE(as_of->data.known_at_ms[i], options.as_of.ms());
    }
  }
}

TEST(DatasetBuilder, DelayedReturnsEnterLater) {
  const auto all = universe(6, 60);
  const auto rows = build(all, options_for(LabelTarget::plain));
  ASSERT_TRUE(rows);
  const auto& candles = all[0].candles;
  for (std::size_t i = 0; i < rows->data.size(); i += 6) {
    const auto t = static_cast<std::size_t>(rows->data.decided_at_ms[i] / kHourMs - 1);
    if (t + 7 < candles.size()) {
      EXPECT_NEAR(rows->delayed[0].forward_return[i], std::log(candles[t + 7].open / candles[t + 3].open), 1e-6);
    } else {
      EXPECT_TRUE(std::isnan(rows->delayed[0].forward_return[i]));
    }
  }
}

TEST(DatasetBuilder, TooFewSymbolsToCompareIsSaid) {
  const auto rows = build(universe(3, 80), options_for(LabelTarget::relative));
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, "dataset.no_rows");
  EXPECT_NE(rows.error().remedy.find("plain"), std::string::npos);
}

TEST(LabelUniqueness, EqualsTheBruteForceAverage) {
  Random random(3);
  std::vector<bool> labelled(60);
  for (std::size_t t = 0; t < labelled.size(); ++t) labelled[t] = random.uniform() < 0.7;
  constexpr int kOffset = 1, kHorizon = 5;
  const auto fast = label_uniqueness(labelled, kOffset, kHorizon);
  for (std::size_t t = 0; t < labelled.size(); ++t) {
    double mean = 0;
    for (std::size_t b = t + kOffset; b < t + kOffset + kHorizon; ++b) {
      int concurrent = 0;
      for (std::size_t other = 0; other < labelled.size(); ++other)
        if (labelled[other] && other + kOffset <= b && b < other + kOffset + kHorizon) ++concurrent;
      if (concurrent > 0) mean += 1.0 / concurrent / kHorizon;
    }
    EXPECT_NEAR(fast[t], labelled[t] ? mean : 0.0, 1e-6);
  }
}

}  // namespace
}  // namespace clm
