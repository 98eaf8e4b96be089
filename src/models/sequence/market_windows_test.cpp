#include "models/sequence/market_windows.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>

#include "base/random.hpp"
#include "features/labels/dataset_builder.hpp"
#include "models/forecasts_test_support.hpp"

namespace clm {
namespace {

using testing::same_bits;

constexpr std::size_t kSymbols = 6, kBars = 120;

/// Random walks that share a market, with volume.
std::vector<CandleSeries> walks(std::uint64_t seed = 1) {
  std::vector<double> market(kBars);
  Random common(seed + 100);
  for (double& step : market) step = 0.01 * common.normal();
  std::vector<CandleSeries> all;
  for (std::size_t s = 0; s < kSymbols; ++s) {
    CandleSeries series;
    series.key = {Venue("test"), Symbol("S" + std::to_string(s)), Interval::one_hour()};
    Random own = Random::stream(seed, "walk", s);
    double price = 100;
    for (std::size_t t = 0; t < kBars; ++t) {
      Candle candle;
      candle.open_time = Timestamp(static_cast<std::int64_t>(t) * kHourMs);
      candle.open = price;
      price *= std::exp(market[t] + 0.01 * own.normal());
      candle.close = price;
      candle.high = std::max(candle.open, candle.close);
      candle.low = std::min(candle.open, candle.close);
      candle.volume = std::exp(own.normal());
      candle.quote_volume = candle.volume * price;
      series.candles.push_back(candle);
    }
    all.push_back(std::move(series));
  }
  return all;
}

/// A frame of one nonsense feature with the bars of `market`, as the engine would leave them.
std::shared_ptr<const FeatureFrame> frame_of(const std::vector<CandleSeries>& market) {
  auto frame = std::make_shared<FeatureFrame>();
  auto bars = std::make_shared<BarHistory>();
  frame->set_name = frame->set_hash = "nothing";
  frame->names = {"nothing"};
  frame->symbol_begin = {0};
  for (const CandleSeries& series : market) {
    frame->symbols.push_back(series.key.symbol);
    for (const Candle& candle : series.candles) {
      frame->open_time_ms.push_back(candle.open_time.ms());
      bars->open_time_ms.push_back(candle.open_time.ms());
      bars->log_close.push_back(std::log(candle.close));
      bars->log_volume.push_back(static_cast<float>(std::log1p(candle.quote_volume)));
    }
    frame->symbol_begin.push_back(frame->rows());
    bars->symbol_begin.push_back(bars->bars());
  }
  frame->values = std::vector<float>(frame->rows());
  frame->bars = std::move(bars);
  return frame;
}

LabelOptions label_options(LabelTarget target = LabelTarget::relative) {
  LabelOptions label;
  label.horizon_bars = 4;
  label.target = target;
  label.volatility_bars = 10;
  label.entry_delay_bars = 1;
  return label;
}

Dataset dataset_of(const std::vector<CandleSeries>& market, const LabelOptions& label = label_options()) {
  DatasetOptions options;
  options.label = label;
  DatasetBuilder builder(frame_of(market), options);
  for (const CandleSeries& series : market) builder.add(series);
  auto rows = std::move(builder).build();
  EXPECT_TRUE(rows) << to_string(rows.error());
  return std::move(rows->data);
}

MarketWindowLayout layout_of(PriceReference reference = PriceReference::universe) {
  MarketWindowLayout layout;
  layout.options.input_bars = 16;
  layout.reference = reference;
  layout.horizon_bars = 4;
  return layout;
}

struct Read {
  std::vector<float> inputs, targets;
  float weight = 0;
};
/// Every window by symbol and open time of its row.
using Key = std::pair<std::size_t, std::int64_t>;
std::map<Key, Read> read_all(const Dataset& data, const MarketWindowLayout& layout,
                             MarketWindows::Targets targets = MarketWindows::Targets::labels) {
  const RowSet rows = all_rows(data);
  const MarketWindows windows(rows, layout, targets);
  const WindowShape shape = windows.shape();
  std::map<Key, Read> result;
  const Status done = for_each_batch(windows, 7, [&](std::size_t first, const WindowBatch& batch) -> Status {
    for (std::size_t i = 0; i < batch.windows; ++i) {
      const std::uint32_t row = rows.rows[windows.place_of(first + i)];
      Read& read = result[{data.symbol[row], data.decided_at_ms[row] - kHourMs}];
      const auto input = batch.inputs.begin() + static_cast<std::ptrdiff_t>(i * shape.input_size());
      const auto target = batch.targets.begin() + static_cast<std::ptrdiff_t>(i * shape.horizon);
      read.inputs.assign(input, input + static_cast<std::ptrdiff_t>(shape.input_size()));
      read.targets.assign(target, target + static_cast<std::ptrdiff_t>(shape.horizon));
      read.weight = batch.weights[i];
    }
    return {};
  });
  EXPECT_TRUE(done);
  return result;
}

double sd(const std::vector<double>& values) {
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

TEST(MarketWindows, AreWhatTheirDefinitionSays) {
  const auto market = walks();
  const Dataset data = dataset_of(market);
  const auto windows = read_all(data, layout_of());
  const std::size_t symbol = 2, t = 50;
  const Read& window = windows.at({symbol, static_cast<std::int64_t>(t) * kHourMs});
  const auto log_close = [&](std::size_t s, std::size_t bar) { return std::log(market[s].candles[bar].close); };
  const auto universe = [&](std::size_t bar) {
    double mean = 0;
    for (std::size_t s = 0; s < kSymbols; ++s) mean += (log_close(s, bar) - log_close(s, bar - 1)) / kSymbols;
    return mean;
  };
  std::vector<double> returns, volume;
  for (std::size_t bar = t - 14; bar <= t; ++bar)
    returns.push_back(log_close(symbol, bar) - log_close(symbol, bar - 1));
  for (std::size_t bar = t - 15; bar <= t; ++bar)
    volume.push_back(std::log1p(market[symbol].candles[bar].quote_volume));
  const double unit = sd(returns) * 2;  // sqrt(4)
  double mean_volume = 0;
  for (const double value : volume) mean_volume += value / 16;
  ASSERT_EQ(window.inputs.size(), 48U);
  for (std::size_t i = 0; i < 16; ++i) {
    const std::size_t bar = t - 15 + i;
    double moved = log_close(symbol, bar) - log_close(symbol, t), relative = moved;
    for (std::size_t later = bar + 1; later <= t; ++later) relative += universe(later);
    EXPECT_NEAR(window.inputs[i], relative / unit, 1e-5);
    EXPECT_NEAR(window.inputs[16 + i], moved / unit, 1e-5);
    EXPECT_NEAR(window.inputs[32 + i], (volume[i] - mean_volume) / sd(volume), 1e-4);
  }
  EXPECT_EQ(window.inputs[15], 0.0F);

  std::size_t row = 0;
  while (data.symbol[row] != symbol || data.decided_at_ms[row] != static_cast<std::int64_t>(t + 1) * kHourMs) ++row;
  double relative = 0;
  for (std::size_t step = 1; step < 4; ++step) {
    const std::size_t bar = t + 1 + step;
    relative += log_close(symbol, bar) - log_close(symbol, bar - 1) - universe(bar);
    EXPECT_NEAR(window.targets[step - 1], relative / static_cast<double>(data.volatility[row]), 1e-4);
  }
  EXPECT_EQ(window.targets[3], data.label[row]);
  EXPECT_EQ(window.weight, data.weight[row]);
}

TEST(MarketWindows, OfAPlainLabelShowTheOwnPriceOnly) {
  const Dataset data = dataset_of(walks(), label_options(LabelTarget::plain));
  const auto own = read_all(data, layout_of(PriceReference::own));
  const auto both = read_all(data, layout_of());
  const Key key{1, 40 * kHourMs};
  ASSERT_EQ(own.at(key).inputs.size(), 32U);
  const std::vector<float>& relative = both.at(key).inputs;
  EXPECT_TRUE(same_bits(own.at(key).inputs, std::vector<float>(relative.begin() + 16, relative.end())));
  MarketWindowLayout bare = layout_of(PriceReference::own);
  bare.options.covariates = false;
  EXPECT_EQ(read_all(data, bare).at(key).inputs.size(), 16U);
}

TEST(MarketWindows, FromTheWindowMeanHaveNone) {
  MarketWindowLayout layout = layout_of();
  layout.origin = PriceOrigin::window_mean;
  const Dataset data = dataset_of(walks());
  const auto centred = read_all(data, layout), plain = read_all(data, layout_of());
  const Key key{3, 60 * kHourMs};
  double sum = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    sum += static_cast<double>(centred.at(key).inputs[i]);
    EXPECT_NEAR(centred.at(key).inputs[i] - centred.at(key).inputs[15], plain.at(key).inputs[i], 1e-5);
  }
  EXPECT_NEAR(sum, 0, 1e-4);
  EXPECT_TRUE(same_bits(centred.at(key).targets, plain.at(key).targets)) << "the path begins at the last close";
}

TEST(MarketWindows, WhatComesAfterTheBarChangesNoInput) {
  const auto market = walks();
  const auto before = read_all(dataset_of(market), layout_of(), MarketWindows::Targets::none);
  constexpr std::size_t kNow = 70;
  auto changed = market;
  Random random(3);
  for (CandleSeries& series : changed) {
    for (std::size_t t = kNow + 1; t < kBars; ++t) {  // other prices and volumes, in another order
      Candle& candle = series.candles[t];
      const Candle& other = market[random.below(kSymbols)].candles[kNow + 1 + random.below(kBars - kNow - 1)];
      candle.open = candle.close = candle.high = candle.low = other.close * (0.5 + random.uniform());
      candle.quote_volume = other.quote_volume * 9;
    }
  }
  const auto after = read_all(dataset_of(changed), layout_of(), MarketWindows::Targets::none);
  std::size_t compared = 0;
  for (const auto& [key, window] : before) {
    if (key.second > static_cast<std::int64_t>(kNow) * kHourMs) continue;
    ASSERT_TRUE(same_bits(window.inputs, after.at(key).inputs)) << key.first << " at " << key.second / kHourMs;
    ++compared;
  }
  EXPECT_GT(compared, 200U);
  // and the comparison can fail
  const Key later{0, static_cast<std::int64_t>(kNow + 1) * kHourMs};
  EXPECT_FALSE(same_bits(before.at(later).inputs, after.at(later).inputs));
}

TEST(MarketWindows, TargetsEndWithinTheLabelsSpan) {
  const auto market = walks();
  const Dataset data = dataset_of(market);
  const auto before = read_all(data, layout_of());
  constexpr std::size_t kRow = 60;
  std::int64_t known_at_ms = 0;
  for (std::size_t row = 0; row < data.size(); ++row)
    if (data.decided_at_ms[row] == static_cast<std::int64_t>(kRow + 1) * kHourMs) known_at_ms = data.known_at_ms[row];
  ASSERT_GT(known_at_ms, 0);
  auto changed = market;
  for (CandleSeries& series : changed)
    for (Candle& candle : series.candles)
      if (candle.open_time.ms() + kHourMs > known_at_ms) candle.close = candle.high = candle.high * 2;
  const auto after = read_all(dataset_of(changed), layout_of());
  for (std::size_t s = 0; s < kSymbols; ++s) {
    const Key key{s, static_cast<std::int64_t>(kRow) * kHourMs};
    EXPECT_TRUE(same_bits(before.at(key).targets, after.at(key).targets));
  }
}

TEST(MarketWindows, DoNotDependOnWhereTheHistoryBegins) {
  const auto market = walks();
  auto shorter = market;
  for (CandleSeries& series : shorter) series.candles.erase(series.candles.begin(), series.candles.begin() + 30);
  const auto whole = read_all(dataset_of(market), layout_of(), MarketWindows::Targets::none);
  const auto part = read_all(dataset_of(shorter), layout_of(), MarketWindows::Targets::none);
  ASSERT_TRUE(part.contains({0, 45 * kHourMs})) << "the first that has its bars";
  for (const auto& [key, window] : part) ASSERT_TRUE(same_bits(window.inputs, whole.at(key).inputs));
}

TEST(MarketWindows, NeverCrossAGapOrReachBeforeTheFirstBar) {
  auto market = walks();
  market[1].candles.erase(market[1].candles.begin() + 50);
  const auto windows = read_all(dataset_of(market), layout_of(), MarketWindows::Targets::none);
  for (std::int64_t t = 0; t < 100; ++t) {
    const bool after_start = t >= 15;
    const bool across = t >= 50 && t < 66;
    EXPECT_EQ(windows.contains({1, t * kHourMs}), after_start && !across && !(t >= 44 && t < 50)) << t;
    EXPECT_EQ(windows.contains({0, t * kHourMs}), after_start) << t;
  }
}

TEST(MarketWindows, TrainingNeedsTheBarsOfThePathToo) {
  auto market = walks();
  Dataset data = dataset_of(market);
  // A bar of the path cannot be used, though label and inputs are known: the engine leaves it out of the history.
  auto frame = std::make_shared<FeatureFrame>(*data.frame);
  auto bars = std::make_shared<BarHistory>(*frame->bars);
  const auto erase = [](auto& values) { values.erase(values.begin() + 52); };
  erase(bars->open_time_ms);
  erase(bars->log_close);
  erase(bars->log_volume);
  for (std::size_t s = 1; s <= kSymbols; ++s) --bars->symbol_begin[s];
  frame->bars = bars;
  data.frame = frame;
  const auto asked = read_all(data, layout_of(), MarketWindows::Targets::none);
  const auto taught = read_all(data, layout_of());
  for (const std::int64_t t : {48, 49, 50, 51}) {
    EXPECT_TRUE(asked.contains({0, t * kHourMs}));
    EXPECT_FALSE(taught.contains({0, t * kHourMs})) << t;
  }
  EXPECT_TRUE(taught.contains({0, 47 * kHourMs})) << "its path ends at bar 51";
}

TEST(MarketWindows, APriceThatDoesNotMoveHasNone) {
  auto market = walks();
  for (std::size_t t = 40; t < 80; ++t) {
    Candle& candle = market[4].candles[t];
    candle.open = candle.high = candle.low = candle.close = 12.5;
  }
  const Dataset data = dataset_of(market, label_options(LabelTarget::plain));
  const auto windows = read_all(data, layout_of(PriceReference::own), MarketWindows::Targets::none);
  EXPECT_TRUE(windows.contains({4, 41 * kHourMs}));
  for (std::int64_t t = 55; t < 80; ++t) EXPECT_FALSE(windows.contains({4, t * kHourMs})) << t;
  for (const auto& [key, window] : windows)
    for (const float value : window.inputs) ASSERT_TRUE(std::isfinite(value) && std::abs(value) <= 20);
}

TEST(MarketWindows, AMoveOfEverySymbolIsNoRelativeMove) {
  const auto market = walks();
  auto moved = market;
  for (CandleSeries& series : moved)
    for (std::size_t t = 45; t < kBars; ++t) series.candles[t].close *= 1.05;
  const auto frame = frame_of(moved);
  Dataset same_rows = dataset_of(market);
  const auto before = read_all(same_rows, layout_of(), MarketWindows::Targets::none);
  same_rows.frame = frame;
  const auto after = read_all(same_rows, layout_of(), MarketWindows::Targets::none);
  const Key key{2, 50 * kHourMs};
  // The unit has grown with the own jump; the shape of the relative path has not changed.
  const auto& a = before.at(key).inputs;
  const auto& b = after.at(key).inputs;
  for (std::size_t i = 0; i < 14; ++i) EXPECT_NEAR(a[i] / a[14], b[i] / b[14], 1e-3);
  EXPECT_GT(std::abs(a[16] / a[14] - b[16] / b[14]), 0.1);
}

TEST(MarketWindows, AVolumeThatIsNotKnownIsTheMean) {
  auto market = walks();
  Dataset data = dataset_of(market);
  auto frame = std::make_shared<FeatureFrame>(*data.frame);
  auto bars = std::make_shared<BarHistory>(*frame->bars);
  bars->log_volume[40] = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t bar = kBars; bar < 2 * kBars; ++bar) bars->log_volume[bar] = std::numeric_limits<float>::quiet_NaN();
  frame->bars = bars;
  data.frame = frame;
  const auto windows = read_all(data, layout_of(), MarketWindows::Targets::none);
  const auto& some = windows.at({0, 45 * kHourMs}).inputs;
  double sum = 0;
  for (std::size_t i = 32; i < 48; ++i) sum += static_cast<double>(some[i]);
  EXPECT_EQ(some[32 + 10], 0.0F);
  EXPECT_NEAR(sum, 0, 1e-4);
  const auto& none = windows.at({1, 45 * kHourMs}).inputs;
  for (std::size_t i = 32; i < 48; ++i) EXPECT_EQ(none[i], 0.0F);
}

TEST(MarketWindows, AloneInTheUniverseNothingIsRelative) {
  auto market = walks();
  market.resize(1);
  const Dataset data = dataset_of(market, label_options(LabelTarget::plain));
  EXPECT_TRUE(read_all(data, layout_of(), MarketWindows::Targets::none).empty());
  EXPECT_FALSE(read_all(data, layout_of(PriceReference::own), MarketWindows::Targets::none).empty());
}

}  // namespace
}  // namespace clm
