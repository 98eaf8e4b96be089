#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "evaluation/calibration/forecast_calibration.hpp"

namespace clm {

/// The forecasts of one model for several symbols at one time, NaN left out.
struct CrossSection {
  std::size_t count = 0;
  double mean = 0;       ///< 0 without any
  double deviation = 0;  ///< of the population; 0 where they are all alike but for rounding
};
CrossSection cross_section(std::span<const float> forecasts);

struct StandardisationOptions {
  ReturnBasis basis = ReturnBasis::relative;  ///< what the forecasts are about
  std::size_t min_symbols = 8;                ///< with a forecast at one time, for a cross-section
};

/// Makes the forecasts of one decision time comparable with those of other models, whatever scale each of them has.
/// Forecasts of relative returns of at least `min_symbols` symbols: z-scores over the symbols, all 0 where the
/// forecasts are all alike. Other forecasts: divided by `own_scale`, a root mean square of this model's forecasts, > 0.
/// NaN stays NaN. Multiplying forecasts and `own_scale` by a positive constant changes nothing but rounding.
/// Cost O(symbols).
void standardise(std::span<float> forecasts, double own_scale, const StandardisationOptions& options);

/// Of the values that are not NaN; 0 without any.
double root_mean_square(std::span<const float> values);

}  // namespace clm
