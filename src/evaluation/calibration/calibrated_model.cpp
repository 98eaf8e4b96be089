#include "evaluation/calibration/calibrated_model.hpp"

#include <limits>

#include "evaluation/calibration/time_folds.hpp"

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

Result<ServedForecasts> cross_fitted_forecasts(const JudgedRows& rows, std::span<const float> raw) {
  constexpr std::size_t kFolds = 4;
  ServedForecasts out{{raw.begin(), raw.end()}, std::vector<double>(rows.size())};
  for (const TimeFold& fold : time_folds(rows, kFolds)) {
    std::vector<float> others(raw.begin(), raw.end());
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (fold.touches(rows, i)) others[i] = std::numeric_limits<float>::quiet_NaN();
    const auto calibration = ForecastCalibration::fit(rows, others, rows.basis);
    if (!calibration) return forward_error(calibration);
    for (std::size_t i = fold.begin; i < fold.end; ++i)
      out.up_probability[i] = calibration->up_probability(static_cast<double>(raw[i]));
    calibration->scale(std::span(out.forecast).subspan(fold.begin, fold.end - fold.begin));
  }
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
