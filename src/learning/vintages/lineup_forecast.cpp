#include "learning/vintages/lineup_forecast.hpp"

#include <algorithm>
#include <limits>

#include "base/contract.hpp"
#include "evaluation/calibration/forecast_calibration.hpp"
#include "evaluation/ensemble/standardised_forecast.hpp"
#include "evaluation/metrics/forecast_table.hpp"
#include "models/mean_model.hpp"

namespace clm {
namespace {

/// What is older says little about how a forecaster does now, and sorting costs.
constexpr std::size_t kRecordRows = 200'000;

constexpr float kSaysNothing = std::numeric_limits<float>::quiet_NaN();

std::size_t walked_rows(const VintageWalk& walk) { return walk.spans.back().end_row - walk.spans.front().first_row; }

/// What a vintage said in a span: the mean of the first fits, in units of their own scale, time by time.
std::vector<float> standardised_in(const Dataset& rows, const Vintage& vintage, std::size_t recipe,
                                   const LineupSpan& span, int fits, const StandardisationOptions& options) {
  const RecipeVintage& own = vintage.recipes[recipe];
  const std::size_t count = span.end_row - span.first_row, offset = span.first_row - vintage.first_row;
  std::vector<std::span<const float>> each;
  double scale = 0;
  for (int fit = 0; fit < fits; ++fit) {
    const auto place = static_cast<std::size_t>(fit);
    each.push_back(std::span(own.fits[place]).subspan(offset, count));
    scale += own.own_scale[place] / fits;
  }
  std::vector<float> said(count);
  mean_forecast(each, said);
  for (std::size_t begin = 0, end = 0; begin < count; begin = end) {
    const auto time = rows.decided_at_ms[span.first_row + begin];
    for (end = begin; end < count && rows.decided_at_ms[span.first_row + end] == time;) ++end;
    standardise(std::span(said).subspan(begin, end - begin), scale, options);
  }
  return said;
}

/// The newest rows of [first, end) whose outcome was known at `time`.
RowSet record_before(const Dataset& rows, std::size_t first, std::size_t end, Timestamp time) {
  RowSet record{&rows, {}};
  for (std::size_t row = end; row > first && record.size() < kRecordRows; --row)
    if (rows.known_at_ms[row - 1] <= time.ms()) record.rows.push_back(static_cast<std::uint32_t>(row - 1));
  std::reverse(record.rows.begin(), record.rows.end());
  return record;
}

}  // namespace

WalkForecast lineup_forecast(const LearningData& data, const VintageWalk& walk, std::size_t recipe,
                             const LineupOptions& lineup, std::size_t min_symbols) {
  const Dataset& rows = data.rows.data;
  const StandardisationOptions options{return_basis(data.label.target), min_symbols};
  WalkForecast out{walk.vintages.front().recipes[recipe].name, {}};
  out.forecast.reserve(walked_rows(walk));
  for (const LineupSpan& span : walk.spans) {
    std::vector<std::vector<float>> said;
    for (const std::size_t member : span.members) {
      if (said.size() == static_cast<std::size_t>(lineup.vintages)) break;
      said.push_back(standardised_in(rows, walk.vintages[member], recipe, span, lineup.fits, options));
    }
    std::vector<float> mean(span.end_row - span.first_row);
    mean_forecast(std::vector<std::span<const float>>(said.begin(), said.end()), mean);
    out.forecast.insert(out.forecast.end(), mean.begin(), mean.end());
  }
  return out;
}

WalkForecast baseline_forecast(const VintageWalk& walk, std::size_t baseline) {
  WalkForecast out{walk.vintages.front().baselines[baseline].name, {}};
  for (const Vintage& vintage : walk.vintages) {
    const auto& said = vintage.baselines[baseline].fits.front();
    out.forecast.insert(out.forecast.end(), said.begin(), said.end());
  }
  return out;
}

WalkForecast mean_of_recipes(std::span<const WalkForecast> recipes, std::string name) {
  WalkForecast out{std::move(name), std::vector<float>(recipes.front().forecast.size())};
  std::vector<std::span<const float>> each;
  for (const WalkForecast& one : recipes) each.emplace_back(one.forecast);
  mean_forecast(each, out.forecast);
  return out;
}

std::vector<ServedWalkForecast> calibrated_as_served(const LearningData& data, const VintageWalk& walk,
                                                     std::span<const WalkForecast> forecasts) {
  const Dataset& rows = data.rows.data;
  const std::size_t first = walk.spans.front().first_row, count = walked_rows(walk);
  std::vector<ServedWalkForecast> out;
  for (const WalkForecast& one : forecasts) {
    expects(one.forecast.size() == count, "one forecast per row of the walk");
    out.push_back({one.name, std::vector<float>(count, kSaysNothing), std::vector<double>(count, kMissing)});
  }
  for (std::size_t i = 0; i < walk.spans.size(); ++i) {
    const LineupSpan& span = walk.spans[i];
    const RowSet record = record_before(rows, first, span.first_row, walk.vintages[i].fitted_at);
    const auto truth = judged_rows(record, data.label.horizon_bars);
    for (std::size_t f = 0; f < forecasts.size(); ++f) {
      std::vector<float> said;
      for (const auto row : record.rows) said.push_back(forecasts[f].forecast[row - first]);
      const auto calibration = ForecastCalibration::fit(*truth, said, return_basis(data.label.target));
      if (!calibration) continue;
      for (std::size_t row = span.first_row - first; row < span.end_row - first; ++row) {
        const auto forecast = static_cast<double>(forecasts[f].forecast[row]);
        out[f].forecast[row] = static_cast<float>(calibration->scaled(forecast));
        out[f].up_probability[row] = calibration->up_probability(forecast);
      }
    }
  }
  return out;
}

}  // namespace clm
