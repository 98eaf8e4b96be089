#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "evaluation/calibration/isotonic.hpp"
#include "evaluation/metrics/forecast_table.hpp"

namespace clm {

/// What a raw forecast is worth: the expected return per unit of forecast, and the probability that the price rises.
/// Fitted on rows that the model was not fitted on, and stored beside the model: both are swapped as one. Immutable,
/// thread-safe.
class ForecastCalibration {
 public:
  /// The correlation of forecast and return that the slope stands for is at least this, whatever the rows say: a model
  /// whose forecasts point the wrong way on a few rows is for the judging to refuse, not for a scale to turn around. A
  /// bound of the correlation, so that forecasts times a constant are calibrated to the same.
  static constexpr double kMinCorrelation = 0.0025;

  /// Least squares through the origin of return / volatility on the forecast, and isotonic P(up). `forecast` has one
  /// entry per row, NaN = abstained. Error `calibration.no_rows` (data) below 100 rows with a forecast.
  static Result<ForecastCalibration> fit(const JudgedRows& rows, std::span<const float> forecast, ReturnBasis basis);

  /// Expected log return in units of the horizon's volatility.
  double scaled(double forecast) const { return slope_ * forecast; }
  void scale(std::span<float> forecasts) const;
  /// That the price rises from the next open to the exit: P(forward return > 0), strictly inside (0, 1). Of the price
  /// itself, whatever the forecast is about: a relative forecast is one of the return less the universe's mean, and the
  /// best of the symbols may well fall.
  double up_probability(double forecast) const { return up_(forecast); }
  double slope() const { return slope_; }

  /// `calibration.json` of an artifact.
  std::string to_json_text() const;
  /// Error `calibration.load` (integrity).
  static Result<ForecastCalibration> load(const std::filesystem::path& file);

  static constexpr const char* kFileName = "calibration.json";

 private:
  ForecastCalibration(double slope, IsotonicMap up) : slope_(slope), up_(std::move(up)) {}
  double slope_;
  IsotonicMap up_;
};

}  // namespace clm
