#include "features/engine/feature_engine.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "features/engine/feature_run_fixture.hpp"
#include "features/engine/live_features.hpp"
#include "market/simulator/simulator.hpp"
#include "support/temp_directory.hpp"

namespace clm {
namespace {

std::vector<CandleSeries> gappy_market(std::size_t symbols, std::size_t bars) {
  SimulationOptions options;
  options.symbols = symbols;
  options.bars = bars;
  options.gap_rate = 0.001;
  options.outage_rate = 0.001;
  options.events = {{1, SymbolEventKind::listed, bars / 3},
                    {2, SymbolEventKind::delisted, bars / 2},
                    {3, SymbolEventKind::frozen, 2 * bars / 3}};
  return simulate(options)->series;
}

FeatureFrame compute(const FeatureSet& set, const CandleSource& source, const ContextSource* context = nullptr,
                     const FeatureOptions& options = {}, int jobs = 1, const ScratchSpace& scratch = {}) {
  testing::FeatureRun run;
  RunContext given = run.context(jobs);
  given.scratch = scratch;
  auto frame = compute_features(set, source, context, options, given);
  EXPECT_TRUE(frame) << to_string(frame.error());
  return std::move(*frame);
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

MemoryContextSource some_context(const std::vector<CandleSeries>& market) {
  std::vector<ContextSeries> context;
  const auto add = [&](SeriesKind kind, const Symbol& symbol, const CandleSeries& times, double base, double step) {
    ContextSeries series{kind, symbol, {}};
    for (std::size_t i = 0; i + 8 < times.candles.size(); i += 8)
      append(series, times.candles[i].open_time, base + step * static_cast<double>((i * 7) % 101));
    context.push_back(std::move(series));
  };
  for (const CandleSeries& series : market) {
    add(SeriesKind::funding_rate, series.key.symbol, series, -0.005, 1e-4);
    add(SeriesKind::open_interest, series.key.symbol, series, 1000, 1);
    add(SeriesKind::count_long_short_ratio, series.key.symbol, series, 0.5, 0.01);
  }
  add(SeriesKind::fear_greed, kWholeMarket, market[0], 0, 0.99);
  return MemoryContextSource(std::move(context));
}

TEST(FeatureEngine, LayoutOfTheFrame) {
  const auto market = gappy_market(4, 300);
  const FeatureSet set = core_feature_set();
  const FeatureFrame frame = compute(set, MemoryCandleSource(market));
  EXPECT_EQ(frame.set_name, "core");
  EXPECT_EQ(frame.set_hash, set.hash());
  EXPECT_EQ(frame.names, set.names());
  ASSERT_EQ(frame.symbols.size(), 4U);
  for (std::size_t s = 0; s < 4; ++s) {
    ASSERT_EQ(frame.symbol_begin[s + 1] - frame.symbol_begin[s], market[s].candles.size());
    for (std::size_t i = 0; i < market[s].candles.size(); ++i)
      EXPECT_EQ(frame.open_time_ms[frame.symbol_begin[s] + i], market[s].candles[i].open_time.ms());
  }
  EXPECT_EQ(frame.values.size(), frame.rows() * frame.columns());
}

TEST(FeatureEngine, TheBarsBehindTheRowsAreThoseKnown) {
  auto market = gappy_market(4, 300);
  market[1].candles[40].high = market[1].candles[40].low / 2;  // cannot be
  market[2].candles[7].quote_volume = kMissing;
  market[2].candles[8].quote_volume = market[2].candles[8].volume = kMissing;
  const MemoryCandleSource source(market);
  const auto expect_bars = [&](const FeatureFrame& frame, Timestamp as_of) {
    ASSERT_TRUE(frame.bars);
    const BarHistory& bars = *frame.bars;
    ASSERT_EQ(bars.symbols(), market.size());
    EXPECT_EQ(bars.log_close.size(), bars.bars());
    EXPECT_EQ(bars.log_volume.size(), bars.bars());
    for (std::size_t s = 0; s < market.size(); ++s) {
      std::size_t at = bars.symbol_begin[s];
      for (std::size_t i = 0; i < market[s].candles.size(); ++i) {
        const Candle& candle = market[s].candles[i];
        if (market[s].known_at(i) > as_of || (s == 1 && i == 40)) continue;
        ASSERT_LT(at, bars.symbol_begin[s + 1]);
        EXPECT_EQ(bars.open_time_ms[at], candle.open_time.ms());
        EXPECT_EQ(bars.log_close[at], std::log(candle.close));
        const double volume = std::isnan(candle.quote_volume) ? candle.volume * candle.close : candle.quote_volume;
        if (std::isnan(volume))
          EXPECT_TRUE(std::isnan(bars.log_volume[at]));
        else
          EXPECT_NEAR(bars.log_volume[at], std::log1p(volume), 1e-5);
        ++at;
      }
      EXPECT_EQ(at, bars.symbol_begin[s + 1]);
    }
  };
  expect_bars(compute(core_feature_set(), source, nullptr, {}, 2), Timestamp::max());
  const Timestamp as_of = market[0].known_at(200);
  FeatureOptions options;
  options.as_of = as_of;
  expect_bars(compute(core_feature_set(), source, nullptr, options), as_of);
}

/// Those of the last `count` bars of every symbol that `live` knows beside `whole`, whose bars end at `as_of`.
void expect_recent_bars(const BarHistory& live, const BarHistory& whole, std::size_t count, Timestamp as_of,
                        Interval interval) {
  ASSERT_EQ(live.symbols(), whole.symbols());
  for (std::size_t s = 0; s < whole.symbols(); ++s) {
    const auto times = whole.open_times_of(s);
    const auto known = static_cast<std::size_t>(
        std::upper_bound(times.begin(), times.end(), (as_of - interval.length()).ms()) - times.begin());
    const std::size_t kept = std::min(count, known);
    ASSERT_EQ(live.open_times_of(s).size(), kept);
    for (std::size_t i = 0; i < kept; ++i) {
      const std::size_t a = live.symbol_begin[s] + i, b = whole.symbol_begin[s] + known - kept + i;
      ASSERT_EQ(live.open_time_ms[a], whole.open_time_ms[b]);
      ASSERT_EQ(live.log_close[a], whole.log_close[b]);
      ASSERT_TRUE(same_bits({&live.log_volume[a], 1}, {&whole.log_volume[b], 1}));
    }
  }
}

/// Every row of `live` has the bits of the row of that bar in `whole`; how many there were.
std::size_t expect_rows_of(const FeatureFrame& live, const FeatureFrame& whole, Timestamp open_time) {
  EXPECT_EQ(live.names, whole.names);
  EXPECT_EQ(live.symbols, whole.symbols);
  EXPECT_EQ(live.set_hash, whole.set_hash);
  for (std::size_t s = 0; s < whole.symbols.size(); ++s)
    for (std::size_t r = live.symbol_begin[s]; r < live.symbol_begin[s + 1]; ++r) {
      EXPECT_EQ(live.open_time_ms[r], open_time.ms());
      const auto begin = whole.open_time_ms.begin();
      const auto found =
          std::lower_bound(begin + static_cast<std::ptrdiff_t>(whole.symbol_begin[s]),
                           begin + static_cast<std::ptrdiff_t>(whole.symbol_begin[s + 1]), live.open_time_ms[r]);
      EXPECT_TRUE(same_bits(live.row(r), whole.row(static_cast<std::size_t>(found - begin))))
          << s << ' ' << to_string(open_time);
    }
  return live.rows();
}

TEST(LiveFeatures, EqualTheBatchToTheBit) {
  auto market = gappy_market(5, 900);
  market[1].candles[450].high = market[1].candles[450].low / 2;  // cannot be
  const MemoryCandleSource source(market);
  const MemoryContextSource context = some_context(market);
  constexpr std::size_t kRecent = 30;
  for (const FeatureSet& set : {core_feature_set(), classic22_feature_set()}) {
    const FeatureFrame batch = compute(set, source, &context);
    testing::FeatureRun run;
    // Half of the history is replayed from the store, the rest arrives bar by bar.
    const Timestamp now = market[0].candles[400].open_time;
    auto live = LiveFeatures::after_history(set, source, &context, now, kRecent, run.context());
    ASSERT_TRUE(live);
    const Interval hour = Interval::one_hour();
    std::size_t rows = expect_rows_of(*live->newest(), batch, now - hour.length());
    std::vector<std::size_t> next(market.size());
    for (std::size_t s = 0; s < market.size(); ++s)
      while (next[s] < market[s].candles.size() && market[s].known_at(next[s]) <= now) ++next[s];
    for (Timestamp t = now; t <= market[0].candles.back().open_time; t = t + hour.length()) {
      std::vector<std::optional<Candle>> candles(market.size());
      for (std::size_t s = 0; s < market.size(); ++s)
        if (next[s] < market[s].candles.size() && market[s].candles[next[s]].open_time == t)
          candles[s] = market[s].candles[next[s]++];
      live->update(t, candles);
      const FeatureFrame& newest = *live->newest();
      for (std::size_t s = 0; s < market.size(); ++s)
        ASSERT_EQ(newest.symbol_begin[s + 1] > newest.symbol_begin[s], candles[s].has_value());
      rows += expect_rows_of(newest, batch, t);
      expect_recent_bars(*newest.bars, *batch.bars, kRecent, t + hour.length(), hour);
    }
    EXPECT_GT(rows, 1500U);
  }
}

TEST(LiveFeatures, AContextPointThatArrivesIsSeenFromThenOn) {
  const auto market = gappy_market(4, 600);
  const MemoryCandleSource source(market);
  const Timestamp now = market[0].known_at(500);
  // Open interest of symbol 0: a stored point, and one that arrives.
  ContextSeries stored{SeriesKind::open_interest, market[0].key.symbol, {}};
  for (std::size_t i = 0; i < 500; i += 4) append(stored, market[0].candles[i].open_time, 1000 + double(i % 17));
  ContextSeries with_arrival = stored;
  append(with_arrival, market[0].candles[501].open_time + Duration(1), 5000);
  const MemoryContextSource before({stored}), after({with_arrival});
  testing::FeatureRun run;
  auto live = LiveFeatures::after_history(core_feature_set(), source, &before, now, 0, run.context());
  ASSERT_TRUE(live);
  live->add_context(0, SeriesKind::open_interest, with_arrival.points.back());
  const FeatureFrame with = compute(core_feature_set(), source, &after);
  const FeatureFrame without = compute(core_feature_set(), source, &before);
  std::size_t changed = 0;
  for (std::size_t i = 501; i < 520; ++i) {
    const Timestamp t = market[0].candles[i].open_time;
    std::vector<std::optional<Candle>> candles(market.size());
    for (std::size_t s = 0; s < market.size(); ++s)
      for (const Candle& candle : market[s].candles)
        if (candle.open_time == t) candles[s] = candle;
    live->update(t, candles);
    expect_rows_of(*live->newest(), with, t);
    const auto row = static_cast<std::size_t>(
        std::lower_bound(without.open_time_ms.begin(),
                         without.open_time_ms.begin() + static_cast<std::ptrdiff_t>(without.symbol_begin[1]), t.ms()) -
        without.open_time_ms.begin());
    changed += same_bits(live->newest()->row(0), without.row(row)) ? 0U : 1U;
  }
  EXPECT_GT(changed, 10U) << "the point says something";
}

TEST(FeatureEngine, BitsDoNotDependOnJobs) {
  const auto market = gappy_market(7, 1200);
  const MemoryCandleSource source(market);
  const FeatureFrame one = compute(core_feature_set(), source);
  for (const int jobs : {2, 5}) {
    const FeatureFrame more = compute(core_feature_set(), source, nullptr, {}, jobs);
    EXPECT_EQ(one.open_time_ms, more.open_time_ms);
    EXPECT_TRUE(same_bits(one.values, more.values));
  }
}

TEST(FeatureEngine, BitsDoNotDependOnWhereTheFrameLies) {
  const testing::TempDirectory dir;
  const auto market = gappy_market(7, 1200);
  const MemoryCandleSource source(market);
  FeatureOptions part;
  part.rows = {market[0].candles[101].open_time, market[0].candles[987].open_time};
  for (const FeatureOptions& options : {FeatureOptions(), part})
    for (const int jobs : {1, 3}) {
      const FeatureFrame memory =
          compute(core_feature_set(), source, nullptr, options, jobs, {dir.path(), 100'000'000});
      const FeatureFrame file = compute(core_feature_set(), source, nullptr, options, jobs, {dir.path(), 0});
      EXPECT_FALSE(memory.values.in_file());
      EXPECT_TRUE(file.values.in_file());
      EXPECT_EQ(memory.open_time_ms, file.open_time_ms);
      EXPECT_TRUE(same_bits(memory.values, file.values)) << jobs;
    }
}

TEST(FeatureEngine, SaysThatThereIsNoRoomForTheFrame) {
  const testing::TempDirectory dir;
  testing::FeatureRun run;
  RunContext given = run.context();
  given.scratch = {dir.path() / "absent", 0};
  const auto frame = compute_features(core_feature_set(), MemoryCandleSource(gappy_market(4, 50)), nullptr, {}, given);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, "scratch.file");
}

TEST(FeatureEngine, LaterBarsChangeNoEarlierRow) {
  const auto market = gappy_market(4, 900);
  const FeatureFrame whole = compute(core_feature_set(), MemoryCandleSource(market));
  for (const std::size_t bar : {1U, 63U, 64U, 65U, 500U}) {
    FeatureOptions options;
    options.as_of = market[0].known_at(bar);
    const FeatureFrame early = compute(core_feature_set(), MemoryCandleSource(market), nullptr, options);
    for (std::size_t s = 0; s < market.size(); ++s) {
      const std::size_t rows = early.symbol_begin[s + 1] - early.symbol_begin[s];
      for (std::size_t i = 0; i < rows; ++i)
        ASSERT_TRUE(same_bits(early.row(early.symbol_begin[s] + i), whole.row(whole.symbol_begin[s] + i)));
    }
  }
}

TEST(FeatureEngine, ARangeOfRowsHasTheBitsOfTheWhole) {
  const auto market = gappy_market(4, 700);
  const MemoryCandleSource source(market);
  const FeatureFrame whole = compute(core_feature_set(), source);
  FeatureOptions options;
  options.rows = {market[0].candles[101].open_time, market[0].candles[487].open_time};
  const FeatureFrame part = compute(core_feature_set(), source, nullptr, options);
  std::size_t row = 0;
  for (std::size_t r = 0; r < whole.rows(); ++r) {
    if (!options.rows.contains(Timestamp(whole.open_time_ms[r]))) continue;
    ASSERT_LT(row, part.rows());
    EXPECT_EQ(part.open_time_ms[row], whole.open_time_ms[r]);
    ASSERT_TRUE(same_bits(part.row(row), whole.row(r)));
    ++row;
  }
  EXPECT_EQ(row, part.rows());
  EXPECT_GT(row, 1000U);
}

TEST(LiveFeatures, ADelistedSymbolHasNoRow) {
  const auto market = gappy_market(4, 700);
  const MemoryCandleSource source(market);
  const FeatureFrame whole = compute(core_feature_set(), source);
  testing::FeatureRun run;
  const Timestamp now = market[0].known_at(600);
  const auto live = LiveFeatures::after_history(core_feature_set(), source, nullptr, now + std::chrono::minutes(20), 0,
                                                run.context());
  ASSERT_TRUE(live);
  EXPECT_EQ(expect_rows_of(*live->newest(), whole, market[0].candles[600].open_time), 3U);
  EXPECT_EQ(live->newest()->symbol_begin[2], live->newest()->symbol_begin[3]) << "symbol 2 was delisted long ago";
}

TEST(FeatureEngine, ContextIsJoinedWhenItIsKnownAndForgottenWhenItIsOld) {
  SimulationOptions options;
  options.symbols = 1;
  options.bars = 60;
  const auto market = simulate(options)->series;
  ContextSeries funding{SeriesKind::funding_rate, market[0].key.symbol, {}};
  // Settled at the close of bar 9, known a minute later: bar 10 is the first that may see it.
  append(funding, market[0].known_at(9), 0.0007);
  const MemoryContextSource context({funding});
  const FeatureSet set = core_feature_set();
  const FeatureFrame frame = compute(set, MemoryCandleSource(market), &context);
  const std::size_t column = *set.find("funding_rate_bps");
  const auto last_hours = default_max_age(SeriesKind::funding_rate) / std::chrono::hours(1);
  for (std::size_t i = 0; i < 60; ++i) {
    const float x = frame.row(i)[column];
    if (i >= 10 && static_cast<std::int64_t>(i) - 9 <= last_hours) {
      EXPECT_FLOAT_EQ(x, 7.0F) << i;
    } else {
      EXPECT_TRUE(std::isnan(x)) << i;
    }
  }
}

TEST(FeatureEngine, RefusesWhatItCannotRead) {
  testing::FeatureRun run;
  auto market = gappy_market(4, 50);
  std::swap(market[2].candles[3], market[2].candles[4]);
  const auto unordered = compute_features(core_feature_set(), MemoryCandleSource(market), nullptr, {}, run.context());
  ASSERT_FALSE(unordered);
  EXPECT_EQ(unordered.error().code, "features.order");
  run.cancel.request();
  const auto stopped =
      compute_features(core_feature_set(), MemoryCandleSource(gappy_market(4, 50)), nullptr, {}, run.context());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, "cancelled");
}

}  // namespace
}  // namespace clm
