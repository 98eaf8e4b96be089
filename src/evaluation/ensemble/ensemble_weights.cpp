#include "evaluation/ensemble/ensemble_weights.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/contract.hpp"

namespace clm {
namespace {

constexpr int kMaxSteps = 20'000;
constexpr double kSettled = 1e-14;  ///< a step that moves no weight by more ends the search

double sum_at(std::span<const double> wanted, double shift, const WeightBounds& bounds) {
  double sum = 0;
  for (const double value : wanted) sum += std::clamp(value - shift, bounds.least, bounds.most);
  return sum;
}

}  // namespace

WeightBounds feasible_bounds(const WeightBounds& bounds, std::size_t members) {
  expects(members >= 1, "weights belong to at least one member");
  expects(bounds.least >= 0 && bounds.least <= bounds.most && bounds.most <= 1, "0 <= least <= most <= 1");
  const auto count = static_cast<double>(members);
  return {bounds.least * count <= 1 ? bounds.least : 0.0, bounds.most * count >= 1 ? bounds.most : 1.0};
}

std::vector<double> nearest_weights(std::span<const double> wanted, const WeightBounds& asked) {
  const WeightBounds bounds = feasible_bounds(asked, wanted.size());
  // The projection is clamp(wanted - shift) for one shift. Its sum falls with the shift, piecewise linearly, and bends
  // where a value meets a bound: the shift lies between two bends.
  std::vector<double> bends;
  for (const double value : wanted) {
    bends.push_back(value - bounds.least);
    bends.push_back(value - bounds.most);
  }
  std::sort(bends.begin(), bends.end());
  double low = bends.front(), high = bends.back();
  for (const double bend : bends) {
    if (sum_at(wanted, bend, bounds) >= 1) {
      low = bend;
    } else {
      high = bend;
      break;
    }
  }
  const double at_low = sum_at(wanted, low, bounds), at_high = sum_at(wanted, high, bounds);
  const double shift = at_low > at_high ? low + (at_low - 1) / (at_low - at_high) * (high - low) : low;
  std::vector<double> weights;
  for (const double value : wanted) weights.push_back(std::clamp(value - shift, bounds.least, bounds.most));
  return weights;
}

std::vector<double> proportional_weights(std::span<const double> shares, const WeightBounds& bounds) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  std::vector<double> weights;
  for (const double share : shares) weights.push_back(sum > 0 ? share / sum : 1 / static_cast<double>(shares.size()));
  return nearest_weights(weights, bounds);
}

WeightMoments::WeightMoments(std::size_t members)
    : members_(members), products_(members * members, 0.0), outcomes_(members, 0.0) {
  expects(members >= 1, "weights belong to at least one member");
}

void WeightMoments::add(std::span<const double> forecasts, double outcome) {
  expects(forecasts.size() == members_, "one forecast per member");
  for (std::size_t i = 0; i < members_; ++i) {
    for (std::size_t j = 0; j < members_; ++j) products_[i * members_ + j] += forecasts[i] * forecasts[j];
    outcomes_[i] += forecasts[i] * outcome;
  }
  ++rows_;
}

std::vector<double> WeightMoments::solve(std::span<const double> prior, double shrinkage,
                                         const WeightBounds& bounds) const {
  expects(rows_ >= 1 && prior.size() == members_ && shrinkage >= 0, "weights are learned from rows, towards a prior");
  const auto rows = static_cast<double>(rows_);
  double trace = 0;
  for (std::size_t i = 0; i < members_; ++i) trace += products_[i * members_ + i] / rows;
  const double pull = shrinkage * trace / static_cast<double>(members_);
  // Half of the gradient is G w - b + pull (w - prior); no eigenvalue of G exceeds its trace.
  const double steepest = trace + pull;
  std::vector<double> weights = nearest_weights(prior, bounds);
  if (!(steepest > 0)) return weights;

  std::vector<double> ahead = weights;
  double momentum = 1;
  for (int step = 0; step < kMaxSteps; ++step) {
    std::vector<double> downhill(members_);
    for (std::size_t i = 0; i < members_; ++i) {
      double gradient = pull * (ahead[i] - prior[i]) - outcomes_[i] / rows;
      for (std::size_t j = 0; j < members_; ++j) gradient += products_[i * members_ + j] / rows * ahead[j];
      downhill[i] = ahead[i] - gradient / steepest;
    }
    const std::vector<double> next = nearest_weights(downhill, bounds);
    const double next_momentum = 0.5 * (1 + std::sqrt(1 + 4 * momentum * momentum));
    double moved = 0;
    for (std::size_t i = 0; i < members_; ++i) {
      moved = std::max(moved, std::fabs(next[i] - ahead[i]));
      ahead[i] = next[i] + (momentum - 1) / next_momentum * (next[i] - weights[i]);
    }
    weights = next;
    momentum = next_momentum;
    if (moved < kSettled) break;
  }
  return weights;
}

}  // namespace clm
