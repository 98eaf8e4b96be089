#include "evaluation/statistics/model_comparison.hpp"

#include <algorithm>
#include <cmath>

#include "base/contract.hpp"
#include "base/probability_distribution.hpp"
#include "evaluation/statistics/bootstrap.hpp"

namespace clm {

DieboldMariano diebold_mariano(std::span<const double> loss_first, std::span<const double> loss_second,
                               std::size_t horizon) {
  const std::size_t n = loss_first.size();
  expects(loss_second.size() == n && n >= 2 && horizon >= 1 && horizon < n, "paired losses, longer than the horizon");
  const auto count = static_cast<double>(n);
  std::vector<double> difference(n);
  double mean = 0;
  for (std::size_t t = 0; t < n; ++t) mean += difference[t] = loss_first[t] - loss_second[t];
  mean /= count;

  double long_run = 0;
  for (std::size_t lag = 0; lag < horizon; ++lag) {
    double covariance = 0;
    for (std::size_t t = lag; t < n; ++t) covariance += (difference[t] - mean) * (difference[t - lag] - mean);
    long_run += (lag == 0 ? 1 : 2) * covariance / count;
  }
  DieboldMariano out;
  if (long_run <= 0) return out;
  const auto h = static_cast<double>(horizon);
  const double small_sample = std::sqrt((count + 1 - 2 * h + h * (h - 1) / count) / count);
  out.statistic = mean / std::sqrt(long_run / count) * small_sample;
  out.p_less = student_t_cdf(out.statistic, count - 1);
  out.p_two_sided = 2 * student_t_cdf(-std::abs(out.statistic), count - 1);
  return out;
}

SuperiorAbility superior_predictive_ability(std::span<const double> gain, std::size_t models,
                                            const SuperiorAbilityOptions& options) {
  expects(models >= 1 && gain.size() % models == 0, "a matrix with one column per model");
  const std::size_t n = gain.size() / models;
  expects(n >= 8 && options.repetitions >= 1, "at least 8 times and one repetition");
  const auto count = static_cast<double>(n);
  const double root = std::sqrt(count);
  const double block = options.block_length >= 1 ? options.block_length : std::max(1.0, root);
  expects(!options.widened || count > 2 * block, "more than two blocks");
  const double widening = options.widened ? std::sqrt(count / (count - 2 * block)) : 1;

  std::vector<double> mean(models), deviation(models);
  std::vector<double> column(n);
  for (std::size_t k = 0; k < models; ++k) {
    for (std::size_t t = 0; t < n; ++t) mean[k] += column[t] = gain[t * models + k];
    mean[k] /= count;
    deviation[k] = std::sqrt(stationary_bootstrap_variance(column, block) * count);
  }

  // A model whose gain is always the same has no error to studentise by; it cannot be shown to be better.
  SuperiorAbility out;
  double reality_check = 0;
  std::vector<double> lower(models), consistent(models);
  double highest = -1;
  for (std::size_t k = 0; k < models; ++k) {
    reality_check = k == 0 ? root * mean[k] : std::max(reality_check, root * mean[k]);
    const double studentised = deviation[k] > 0 ? root * mean[k] / deviation[k] : 0;
    if (k == 0 || studentised > highest) {
      highest = studentised;
      out.best = k;
    }
    out.statistic = std::max(out.statistic, studentised);
    lower[k] = std::max(mean[k], 0.0);
    const double threshold = -deviation[k] / root * std::sqrt(2 * std::log(std::log(count)));
    consistent[k] = mean[k] >= threshold ? mean[k] : 0.0;
  }

  StationaryBootstrap bootstrap(n, block, Random::stream(options.seed, "superior_predictive_ability"));
  std::vector<std::uint32_t> draw(n);
  std::vector<double> resampled(models);
  std::size_t above_lower = 0, above_consistent = 0, above_upper = 0, above_check = 0;
  for (std::size_t b = 0; b < options.repetitions; ++b) {
    bootstrap.draw(draw);
    std::fill(resampled.begin(), resampled.end(), 0.0);
    for (const auto t : draw)
      for (std::size_t k = 0; k < models; ++k) resampled[k] += gain[t * models + k];
    double max_lower = 0, max_consistent = 0, max_upper = 0, max_check = -1e300;
    for (std::size_t k = 0; k < models; ++k) {
      const double redrawn = resampled[k] / count;
      max_check = std::max(max_check, root * (redrawn - mean[k]));
      if (deviation[k] <= 0) continue;
      const double scale = widening * root / deviation[k];
      max_lower = std::max(max_lower, scale * (redrawn - lower[k]));
      max_consistent = std::max(max_consistent, scale * (redrawn - consistent[k]));
      max_upper = std::max(max_upper, scale * (redrawn - mean[k]));
    }
    above_lower += max_lower >= out.statistic ? 1 : 0;
    above_consistent += max_consistent >= out.statistic ? 1 : 0;
    above_upper += max_upper >= out.statistic ? 1 : 0;
    above_check += max_check > reality_check ? 1 : 0;
  }
  const auto share = [&](std::size_t above) {
    return static_cast<double>(above) / static_cast<double>(options.repetitions);
  };
  out.p_lower = share(above_lower);
  out.p_consistent = share(above_consistent);
  out.p_upper = share(above_upper);
  out.p_reality_check = share(above_check);
  return out;
}

}  // namespace clm
