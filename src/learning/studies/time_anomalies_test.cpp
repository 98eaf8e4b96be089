// What can go wrong with time: symbols that come and go, outages, bars that come twice, late or corrected, a clock that
// steps back. None of it may reach what was said before it, and none may stop the engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "features/labels/horizon_volatility.hpp"
#include "learning/data/universe.hpp"
#include "learning/studies/replay_fixture.hpp"

namespace clm {
namespace {

using testing::close_of;
using testing::ReplayPlace;

constexpr std::size_t kServedBars = 400, kAnomalyBars = 500;
constexpr std::size_t kAnomaly = 445;  ///< the first bar that is not as it should be
constexpr std::size_t kSymbol = 4;     ///< the one that it happens to
const char* const kFeatures = "classic22";

std::vector<CandleSeries> anomaly_market() {
  static const std::vector<CandleSeries> all = [] {
    SimulationOptions options;
    options.symbols = 10;
    options.bars = kAnomalyBars;
    options.seed = 11;
    options.signal_ic = 0.3;
    options.signal_shape = SignalShape::linear;
    return simulate(options).value().series;
  }();
  return all;
}

/// A candidate every two days, which is tried beside the one that serves.
LearningOptions anomaly_options() {
  LearningOptions options = testing::small_trees();
  options.feature_set = kFeatures;
  options.training.models = {"lightgbm"};
  options.trainers.lightgbm.min_data_in_leaf = 50;
  options.ensemble.mode = EnsembleMode::off;
  options.policy.skill_alpha = 0.49;
  options.policy.superiority_alpha = 0.49;
  options.policy.ladder = Ladder::on;
  options.policy.deploy_improvement = -10;
  options.policy.canary_improvement = -10;
  options.triggers.kinds = {"time_based"};
  options.triggers.retrain_hours = 30;
  options.deployment.stages.shadow.min_predictions = 10;
  options.deployment.stages.shadow.min_hours = 10;
  options.deployment.stages.shadow.max_days = 1;
  options.deployment.stages.shadow.alpha = 0.4;
  return options;
}

/// A run through `series` up to bar `to`, all that is stored then.
class Engine {
 public:
  Engine() { first_ = place_.serve_what_learns_from(MemoryCandleSource(history()), anomaly_options()); }

  ReplayReport go_on(std::vector<CandleSeries> series, std::size_t to = kAnomalyBars) {
    const MemoryCandleSource candles(std::move(series));
    return go_on(candles, to);
  }
  ReplayReport go_on(const CandleSource& candles, std::size_t to) {
    const auto report = place_.run(ReplayPlace::tape_of(candles, kFeatures, to), candles, anomaly_options(), to);
    EXPECT_TRUE(report) << to_string(report.error());
    return report ? *report : ReplayReport{};
  }
  /// What the version that served in the beginning said from bar `first` on, by bar.
  std::map<Timestamp, std::vector<float>> said_since(std::size_t first) const {
    std::map<Timestamp, std::vector<float>> said;
    const auto rows = place_.life_log_.forecasts(close_of(first), Timestamp::max(), first_.str());
    for (const ForecastRow& row : *rows) said[row.decided_at] = row.forecast;
    return said;
  }
  std::string memory(Timestamp end = Timestamp::max()) const { return place_.memory(end); }
  std::optional<Timestamp> last_close() const {
    const auto rows = place_.life_log_.forecasts(Timestamp::min(), Timestamp::max(), kServed);
    return rows->empty() ? std::nullopt : std::optional(rows->back().decided_at);
  }

