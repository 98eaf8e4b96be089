#pragma once
#include <cstddef>
#include <deque>
#include <vector>

#include "learning/data/forecast_history.hpp"
#include "learning/data/market_tape.hpp"
#include "learning/life_cycle/life_cycle_state.hpp"
#include "learning/options/learning_options.hpp"
#include "learning/regret/regret_tally.hpp"

namespace clm {

/// Holds what was forecast against what became of it, once that is known: trials and performance charts of the state
/// are told. Borrows tape and options. Memory: the forecasts of as many bars as a label spans.
class LiveOutcomes {
 public:
  LiveOutcomes(const MarketTape& tape, const LearningOptions& options) : tape_(tape), options_(options) {}

  /// Forecasts of a bar later than any before; none are nothing to wait for.
  void wait_for(std::size_t bar, std::vector<ForecastRow> rows);
  /// Waits again for what was forecast by `last` and is not known by then. Errors: those of the history.
  Status restore(const ForecastHistory& history, Timestamp last);
  /// Every bar whose truth is known at `now` counts: for the regret; for a trial and a chart, if it was decided after
  /// they began. Errors: those of the tally.
  Status add_known(Timestamp now, LifeCycleState& state, RegretTally& regret);

 private:
  /// Forecasts whose truth is not known yet.
  struct Waiting {
    std::size_t bar = 0;
    std::vector<ForecastRow> rows;
  };
  const MarketTape& tape_;
  const LearningOptions& options_;
  std::deque<Waiting> waiting_;  ///< ascending by bar
};

}  // namespace clm
