#include "evaluation/calibration/calibrated_model.hpp"

namespace clm {

Result<std::vector<float>> CalibratedModel::raw_forecast(const RowSet& rows) const {
  std::vector<float> forecasts(rows.size());
  if (auto predicted = model->predict(rows, forecasts); !predicted) return forward_error(predicted);
  return forecasts;
}

Result<std::vector<float>> CalibratedModel::forecast(const RowSet& rows) const {
  auto forecasts = raw_forecast(rows);
  if (forecasts) calibration.scale(*forecasts);
  return forecasts;
}

Result<ServedForecasts> CalibratedModel::served(const RowSet& rows) const {
  auto raw = raw_forecast(rows);
  if (!raw) return forward_error(raw);
  ServedForecasts out{std::move(*raw), {}};
  out.up_probability.reserve(rows.size());
  for (const float forecast : out.forecast)
    out.up_probability.push_back(calibration.up_probability(static_cast<double>(forecast)));
  calibration.scale(out.forecast);
  return out;
}

Result<CalibratedModel> load_calibrated_model(std::string_view model_type, const std::filesystem::path& directory) {
  auto model = load_model(model_type, directory);
  if (!model) return forward_error(model);
  auto calibration = ForecastCalibration::load(directory / ForecastCalibration::kFileName);
  if (!calibration) return forward_error(calibration);
  return CalibratedModel{std::move(*model), std::move(*calibration)};
}

}  // namespace clm
