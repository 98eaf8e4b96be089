#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/ensemble/ensemble_rule.hpp"
#include "evaluation/metrics/paired_difference.hpp"
#include "evaluation/metrics/rank_ic.hpp"

namespace clm {

struct MemberComparisonOptions {
  double alpha = 0.05;          ///< 1 - coverage of every interval
  std::size_t min_symbols = 8;  ///< for a cross-sectional rank IC; fewer: ranks over time instead
};

/// One member beside the others.
struct MemberFigures {
  EnsembleMember member;
  double weight = 0;      ///< where no regime is told apart
  double coverage = 0;    ///< share of all rows on which it has a forecast
  RankIc rank_ic;         ///< of the member alone, against the return from the next open
  PairedDifference adds;  ///< rank IC of the ensemble less that of the ensemble without it
};

/// What each member is worth to an ensemble, on the rows where all of them have a forecast.
struct MemberComparison {
  std::size_t rows = 0;
  std::size_t times = 0;
  RankIc ensemble;
  std::vector<MemberFigures> members;
  std::vector<std::vector<double>> error_correlation;     ///< Pearson, of forecast - label; labels make it near 1
  std::vector<std::vector<double>> forecast_correlation;  ///< Pearson, of the forecasts themselves
  double mean_disagreement = 0;                           ///< in units of volatility
  double full_agreement = 0;                              ///< share of rows where all have the ensemble's sign
  /// Rank correlation of disagreement with the size of the ensemble's error: above zero, it tells uncertainty.
  RankIc disagreement_and_error;
};

/// `tables` are the members', in their order, of one `rows`. Without a common row all figures are empty.
/// Cost: a rank IC per member and one per member left out.
MemberComparison compare_members(const EnsembleRule& rule, std::span<const ForecastTable> tables,
                                 const MemberComparisonOptions& options);

/// {rows, times, rank_ic, members:[{model_type, version, weight, coverage, rank_ic, rank_ic_without, adds}],
/// error_correlation, forecast_correlation, disagreement}
nlohmann::json to_json(const MemberComparison& comparison);

}  // namespace clm
