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
  /// another feature set or label than the tape's. Errors: those of the registry, and of a version that it does not
  /// know.
  Result<std::vector<float>> forecast(const VersionId& version, std::size_t bar);
  /// What is served at a bar by this plan, likewise per symbol and in units of its label's volatility. Who reads
  /// features that the tape does not hold abstains (`MarketTape::add_features`).
  Result<std::vector<float>> served(const ServingPlan& plan, std::size_t bar);
  /// What a plan is made of (`ServableVersions::facts`).
  Result<ServingFacts> facts(std::map<std::string, VersionId> active, std::vector<CanaryShare> canaries) {
    return versions_.facts(std::move(active), std::move(canaries));
  }
  /// What a version's manifest says. Errors also why it is broken.
  Result<Manifest> manifest(const VersionId& version);
  /// Forgets versions that are not asked any more.
  void keep_only(const std::vector<VersionId>& versions);

 private:
  /// What a model says of some bars.
  struct Block {
    std::size_t first_bar = 0, end_bar = 0;
    std::vector<float> forecasts;  ///< one per row of the bars
  };
  Result<std::shared_ptr<const ServableVersion>> known(const VersionId& version);
  Result<std::vector<float>> model_forecast(const ServableVersion& version, std::size_t bar);
  Status fill(const CalibratedModel& model, const Dataset& data, std::size_t bar, Block& block);

  const MarketTape& tape_;
  const Duration max_data_age_;
  std::size_t block_rows_;
  ServableVersions versions_;
  std::map<VersionId, Block> blocks_;
};

}  // namespace clm
