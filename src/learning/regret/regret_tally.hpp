#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "learning/data/forecast_history.hpp"
#include "learning/data/market_tape.hpp"
#include "learning/regret/regret.hpp"
#include "registry/registry.hpp"

namespace clm {

/// Scores what was said at a bar once the truth is known: what was served beside whom it is held against. A bar counts
/// where the newest vintages spoke of enough symbols to be ranked; its rank IC is that of `rank_ic_series`, against the
/// return from the next open. Borrows tape and registry. Not thread-safe.
class RegretTally {
 public:
  RegretTally(const MarketTape& tape, const Registry& registry, std::size_t min_symbols)
      : tape_(tape), registry_(registry), min_symbols_(min_symbols) {}

  /// `said`: everybody's forecasts of the bar, as they were made then; `now`: what became known later is not looked at.
  /// Each bar once. Errors: those of the registry. Cost: O(n log n) a forecaster, n symbols; some 10 us.
  Status add(std::size_t bar, const std::vector<ForecastRow>& said, Timestamp now);
  /// What was added since the last call, one entry a bar and forecaster.
  std::vector<RegretDay> take();

 private:
  /// Whose forecast a version's is.
  struct Speaker {
    std::string recipe;  ///< empty: an ensemble
    Timestamp created_as_of;
  };
  Result<const Speaker*> speaker(const VersionId& version);
  Result<std::map<std::string, const ForecastRow*>> newest_of_recipes(const std::vector<ForecastRow>& said);

  const MarketTape& tape_;
  const Registry& registry_;
  std::size_t min_symbols_;
  std::map<VersionId, Speaker> speakers_;
  std::vector<RegretDay> added_;
};

}  // namespace clm