 private:
  static std::vector<CandleSeries> history() {
    auto series = anomaly_market();
    for (CandleSeries& one : series) one.candles.resize(kServedBars);
    return series;
  }
  ReplayPlace place_{kServedBars};
  VersionId first_;
};

/// The whole market as it should be, gone through once.
const Engine& undisturbed() {
  static Engine made;
  static const ReplayReport report = made.go_on(anomaly_market());
  return made;
}

/// The first close at which the anomaly can be noticed.
Timestamp noticed() { return close_of(kAnomaly + 1); }

void erase_bars(CandleSeries& series, std::size_t first, std::size_t end) {
  series.candles.erase(series.candles.begin() + static_cast<std::ptrdiff_t>(first),
                       series.candles.begin() + static_cast<std::ptrdiff_t>(std::min(end, series.candles.size())));
}

/// Goes through the market with the anomaly in it: what was said before is the same to the bit, and it reaches the end.
void expect_no_leak_and_no_stop(const std::function<void(std::vector<CandleSeries>&)>& disturb, Engine& engine) {
  auto series = anomaly_market();
  disturb(series);
  const auto report = engine.go_on(std::move(series));
  EXPECT_EQ(engine.memory(noticed()), undisturbed().memory(noticed()));
  EXPECT_EQ(engine.last_close(), close_of(kAnomalyBars - 1));
  EXPECT_GE(report.trainings, 2U);
  for (const LifeEvent& event : report.timeline) EXPECT_NE(event.kind, EventKind::failed) << event.text;
}

/// Whether anything was said of the symbol at each bar from the anomaly on.
std::vector<bool> spoke_of(const Engine& engine, std::size_t symbol) {
  std::vector<bool> spoke;
  for (const auto& [at, forecast] : engine.said_since(kAnomaly + 1)) spoke.push_back(!std::isnan(forecast[symbol]));
  return spoke;
}

TEST(TimeAnomalies, ASymbolDelistedInTheMiddle) {
  Engine engine;
  expect_no_leak_and_no_stop([](auto& all) { erase_bars(all[kSymbol], kAnomaly, kAnomalyBars); }, engine);
  EXPECT_THAT(spoke_of(engine, kSymbol), ::testing::Each(false));
  EXPECT_THAT(spoke_of(engine, kSymbol + 1), ::testing::Each(true));
}

TEST(TimeAnomalies, ASymbolListedInTheMiddle) {
  // Against a market in which it is known by name and was never listed.
  auto never = anomaly_market();
  never[kSymbol].candles.clear();
  Engine without, with;
  without.go_on(never);
  auto listed = anomaly_market();
  erase_bars(listed[kSymbol], 0, kAnomaly);
  const auto report = with.go_on(listed);
  EXPECT_EQ(with.memory(noticed()), without.memory(noticed()));
  EXPECT_EQ(with.last_close(), close_of(kAnomalyBars - 1));
  const auto spoke = spoke_of(with, kSymbol);
  ASSERT_EQ(spoke.size(), kAnomalyBars - 1 - kAnomaly);
  EXPECT_FALSE(spoke.front()) << "nothing is known of its volatility yet";
}

TEST(TimeAnomalies, AnOutageOfTwelveHoursOfAllSymbols) {
  Engine engine;
  expect_no_leak_and_no_stop(
      [](auto& all) {
        for (CandleSeries& one : all) erase_bars(one, kAnomaly, kAnomaly + 12);
      },
      engine);
  EXPECT_EQ(engine.said_since(kAnomaly).size(), kAnomalyBars - kAnomaly - 12);
}

TEST(TimeAnomalies, AnOutageOfOneSymbol) {
  Engine engine;
  expect_no_leak_and_no_stop([](auto& all) { erase_bars(all[kSymbol], kAnomaly, kAnomaly + 12); }, engine);
  const auto spoke = spoke_of(engine, kSymbol);
  for (std::size_t i = 0; i < 12; ++i) EXPECT_FALSE(spoke[i]) << i;
}

TEST(TimeAnomalies, LateBars) {
  // The symbol's bars do not come for five hours, and then all at once.
  auto before = anomaly_market();
  for (CandleSeries& one : before) one.candles.resize(kAnomaly + 5);
  erase_bars(before[kSymbol], kAnomaly, kAnomaly + 5);
  Engine engine;
  engine.go_on(before, kAnomaly + 5);
  const std::string said = engine.memory(close_of(kAnomaly + 5));
  EXPECT_EQ(engine.memory(noticed()), undisturbed().memory(noticed()));
  engine.go_on(anomaly_market());
  EXPECT_EQ(engine.memory(close_of(kAnomaly + 5)), said) << "what was said stands";
  EXPECT_EQ(engine.last_close(), close_of(kAnomalyBars - 1));
  const auto late = engine.said_since(kAnomaly), in_time = undisturbed().said_since(kAnomaly);
  EXPECT_TRUE(std::isnan(late.at(close_of(kAnomaly + 4))[kSymbol]));
  // The version that was there all the time says of later bars what it would have said without the delay.
  for (std::size_t bar = kAnomaly + 5; bar < kAnomalyBars && late.count(close_of(bar)) == 1; ++bar)
    EXPECT_EQ(0, std::memcmp(late.at(close_of(bar)).data(), in_time.at(close_of(bar)).data(), 10 * sizeof(float)))
        << bar;
  EXPECT_EQ(late.count(close_of(kAnomaly + 5)), 1U);
}

/// The store and the universe of a live workspace.
class StoredMarket {
 public:
  StoredMarket() : store_(CandleStore::open(directory_.path()).value()) {}
  StoreResult import(const std::vector<CandleSeries>& series) {
    StoreResult sum;
    const auto written = store_.write_all(series);
    EXPECT_TRUE(written) << to_string(written.error());
    for (const StoreResult& one : *written) sum += one;
    return sum;
  }
  std::unique_ptr<StoredUniverse> as_of(std::size_t bars) const {
    return StoredUniverse::open({store_}, UniverseOptions{}, close_of(bars)).value();
  }

