#pragma once
#include <cmath>
#include <string>
#include <vector>

#include "features/sets/feature_set.hpp"
#include "learning/life_cycle/life_cycle_fixture.hpp"
#include "learning/record/record.hpp"

namespace clm::testing {

/// Vintages of ridge on the easy market (from 2024-01-01, hourly), and a log into which tests write what they say.
class RecordTest : public LifeCycleTest {
 protected:
  static constexpr std::size_t kFirst = 600, kSecond = 640;  ///< bars known to the vintages: in January

  RecordTest() {
    options_ = small_trees();
    options_.training.models = {"ridge"};
    options_.deployment.mode = PolicyMode::logging_only;
    options_.ensemble.mode = EnsembleMode::off;
  }
  /// A version that was trained when so many bars had closed.
  VersionId vintage(std::size_t bars) {
    const CycleReport report = cycle(options_, Force::yes, bars);
    EXPECT_EQ(report.results.size(), 1U);
    EXPECT_FALSE(report.results.front().version.empty());
    return report.results.front().version;
  }
  MarketTape tape_of(const CandleSource& candles, std::size_t bars, const LabelOptions& label = {}) {
    return MarketTape::record(*feature_set("classic22"), candles, nullptr, label, close_of(bars), undisturbed())
        .value();
  }
  MarketTape tape_of(std::size_t bars) { return tape_of(easy_candles(bars), bars); }

  /// Some forecast of symbol number s at a bar.
  static float said(std::size_t bar, std::size_t s, double phase = 0) {
    return static_cast<float>(std::sin(static_cast<double>(7 * bar + 13 * s) + phase));
  }
  static std::vector<float> all_said(std::size_t bar, std::size_t symbols, double phase = 0) {
    std::vector<float> forecast;
    for (std::size_t s = 0; s < symbols; ++s) forecast.push_back(said(bar, s, phase));
    return forecast;
  }
  static std::vector<Symbol> symbols() { return easy_candles(1).symbols(); }
  void log(const std::vector<ForecastRow>& rows) {
    ASSERT_TRUE(life_log_.set_universe(symbols()));
    LifeCycleLog::Step step;
    step.state_json = "{}";
    step.forecasts = rows;
    ASSERT_TRUE(life_log_.commit(step));
  }
  static ForecastRow row_at(std::size_t bars, const std::string& who, double phase = 0,
                            Heard heard = Heard::in_service) {
    return {close_of(bars), who, all_said(bars, symbols().size(), phase), heard};
  }
  static ForecastRow served_at(std::size_t bars, const std::string& lineup = {}) {
    ForecastRow row = row_at(bars, kServed);
    const std::size_t count = symbols().size();
    row.terms = {VersionId(lineup), LabelOptions(), all_said(bars, count, 1), std::vector<float>(count, 0.5F),
                 std::vector<Action>(count, Action::sell)};
    return row;
  }
  Record record_of(TimeRange span = {}) {
    const auto vintages = recorded_vintages(*registry_);
    EXPECT_TRUE(vintages) << to_string(vintages.error());
    auto record = read_record(life_log_, *vintages, span);
    EXPECT_TRUE(record) << to_string(record.error());
    return std::move(*record);
  }
  std::string recipe_of_version(const VersionId& version) {
    return recorded_vintages(*registry_).value().at(version).recipe;
  }

  LearningOptions options_;
};

}  // namespace clm::testing
