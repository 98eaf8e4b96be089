#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "learning/data/learning_data.hpp"
#include "learning/vintages/vintage_walk.hpp"

namespace clm {

/// What one forecaster said of every row of a walk, from the first row of the first span on.
struct WalkForecast {
  std::string name;
  std::vector<float> forecast;  ///< NaN where it says nothing
};

/// The same as it would have been served: in units of the horizon's volatility, with the probability that goes with it.
struct ServedWalkForecast {
  std::string name;
  std::vector<float> forecast;
  std::vector<double> up_probability;  ///< that the price rises; NaN where there is no forecast
};

/// What the lineup of a recipe said: at every row the mean of the standardised forecasts of the vintages in it, each
/// the mean of the fits of its day. `lineup` asks for no more vintages and fits than the walk was made with, at the
/// same spacing (contract). In units of no scale; `calibrated_as_served` gives them one. Cost: rows x vintages x fits.
WalkForecast lineup_forecast(const LearningData& data, const VintageWalk& walk, std::size_t recipe,
                             const LineupOptions& lineup, std::size_t min_symbols);

/// What the newest fit of a baseline said, as it said it.
WalkForecast baseline_forecast(const VintageWalk& walk, std::size_t baseline);

/// The mean over recipes of what their lineups said: every recipe weighs the same.
WalkForecast mean_of_recipes(std::span<const WalkForecast> recipes, std::string name);

/// Each forecast as it would have been served: scaled by what the forecaster's own earlier forecasts were worth
/// (`ForecastCalibration`), of those whose outcome was known when the span's vintage was made (the newest
/// 200,000; Dawid 1984, J. R. Statist. Soc. A 147:278, prequential). NaN in spans before which too little was known to
/// scale by. Cost: a sort of those forecasts for every span and forecaster.
std::vector<ServedWalkForecast> calibrated_as_served(const LearningData& data, const VintageWalk& walk,
                                                     std::span<const WalkForecast> forecasts);

}  // namespace clm
