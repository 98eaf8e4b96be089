#include "evaluation/calibration/forecast_calibration.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "base/file_io.hpp"
#include "evaluation/calibration/probability_score.hpp"

namespace clm {
namespace {

constexpr std::size_t kMinCalibrationRows = 100;
constexpr std::uint64_t kMaxCalibrationBytes = 8U << 20;

/// Least squares through the origin; 1 where nothing says how large forecasts or returns are.
double bounded_slope(double cross, double forecast_square, double outcome_square) {
  if (!(forecast_square > 0 && outcome_square > 0)) return 1.0;
  const double of_full_correlation = std::sqrt(outcome_square / forecast_square);
  return std::max(cross / forecast_square, ForecastCalibration::kMinCorrelation * of_full_correlation);
}

}  // namespace

Result<ForecastCalibration> ForecastCalibration::fit(const JudgedRows& rows, std::span<const float> forecast,
                                                     ReturnBasis basis) {
  expects(forecast.size() == rows.size(), "one forecast per row");
  const auto reference = basis == ReturnBasis::relative ? universe_return(rows, rows.forward_return)
                                                        : std::vector<double>(rows.size(), 0.0);
  const auto up = up_outcomes(rows);
  std::vector<float> scores, outcomes;
  double cross = 0, square = 0, outcome_square = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (std::isnan(forecast[i]) || std::isnan(up[i])) continue;
    scores.push_back(forecast[i]);
    outcomes.push_back(up[i]);
    const auto f = static_cast<double>(forecast[i]);
    const double outcome =
        (static_cast<double>(rows.forward_return[i]) - reference[i]) / static_cast<double>(rows.volatility[i]);
    cross += f * outcome;
    square += f * f;
    outcome_square += outcome * outcome;
  }
  if (scores.size() < kMinCalibrationRows)
    return fail(ErrorKind::data, "calibration.no_rows",
                std::to_string(scores.size()) + " rows with a forecast are too few to calibrate on", {},
                "Import a longer history or more symbols.");
  return ForecastCalibration(bounded_slope(cross, square, outcome_square), IsotonicMap::fit(scores, outcomes));
}

void ForecastCalibration::scale(std::span<float> forecasts) const {
  for (float& forecast : forecasts) forecast = static_cast<float>(slope_ * static_cast<double>(forecast));
}

std::string ForecastCalibration::to_json_text() const {
  const nlohmann::json document{
      {"slope", slope_}, {"up_scores", up_.scores()}, {"up_probabilities", up_.probabilities()}};
  return document.dump(1) + "\n";
}

Result<ForecastCalibration> ForecastCalibration::load(const std::filesystem::path& file) {
  const auto text = read_file(file, kMaxCalibrationBytes);
  if (!text) return forward_error(text);
  const auto broken = [&](const std::string& what) {
    return fail(ErrorKind::integrity, "calibration.load", what, file.string(), "Roll back, or train the model again.");
  };
  try {
    const auto document = nlohmann::json::parse(*text);
    const auto slope = document.at("slope").get<double>();
    auto up = IsotonicMap::from_knots(document.at("up_scores").get<std::vector<double>>(),
                                      document.at("up_probabilities").get<std::vector<double>>());
    if (!(slope > 0 && std::isfinite(slope))) return broken("the slope is not above zero");
    if (!up) return broken(up.error().message);
    return ForecastCalibration(slope, std::move(*up));
  } catch (const nlohmann::json::exception& error) {
    return broken(error.what());
  }
}

}  // namespace clm
