#include "learning/studies/simulated_forecasters.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace clm {
namespace {

/// A forecaster's errors about a symbol last: their correlation from bar to bar.
constexpr double kErrorMemory = 0.9;
/// Two models learn from the same data: this share of the variance of their errors is common.
constexpr double kSharedError = 0.5;
/// Pearson's correlation of normal variables whose Spearman correlation is `rank`.
double pearson_of(double rank) { return 2 * std::sin(std::numbers::pi * rank / 6); }

/// Student's t with 4 degrees of freedom, of unit variance: chi-squared with 4 is -2 ln(U1 U2).
double shock(Random& random) {
  const double product = (1 - random.uniform()) * (1 - random.uniform());
  return random.normal() / std::sqrt(std::max(-std::log(product), 1e-12));
}

}  // namespace

SimulatedForecasters::SimulatedForecasters(const Options& options, Random random)
    : random_(random),
      symbols_(options.symbols),
      horizon_(options.horizon_bars),
      skill_{pearson_of(options.first_ic), pearson_of(options.second_ic)},
      shocks_(symbols_ * horizon_),
      shared_(symbols_),
      label_(symbols_) {
  for (double& one : shocks_) one = shock(random_);
  for (std::size_t f = 0; f < 2; ++f) {
    own_[f].resize(symbols_);
    forecast_[f].resize(symbols_);
  }
}

void SimulatedForecasters::advance() {
  const double fresh = std::sqrt(1 - kErrorMemory * kErrorMemory);
  const double common = std::sqrt(kSharedError), apart = std::sqrt(1 - kSharedError);
  const double scale = 1 / std::sqrt(static_cast<double>(horizon_));
  const double unexplained[2] = {std::sqrt(1 - skill_[0] * skill_[0]), std::sqrt(1 - skill_[1] * skill_[1])};
  for (std::size_t s = 0; s < symbols_; ++s) {
    double* shocks = shocks_.data() + s * horizon_;
    shocks[slot_] = shock(random_);
    double label = 0;
    for (std::size_t k = 0; k < horizon_; ++k) label += shocks[k];
    label *= scale;
    label_[s] = static_cast<float>(label);
    shared_[s] = kErrorMemory * shared_[s] + fresh * random_.normal();
    for (std::size_t f = 0; f < 2; ++f) {
      own_[f][s] = kErrorMemory * own_[f][s] + fresh * random_.normal();
      const double error = common * shared_[s] + apart * own_[f][s];
      forecast_[f][s] = static_cast<float>(skill_[f] * label + unexplained[f] * error);
    }
  }
  if (++slot_ == horizon_) slot_ = 0;
}

BarScore SimulatedForecasters::score(std::size_t forecaster, std::size_t min_symbols) const {
  return score_bar(forecast_[forecaster], label_, min_symbols);
}

}  // namespace clm
