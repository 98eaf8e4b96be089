#include "evaluation/trials/bar_score.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "base/contract.hpp"
#include "evaluation/statistics/ranks.hpp"

namespace clm {

BarScore score_bar(std::span<const float> forecasts, std::span<const float> labels, std::size_t min_symbols) {
  expects(forecasts.size() == labels.size(), "one forecast for each label");
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  BarScore score;
  std::vector<float> said, true_label;
  double sum = 0, squares = 0, errors = 0;
  for (std::size_t i = 0; i < forecasts.size(); ++i) {
    if (std::isnan(forecasts[i]) || std::isnan(labels[i])) continue;
    said.push_back(forecasts[i]);
    true_label.push_back(labels[i]);
    const auto forecast = static_cast<double>(forecasts[i]), label = static_cast<double>(labels[i]);
    sum += forecast;
    squares += forecast * forecast;
    errors += (forecast - label) * (forecast - label);
    score.up += forecast > 0 ? 1 : 0;
    if (forecast == 0 || label == 0) continue;
    ++score.calls;
    score.hits += (forecast > 0) == (label > 0) ? 1 : 0;
  }
  score.rows = static_cast<std::uint32_t>(said.size());
  const auto n = static_cast<double>(said.size());
  score.rank_ic = said.size() >= std::max<std::size_t>(min_symbols, 2) ? spearman(said, true_label) : kUnknown;
  score.squared_error = said.empty() ? kUnknown : errors / n;
  score.spread = said.empty() ? 0 : std::sqrt(std::max(0.0, squares / n - (sum / n) * (sum / n)));
  return score;
}

std::string_view to_string(BarLoss loss) { return loss == BarLoss::rank ? "rank" : "squared_error"; }

std::optional<double> loss_of(const BarScore& score, BarLoss loss) {
  const double value = loss == BarLoss::rank ? 1 - score.rank_ic : score.squared_error;
  return std::isnan(value) ? std::nullopt : std::optional(value);
}

}  // namespace clm
