#pragma once
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "evaluation/calibration/calibrated_model.hpp"
#include "evaluation/ensemble/ensemble_rule.hpp"
#include "learning/data/market_tape.hpp"
#include "learning/options/learning_options.hpp"
#include "registry/registry.hpp"

namespace clm {

/// Forecasts of versions on the bars of a tape. A version's bytes are verified at its first forecast. Models forecast a
/// block of bars at once, and the results are kept until those bars have passed; a forecast depends on its own row
/// alone, so computing it early looks at nothing later. An ensemble's forecast is combined from its members'; a member
/// that has expired at a bar (`is_expired`) abstains there.
/// Not thread-safe.
class ForecastCache {
 public:
  /// Borrows tape and registry. `block_rows`: how many rows one call asks a model about.
  ForecastCache(const MarketTape& tape, const Registry& registry, const ServingOptions& serving,
                std::size_t block_rows = 4'096)
      : tape_(tape), registry_(registry), serving_(serving), block_rows_(block_rows) {}

  /// One forecast per symbol of the tape in units of the horizon's volatility; NaN where the symbol has no row at the
  /// bar, or the version abstains: on everything, where it was trained on another feature set or label than the
  /// tape's. Errors `artifact.*` (integrity), `registry.*`.
  Result<std::vector<float>> forecast(const VersionId& version, std::size_t bar);
  /// What a version's manifest says.
  Result<Manifest> manifest(const VersionId& version);
  /// Forgets versions that are not asked any more.
  void keep_only(const std::vector<VersionId>& versions);

 private:
  struct Entry {
    Manifest manifest;
    std::optional<CalibratedModel> model;  ///< of a single version; neither: it abstains
    std::optional<EnsembleRule> rule;      ///< of an ensemble
    std::vector<VersionId> members;        ///< in the rule's order
    std::size_t first_bar = 0, end_bar = 0;
    std::vector<float> block;  ///< one per row of the bars
  };
  Result<Entry*> entry(const VersionId& version);
  Status fill(Entry& entry, std::size_t bar);
  Status fill_ensemble(Entry& entry);

  const MarketTape& tape_;
  const Registry& registry_;
  ServingOptions serving_;
  std::size_t block_rows_;
  std::map<VersionId, Entry> entries_;
};

}  // namespace clm
