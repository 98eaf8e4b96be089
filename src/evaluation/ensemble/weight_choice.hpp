#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/calibration/forecast_calibration.hpp"
#include "evaluation/ensemble/ensemble_rule.hpp"
#include "evaluation/metrics/paired_difference.hpp"

namespace clm {

struct WeightChoiceOptions {
  WeightBounds bounds;
  /// How strongly learned weights are held at the configured ones (`WeightMoments::solve`). Labels overlap and symbols
  /// move together, so the rows are worth far fewer than their number; weights of noise would swing by about
  /// 1 / shrinkage.
  double shrinkage = 5;
  ReturnBasis basis = ReturnBasis::own;  ///< what forecasts are about
  Duration embargo{0};                   ///< between the last label learned from and the rows that are checked on
  double later_share = 0.5;              ///< of the times, checked on; (0, 1)
  double alpha = 0.05;                   ///< 1 - coverage of the intervals that decide
  std::size_t min_symbols = 8;           ///< for a cross-sectional rank IC; fewer: ranks over time instead
};

/// Weights that were held against others on rows that neither was learned from.
struct WeightTrial {
  WeightSource source = WeightSource::learned;
  WeightSource against = WeightSource::fixed;
  EnsembleWeights weights;
  PairedDifference squared_error;  ///< of the others less its own, per time: above zero it is better
  PairedDifference rank_ic;        ///< its own less the others', against the realised return
  bool used = false;
};

/// Which weights an ensemble gets, and why.
struct WeightChoice {
  EnsembleWeights weights;
  std::string reason;  ///< a sentence with its numbers
  std::size_t learned_rows = 0, checked_rows = 0;
  std::optional<TimeRange> learned, checked;  ///< decision times
  std::vector<WeightTrial> trials;            ///< in the order in which they were held against the ones in force
};

/// Chooses between fixed and learned weights. `members` are forecasts of rows that no member was fitted on, all of one
/// `rows`; `prior` are the configured weights, which sum to 1.
///
/// The rows are cut in time, purged and embargoed. Weights are learned on the earlier part (squared error of the return
/// in units of volatility) and replace the ones in force only where they lose less on the later part, with the lower
/// bound of the paired difference above zero: first one set of weights for all times, then one per regime of `states`.
/// What was checked is what is used: nothing is learned again on both parts. Rows where a member abstains are left out.
/// Deterministic. Cost O(rows k^2).
WeightChoice choose_weights(std::span<const ForecastTable> members, std::span<const double> prior,
                            const std::optional<VolatilityRule>& states, const WeightChoiceOptions& options);

/// {source, weights, by_regime?, reason, learned, checked, trials}
nlohmann::json to_json(const WeightChoice& choice);

}  // namespace clm
