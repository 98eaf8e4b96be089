#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace clm {

struct DieboldMariano {
  double statistic = 0;  ///< negative: the first forecaster loses less
  double p_less = 1;     ///< one-sided, of "the first is not better"
  double p_two_sided = 1;
};
/// Equal accuracy of two forecasters with losses of an h-step forecast (Diebold & Mariano 1995), with the small-sample
/// correction of Harvey, Leybourne & Newbold (1997) and Student's t with n - 1 degrees. The same length, n >= 2,
/// horizon < n. A non-positive variance estimate, which rectangular weights can give: statistic 0, p 1.
DieboldMariano diebold_mariano(std::span<const double> loss_first, std::span<const double> loss_second,
                               std::size_t horizon);

struct SuperiorAbilityOptions {
  std::size_t repetitions = 1000;
  double block_length = 0;  ///< expected; 0 = sqrt(n)
  std::uint64_t seed = 1;
  /// Resampled means are spread by sqrt(n / (n - 2 L)), as those of `estimate_mean` are, without which the level is not
  /// held where blocks are few; false: Hansen's test as it was published. Wants n > 2 L.
  bool widened = true;
};

/// Is the best of several models better than the benchmark? Null: none is.
struct SuperiorAbility {
  double statistic = 0;        ///< max over models of sqrt(n) mean gain / its deviation, at least 0
  double p_lower = 1;          ///< Hansen's three recentrings: liberal,
  double p_consistent = 1;     ///< the one to report,
  double p_upper = 1;          ///< conservative (all at the edge of the null)
  double p_reality_check = 1;  ///< White (2000): not studentised
  std::size_t best = 0;        ///< the model with the largest studentised gain
};
/// `gain`: T x K, row-major: how much less model k lost than the benchmark at time t. Hansen (2005, JBES 23:365) with
/// the stationary bootstrap and its closed-form variance. Where no model gained anything (statistic 0), every p of the
/// three is 1. T >= 8, K >= 1. Cost O(repetitions T K).
SuperiorAbility superior_predictive_ability(std::span<const double> gain, std::size_t models,
                                            const SuperiorAbilityOptions& options);

}  // namespace clm