 private:
  testing::TempDirectory directory_;
  CandleStore store_;
};

TEST(TimeAnomalies, DuplicatedBarsAreStoredOnce) {
  StoredMarket stored;
  auto part = anomaly_market();
  for (CandleSeries& one : part) one.candles.resize(kAnomaly);
  stored.import(part);
  Engine engine;
  engine.go_on(*stored.as_of(kAnomaly), kAnomaly);
  const StoreResult again = stored.import(anomaly_market());
  EXPECT_EQ(again.rows_duplicate, static_cast<std::int64_t>(10 * kAnomaly));
  EXPECT_EQ(again.rows_corrected, 0);
  EXPECT_EQ(stored.import(anomaly_market()).rows_stored, 0);
  engine.go_on(*stored.as_of(kAnomalyBars), kAnomalyBars);
  EXPECT_EQ(engine.memory(), undisturbed().memory());
}

TEST(TimeAnomalies, ACorrectedBar) {
  StoredMarket stored;
  stored.import(anomaly_market());
  Engine engine;
  engine.go_on(*stored.as_of(kAnomaly), kAnomaly);
  const std::string said = engine.memory();
  EXPECT_EQ(said, undisturbed().memory(close_of(kAnomaly)));
  const MarketTape before = ReplayPlace::tape_of(*stored.as_of(kAnomalyBars), kFeatures, kAnomalyBars);

  // The newer import wins, and is counted.
  constexpr std::size_t kWrong = kAnomaly - 3;
  auto corrected = anomaly_market();
  Candle& bar = corrected[kSymbol].candles[kWrong];
  for (double Candle::*price : {&Candle::open, &Candle::high, &Candle::low, &Candle::close}) bar.*price *= 1.02;
  EXPECT_EQ(stored.import(corrected).rows_corrected, 1);

  engine.go_on(*stored.as_of(kAnomalyBars), kAnomalyBars);
  EXPECT_EQ(engine.memory(close_of(kAnomaly)), said) << "what was said stands";
  EXPECT_EQ(engine.last_close(), close_of(kAnomalyBars - 1));
  // What becomes known is what the corrected bars say: of decisions whose label begins or ends there, not of others.
  const MarketTape after = ReplayPlace::tape_of(*stored.as_of(kAnomalyBars), kFeatures, kAnomalyBars);
  const std::size_t entry_ahead = 1;
  std::vector<std::size_t> changed;
  for (std::size_t row = 0; row < after.rows().size(); ++row)
    if (after.rows().symbol[row] == kSymbol && after.rows().forward_return[row] != before.rows().forward_return[row] &&
        !(std::isnan(after.rows().forward_return[row]) && std::isnan(before.rows().forward_return[row])))
      changed.push_back(
          static_cast<std::size_t>((Timestamp(after.rows().decided_at_ms[row]) - close_of(1)).count() / 3'600'000));
  const auto horizon = static_cast<std::size_t>(after.label().horizon_bars);
  EXPECT_EQ(changed, (std::vector<std::size_t>{kWrong - entry_ahead - horizon, kWrong - entry_ahead}));
}

TEST(TimeAnomalies, AClockThatStepsBack) {
  Engine engine;
  engine.go_on(anomaly_market(), kAnomaly);
  const std::string said = engine.memory();
  // Asked as of ten hours ago: all of that was gone through already, and nothing happens twice.
  engine.go_on(anomaly_market(), kAnomaly - 10);
  EXPECT_EQ(engine.memory(), said);
  // And when time has caught up, it goes on as if nothing had been.
  engine.go_on(anomaly_market(), kAnomalyBars);
  EXPECT_EQ(engine.memory(), undisturbed().memory());
}

TEST(FreqaiDefects, JoinsGoByTimeNotByPosition) {
  // A symbol lacks one bar: whoever joins the n-th with the n-th is one candle off in everything after it.
  auto series = anomaly_market();
  erase_bars(series[kSymbol], kAnomaly, kAnomaly + 1);
  const MemoryCandleSource gappy(series), whole(anomaly_market());
  const MarketTape tape = ReplayPlace::tape_of(gappy, kFeatures, kAnomalyBars);
  const MarketTape expected = ReplayPlace::tape_of(whole, kFeatures, kAnomalyBars);
  const auto row_at = [](const MarketTape& of, std::size_t bar, std::size_t symbol) {
    for (std::size_t row = of.row_begin(bar); row < of.row_end(bar); ++row)
      if (of.rows().symbol[row] == symbol) return std::optional(row);
    return std::optional<std::size_t>();
  };
  const CandleSeries own = gappy.load(kSymbol).value();
  const auto volatility = horizon_volatility(own, tape.label().volatility_bars, tape.label().horizon_bars);
  const auto volatility_at = [&](Timestamp close) {
    for (std::size_t i = 0; i < own.candles.size(); ++i)
      if (own.known_at(i) == close) return volatility[i];
    return std::numeric_limits<float>::quiet_NaN();
  };
  std::size_t compared = 0;
  for (std::size_t bar = 0; bar < expected.bars(); ++bar) {
    ASSERT_EQ(tape.close(bar), expected.close(bar));
    const auto row = row_at(tape, bar, kSymbol), other = row_at(expected, bar, kSymbol);
    EXPECT_EQ(row.has_value(), other.has_value() && bar != kAnomaly) << bar;
    if (!row || !other) continue;
    EXPECT_EQ(tape.rows().decided_at_ms[*row], tape.close(bar).ms());
    const float known = volatility_at(tape.close(bar)), said = tape.rows().volatility[*row];
    EXPECT_TRUE(said == known || (std::isnan(said) && std::isnan(known))) << bar;
    // Over a span without the gap the label is the same, whatever came before it.
    const float a = tape.rows().forward_return[*row], b = expected.rows().forward_return[*other];
    if (std::isnan(a) || std::isnan(b)) continue;
    EXPECT_EQ(a, b) << bar;
    compared += bar > kAnomaly ? 1 : 0;
  }
  EXPECT_GT(compared, 30U) << "there are labels after the gap";
}

}  // namespace
}  // namespace clm
