#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "learning/data/market_tape.hpp"
#include "learning/options/learning_options.hpp"
#include "registry/registry.hpp"
#include "serving/servable_version.hpp"

namespace clm {

/// What a plan makes of a bar, one value per symbol of the tape; NaN: nothing is served.
struct ServedBar {
  std::vector<float> forecast;              ///< in units of the volatility of the plan's label
  std::vector<double> expected_return_bps;  ///< the same as a return
  std::vector<double> up_probability;       ///< the mean of the votes', by their weights in force
};

/// Forecasts of versions on the bars of a tape. A version's bytes are verified at its first forecast; one that is
/// broken then says nothing, as where it is served. Models forecast a block of bars at once, and the results are kept
/// until those bars have passed; a forecast depends on its own row alone, so computing it early looks at nothing later.
/// Not thread-safe.
class ForecastCache {
 public:
  /// Borrows tape and registry. `block_rows`: how many rows one call asks a model about.
  ForecastCache(const MarketTape& tape, const Registry& registry, const ServingOptions& serving,
                std::size_t block_rows = 4'096);

  /// One forecast per symbol of the tape in units of the horizon's volatility, an ensemble's as `plan_version` has it;
  /// NaN where the symbol has no row at the bar, or the version abstains: on everything, where it was trained on
  /// another label than the tape's, or on features that the tape does not hold. Errors: those of the registry, and of a
  /// version that it does not know.
  Result<std::vector<float>> forecast(const VersionId& version, std::size_t bar);
  /// What is served at a bar by this plan. Who reads features that the tape does not hold abstains
  /// (`MarketTape::add_features`).
  Result<ServedBar> served(const ServingPlan& plan, std::size_t bar);
  /// What a plan is made of (`ServableVersions::facts`).
  Result<ServingFacts> facts(std::map<std::string, VersionId> active, std::vector<CanaryShare> canaries,
                             const SuspendedVersions& suspended = {}) {
    return versions_.facts(std::move(active), std::move(canaries), suspended);
  }
  /// What a version's manifest says. Errors also why it is broken.
  Result<Manifest> manifest(const VersionId& version);
  /// Whether a version was made of bars that closed after `time`: it may have learned what came of a decision then. A
  /// broken one says nothing anyway. Errors: those of the registry.
  Result<bool> was_made_after(const VersionId& version, Timestamp time);
  /// Forgets versions that are not asked any more.
  void keep_only(const std::vector<VersionId>& versions);

 private:
  /// What a model says of some bars.
  struct Block {
    std::size_t first_bar = 0, end_bar = 0;
    ServedForecasts said;  ///< one per row of the bars
  };
  /// What it says of a bar, one per symbol.
  struct Said {
    std::vector<float> forecast;
    std::vector<double> up_probability;
  };
  Result<std::shared_ptr<const ServableVersion>> known(const VersionId& version);
  Result<Said> say(const ServableVersion& version, std::size_t bar);
  Status fill(const CalibratedModel& model, const Dataset& data, std::size_t bar, Block& block);

  const MarketTape& tape_;
  const Duration max_data_age_;
  std::size_t block_rows_;
  ServableVersions versions_;
  std::map<VersionId, Block> blocks_;
};

}  // namespace clm
