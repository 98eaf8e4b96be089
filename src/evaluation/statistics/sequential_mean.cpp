#include "evaluation/statistics/sequential_mean.hpp"

#include <cmath>
#include <limits>

#include "base/contract.hpp"
#include "evaluation/statistics/normal_mixture.hpp"

namespace clm {

void SequentialMean::add(double value) {
  expects(std::isfinite(value), "a value is finite");
  if (count_++ < options_.pilot) {
    pilot_squares_ += value * value;
    return;
  }
  sum_ += value;
  squares_ += value * value;
}

double SequentialMean::mean() const {
  return count_ > options_.pilot ? sum_ / static_cast<double>(count_ - options_.pilot) : 0;
}

bool SequentialMean::is_decided(double sum, double squares) const {
  // Before the first pilot value that is not zero there is no scale; the sum is zero then, too.
  const double scale = pilot_squares_ > 0 ? pilot_squares_ / static_cast<double>(options_.pilot) : 1.0;
  const NormalMixture mixture(NormalMixture::Sides::one, options_.tuned_for * scale * options_.variance_inflation,
                              options_.alpha);
  return mixture.log_evidence(sum, squares * options_.variance_inflation) > std::log(1 / options_.alpha);
}

bool SequentialMean::above_zero() const { return count_ > options_.pilot && is_decided(sum_, squares_); }
bool SequentialMean::below_zero() const { return count_ > options_.pilot && is_decided(-sum_, squares_); }

SequentialMean::Bounds SequentialMean::bounds() const {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  if (count_ <= options_.pilot) return {-kInfinite, kInfinite};
  const auto n = static_cast<double>(count_ - options_.pilot);
  const double center = sum_ / n;
  // Is the mean `center - distance` excluded by values too far above it?
  const auto excluded = [&](double m) {
    return is_decided(std::abs(sum_ - n * m), std::max(0.0, squares_ - 2 * m * sum_ + n * m * m));
  };
  const auto edge = [&](double direction) {
    double outside = std::sqrt(squares_ / n) + 1e-300, inside = 0;
    int doublings = 0;
    while (!excluded(center + direction * outside))
      if (inside = outside, outside *= 2; ++doublings > 60) return direction * kInfinite;
    for (int step = 0; step < 100 && outside - inside > 1e-12 * outside; ++step) {
      const double middle = 0.5 * (outside + inside);
      (excluded(center + direction * middle) ? outside : inside) = middle;
    }
    return center + direction * outside;
  };
  return {edge(-1), edge(1)};
}

std::optional<std::size_t> SequentialMean::expected_remaining(std::size_t most) const {
  if (above_zero() || below_zero()) return 0;
  if (count_ <= options_.pilot + 1) return std::nullopt;
  const auto n = static_cast<double>(count_ - options_.pilot);
  const auto decided_after = [&](std::size_t further) {
    const double grown = 1 + static_cast<double>(further) / n;
    return is_decided(std::abs(sum_) * grown, squares_ * grown);
  };
  if (!decided_after(most)) return std::nullopt;
  std::size_t undecided = 0, decided = most;
  while (decided - undecided > 1) {
    const std::size_t middle = undecided + (decided - undecided) / 2;
    (decided_after(middle) ? decided : undecided) = middle;
  }
  return decided;
}

std::vector<double> SequentialMean::state() const {
  return {static_cast<double>(count_), pilot_squares_, sum_, squares_};
}

void SequentialMean::restore(const std::vector<double>& state) {
  expects(state.size() == 4, "a state has four numbers");
  count_ = static_cast<std::size_t>(state[0]);
  pilot_squares_ = state[1];
  sum_ = state[2];
  squares_ = state[3];
}

}  // namespace clm
