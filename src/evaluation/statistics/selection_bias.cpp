#include "evaluation/statistics/selection_bias.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "evaluation/statistics/bootstrap.hpp"
#include "evaluation/statistics/model_comparison.hpp"

namespace clm {
namespace {

std::size_t periods_of(std::span<const NamedColumn> columns) {
  const std::size_t periods = columns.empty() ? 0 : columns.front().value.size();
  for (const auto& column : columns) expects(column.value.size() == periods, "columns of the same periods");
  return periods;
}

bool varies(const NamedColumn& column) {
  return std::any_of(column.value.begin(), column.value.end(), [&](double v) { return v != column.value.front(); });
}

std::string too_few(std::size_t periods, std::size_t least) {
  return std::to_string(periods) + " days with figures of all, at least " + std::to_string(least) + " needed";
}

/// Row-major: a row per period.
std::vector<double> matrix_of(std::span<const NamedColumn> columns, std::size_t periods) {
  std::vector<double> matrix;
  matrix.reserve(periods * columns.size());
  for (std::size_t t = 0; t < periods; ++t)
    for (const auto& column : columns) matrix.push_back(column.value[t]);
  return matrix;
}

void deflate(std::span<const NamedColumn> columns, std::size_t overlap, ChoiceOfSettings& out) {
  std::vector<SharpeMoments> each;
  double mean = 0, variance = 0;
  for (const auto& column : columns) {
    each.push_back(sharpe_moments(column.value));
    mean += each.back().sharpe / static_cast<double>(columns.size());
  }
  for (const auto& moments : each)
    variance += (moments.sharpe - mean) * (moments.sharpe - mean) / static_cast<double>(columns.size() - 1);
  const auto best = static_cast<std::size_t>(
      std::max_element(each.begin(), each.end(), [](const auto& a, const auto& b) { return a.sharpe < b.sharpe; }) -
      each.begin());
  SharpeMoments moments = each[best];
  moments.count /= overlap;
  out.best = columns[best].name;
  out.sharpe = moments.sharpe;
  out.expected_best = expected_max_sharpe(variance, columns.size());
  out.deflated = probabilistic_sharpe_ratio(moments, out.expected_best);
}

/// How much more each candidate has than the benchmark; a row per period.
std::vector<double> gains_over(const NamedColumn& benchmark, std::span<const NamedColumn> candidates) {
  std::vector<double> gains = matrix_of(candidates, benchmark.value.size());
  for (std::size_t i = 0; i < gains.size(); ++i) gains[i] -= benchmark.value[i / candidates.size()];
  return gains;
}

double longest_block(std::span<const NamedColumn> candidates, std::span<const NamedColumn> benchmarks) {
  double longest = 1;
  std::vector<double> difference;
  for (const auto& benchmark : benchmarks)
    for (const auto& candidate : candidates) {
      difference = candidate.value;
      for (std::size_t t = 0; t < difference.size(); ++t) difference[t] -= benchmark.value[t];
      longest = std::max(longest, optimal_block_length(difference).stationary);
    }
  return longest;
}

/// Figures are null where `unknown_because` says why.
nlohmann::json known(bool is, double value) { return is ? nlohmann::json(value) : nlohmann::json(); }

}  // namespace

nlohmann::json to_json(const ChoiceOfSettings& c) {
  const bool is_known = c.unknown_because.empty();
  return {{"settings", c.settings},
          {"days", c.periods},
          {"overfitting_probability", known(is_known, c.overfitting.probability)},
          {"splits", c.overfitting.splits},
          {"blocks", c.blocks},
          {"mean_logit", known(is_known, c.overfitting.mean_logit)},
          {"degradation_slope", known(is_known, c.overfitting.degradation_slope)},
          {"best", is_known ? nlohmann::json(c.best) : nlohmann::json()},
          {"sharpe", known(is_known, c.sharpe)},
          {"expected_best_sharpe", known(is_known, c.expected_best)},
          {"deflated_sharpe", known(is_known, c.deflated)},
          {"unknown_because", is_known ? nlohmann::json() : nlohmann::json(c.unknown_because)}};
}

nlohmann::json to_json(const SuperiorityTest& t) {
  const bool is_known = t.unknown_because.empty();
  auto over = nlohmann::json::array();
  for (const auto& one : t.over)
    over.push_back({{"baseline", one.benchmark},
                    {"best", one.best},
                    {"lead", one.gain},
                    {"p", one.p},
                    {"p_lower", one.p_lower},
                    {"p_upper", one.p_upper}});
  return {{"candidates", t.candidates},
          {"days", t.periods},
          {"block_length", t.block_length},
          {"p", known(is_known, t.p)},
          {"over", over},
          {"unknown_because", is_known ? nlohmann::json() : nlohmann::json(t.unknown_because)}};
}

ChoiceOfSettings choice_of_settings(std::span<const NamedColumn> net_returns, std::size_t overlap,
                                    double periods_per_year) {
  expects(overlap >= 1, "a label reaches over its own period");
  ChoiceOfSettings out;
  out.settings = net_returns.size();
  out.periods = periods_of(net_returns);
  const std::size_t shortest = std::max<std::size_t>(2, overlap);
  out.blocks = std::min<std::size_t>(16, out.periods / shortest / 2 * 2);
  if (out.settings < 2) {
    out.unknown_because = "one setting was tried, and there was nothing to choose";
  } else if (out.blocks < kLeastBlocks) {
    out.unknown_because = too_few(out.periods, kLeastBlocks * shortest);
  } else if (std::none_of(net_returns.begin(), net_returns.end(), varies)) {
    out.unknown_because = "none of them ever traded";
  } else {
    out.overfitting = overfitting_probability(matrix_of(net_returns, out.periods), out.settings, out.blocks);
    deflate(net_returns, overlap, out);
    out.sharpe *= std::sqrt(periods_per_year);
    out.expected_best *= std::sqrt(periods_per_year);
  }
  return out;
}

SuperiorityTest superiority_test(std::span<const NamedColumn> candidates, std::span<const NamedColumn> benchmarks,
                                 std::size_t overlap, const SuperiorityOptions& options) {
  expects(overlap >= 1, "a label reaches over its own period");
  SuperiorityTest out;
  out.candidates = candidates.size();
  out.periods = periods_of(candidates);
  expects(benchmarks.empty() || periods_of(benchmarks) == out.periods, "the same periods");
  if (out.candidates < 2) {
    out.unknown_because = "there is one candidate, whose lead over each baseline has an interval of its own";
    return out;
  }
  if (benchmarks.empty()) {
    out.unknown_because = "there is nothing to compare with";
    return out;
  }
  const double shortest = 2.0 * static_cast<double>(overlap);
  const auto least = static_cast<std::size_t>(std::ceil(shortest * kLeastResampledBlocks));
  if (out.periods < least) {
    out.unknown_because = too_few(out.periods, least);
    return out;
  }
  const double longest = static_cast<double>(2 * out.periods) / kLeastResampledBlocks;
  out.block_length = std::clamp(longest_block(candidates, benchmarks), shortest, longest);
  out.p = 0;
  for (const auto& benchmark : benchmarks) {
    const auto gains = gains_over(benchmark, candidates);
    const auto test = superior_predictive_ability(gains, candidates.size(),
                                                  {options.repetitions, out.block_length, options.seed, true});
    SuperiorityOver over{benchmark.name, candidates[test.best].name, 0, test.p_consistent, test.p_lower, test.p_upper};
    for (std::size_t t = 0; t < out.periods; ++t)
      over.gain += gains[t * candidates.size() + test.best] / static_cast<double>(out.periods);
    out.p = std::max(out.p, over.p);
    out.over.push_back(std::move(over));
  }
  return out;
}

}  // namespace clm
