#include "evaluation/ensemble/standardised_forecast.hpp"

#include <cmath>
#include <limits>

#include "base/contract.hpp"

namespace clm {
CrossSection cross_section(std::span<const float> forecasts) {
  CrossSection out;
  double sum = 0;
  for (const float forecast : forecasts) {
    if (std::isnan(forecast)) continue;
    ++out.count;
    sum += static_cast<double>(forecast);
  }
  if (out.count == 0) return out;
  out.mean = sum / static_cast<double>(out.count);
  double squares = 0;
  for (const float forecast : forecasts)
    if (!std::isnan(forecast)) squares += std::pow(static_cast<double>(forecast) - out.mean, 2);
  out.deviation = std::sqrt(squares / static_cast<double>(out.count));
  // What is left of equal forecasts after rounding is no opinion.
  if (out.deviation <= 1e-7 * std::abs(out.mean)) out.deviation = 0;
  return out;
}

void standardise(std::span<float> forecasts, double own_scale, const StandardisationOptions& options) {
  expects(own_scale > 0, "a model's forecasts have a scale");
  double centre = 0, scale = own_scale;
  if (options.basis == ReturnBasis::relative) {
    const CrossSection section = cross_section(forecasts);
    if (section.count >= options.min_symbols && section.count > 1) {
      centre = section.mean;
      scale = section.deviation > 0 ? section.deviation : std::numeric_limits<double>::infinity();
    }
  }
  for (float& forecast : forecasts)
    if (!std::isnan(forecast)) forecast = static_cast<float>((static_cast<double>(forecast) - centre) / scale);
}

double root_mean_square(std::span<const float> values) {
  double squares = 0;
  std::size_t count = 0;
  for (const float value : values) {
    if (std::isnan(value)) continue;
    squares += static_cast<double>(value) * static_cast<double>(value);
    ++count;
  }
  return count == 0 ? 0 : std::sqrt(squares / static_cast<double>(count));
}

}  // namespace clm
