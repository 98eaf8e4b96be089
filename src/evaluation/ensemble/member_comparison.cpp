#include "evaluation/ensemble/member_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/contract.hpp"

namespace clm {
namespace {

using Matrix = std::vector<std::vector<double>>;

Matrix correlations(const std::vector<std::vector<double>>& series) {
  const std::size_t count = series.size();
  std::vector<std::vector<double>> centred = series;
  std::vector<double> size(count);
  for (std::size_t a = 0; a < count; ++a) {
    double sum = 0, squares = 0;
    for (const double value : series[a]) sum += value;
    for (double& value : centred[a]) {
      value -= sum / static_cast<double>(series[a].size());
      squares += value * value;
    }
    size[a] = std::sqrt(squares);
  }
  Matrix out(count, std::vector<double>(count, std::numeric_limits<double>::quiet_NaN()));
  for (std::size_t a = 0; a < count; ++a)
    for (std::size_t b = 0; b < count; ++b) {
      double cross = 0;
      for (std::size_t i = 0; i < centred[a].size(); ++i) cross += centred[a][i] * centred[b][i];
      if (size[a] > 0 && size[b] > 0) out[a][b] = a == b ? 1 : cross / (size[a] * size[b]);
    }
  return out;
}

double coverage_of(const ForecastTable& table) {
  const auto spoken =
      std::count_if(table.forecast.begin(), table.forecast.end(), [](float f) { return !std::isnan(f); });
  return table.forecast.empty() ? 0 : static_cast<double>(spoken) / static_cast<double>(table.forecast.size());
}

}  // namespace

MemberComparison compare_members(const EnsembleRule& rule, std::span<const ForecastTable> tables,
                                 const MemberComparisonOptions& options) {
  expects(tables.size() == rule.members.size(), "one table per member");
  std::vector<const ForecastTable*> all;
  for (const auto& table : tables) all.push_back(&table);
  // Regimes are told by all symbols of a time, so the ensemble is asked before rows are dropped.
  const ForecastTable combined{"ensemble", tables.front().rows, rule.combine(tables)};
  std::vector<ForecastTable> rest;
  for (std::size_t m = 0; m < tables.size() && tables.size() >= 2; ++m) {
    std::vector<ForecastTable> others(tables.begin(), tables.end());
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(m));
    rest.push_back({"without", tables.front().rows, rule.without(m).combine(others)});
  }
  all.push_back(&combined);
  for (const auto& table : rest) all.push_back(&table);
  const auto common = common_rows(all);
  const JudgedRows& rows = *common.front().rows;
  const std::size_t count = tables.size();
  const ForecastTable& ensemble = common[count];

  MemberComparison out;
  out.rows = rows.size();
  out.times = index_times(rows.decided_at_ms).size();
  const MeanOptions mean{options.alpha, kOverlapsPerBlock * rows.horizon_bars};
  const std::vector<float> came = judged_return(rows, rows.forward_return);
  const auto series_of = [&](const ForecastTable& table) {
    return rank_ic_series(rows, table.forecast, came, {options.min_symbols});
  };
  const RankIcSeries together = series_of(ensemble);
  out.ensemble = summarize(together, mean);
  std::vector<std::vector<double>> errors(count), forecasts(count);
  for (std::size_t m = 0; m < count; ++m) {
    MemberFigures figures{
        rule.members[m], rule.weights.all[m], coverage_of(tables[m]), summarize(series_of(common[m]), mean), {}};
    if (!rest.empty()) figures.adds = paired_difference(together.ic, series_of(common[count + 1 + m]).ic, mean);
    out.members.push_back(std::move(figures));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      forecasts[m].push_back(static_cast<double>(common[m].forecast[i]));
      errors[m].push_back(forecasts[m].back() - static_cast<double>(rows.label[i]));
    }
  }
  out.error_correlation = correlations(errors);
  out.forecast_correlation = correlations(forecasts);

  std::vector<float> disagreement, size_of_error;
  std::vector<double> votes(count);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t m = 0; m < count; ++m) votes[m] = forecasts[m][i];
    const auto row = rule.combine(votes, VolatilityRegime::unknown);
    out.mean_disagreement += row.disagreement;
    out.full_agreement += row.agree == count ? 1 : 0;
    disagreement.push_back(static_cast<float>(row.disagreement));
    size_of_error.push_back(std::fabs(ensemble.forecast[i] - rows.label[i]));
  }
  if (rows.size() > 0) {
    out.mean_disagreement /= static_cast<double>(rows.size());
    out.full_agreement /= static_cast<double>(rows.size());
  }
  out.disagreement_and_error =
      summarize(rank_ic_series(rows, disagreement, size_of_error, {options.min_symbols}), mean);
  return out;
}

}  // namespace clm
