#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "evaluation/calibration/forecast_calibration.hpp"
#include "models/model.hpp"

namespace clm {

/// What is said about every row, NaN where the model abstains.
struct ServedForecasts {
  std::vector<float> forecast;         ///< in units of the horizon's volatility
  std::vector<double> up_probability;  ///< `ForecastCalibration::up_probability`
};

/// A model with the calibration that belongs to it: what is judged, stored and served as one. Thread-safe.
struct CalibratedModel {
  std::unique_ptr<Model> model;
  ForecastCalibration calibration;

  /// The model's own forecasts, one per row, in label units; NaN where it abstains.
  Result<std::vector<float>> raw_forecast(const RowSet& rows) const;
  /// The same in units of the horizon's volatility: what the return is expected to be.
  Result<std::vector<float>> forecast(const RowSet& rows) const;
  /// The same with the probability that is served beside each: what is judged.
  Result<ServedForecasts> served(const RowSet& rows) const;
};

/// Raw forecasts as they would be served, each by a calibration that shares nothing with its outcome: time is cut into
/// four stretches, and each is calibrated by the rows of the others whose labels do not touch it (cross-fitting,
/// Chernozhukov et al. 2018, The Econometrics Journal 21:C1). The others may be later ones: this says what being
/// calibrated is worth, and changes no rank within a stretch. One forecast per row, NaN = abstained. Error
/// `calibration.no_rows` (data) where a stretch has fewer than 100 rows to be calibrated by. Cost: four fits.
Result<ServedForecasts> cross_fitted_forecasts(const JudgedRows& rows, std::span<const float> raw);

/// Reads model and calibration from the directory of an artifact whose bytes were verified.
/// Errors `model.load`, `calibration.load` (integrity).
Result<CalibratedModel> load_calibrated_model(std::string_view model_type, const std::filesystem::path& directory);

}  // namespace clm
