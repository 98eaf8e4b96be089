#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "evaluation/metrics/forecast_table.hpp"

namespace clm {

/// Forecast probabilities against outcomes that are 0 or 1.
struct ProbabilityScore {
  std::size_t count = 0;
  double base_rate = 0;   ///< share of outcomes 1
  double brier = 0;       ///< mean squared error
  double brier_base = 0;  ///< of always saying the base rate: the bar to clear
  double log_loss = 0;    ///< mean of -log(probability of what came), nats
  double log_loss_base = 0;
  /// Expected calibration error: mean over equally filled bins of |mean probability - share of 1|, weighted by count.
  double calibration_error = 0;
  /// Murphy (1973): over groups of equal probabilities brier = reliability - resolution + uncertainty, exactly; here
  /// over the bins, with `within` the part that binning leaves: brier = reliability - resolution + uncertainty +
  /// within.
  double reliability = 0;
  double resolution = 0;
  double uncertainty = 0;
  double within = 0;
};

/// Bins are filled equally in order of probability (ties stay together). Pairs with NaN are left out. O(n log n).
ProbabilityScore score_probabilities(std::span<const double> probability, std::span<const float> outcome,
                                     std::size_t bins = 10);

/// A line of a reliability diagram.
struct ReliabilityBin {
  std::size_t count = 0;
  double probability = 0;  ///< mean forecast in the bin
  double share = 0;        ///< outcomes that were 1
};
std::vector<ReliabilityBin> reliability_diagram(std::span<const double> probability, std::span<const float> outcome,
                                                std::size_t bins = 10);

/// 1 where the forward return is positive, 0 where it is not, NaN where it is unknown.
std::vector<float> up_outcomes(const JudgedRows& rows);

/// P(up) of every row from its forecast: an isotonic map fitted on other times only. Time is cut into `folds`
/// stretches; the map for one is fitted on the rows whose label span touches none of its labels. NaN where the
/// forecast is missing or a fold has nothing to fit on. Cost O(folds rows log rows).
std::vector<double> cross_fitted_up_probability(const JudgedRows& rows, std::span<const float> forecast,
                                                std::size_t folds = 5);

}  // namespace clm
