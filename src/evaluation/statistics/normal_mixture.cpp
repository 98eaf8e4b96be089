#include "evaluation/statistics/normal_mixture.hpp"

#include <cmath>

#include "base/contract.hpp"
#include "base/probability_distribution.hpp"

namespace clm {
namespace {

double best_rho(double v, double alpha) {
  const double twice = 2 * std::log(1 / alpha);
  return v / (twice + std::log1p(twice));
}

/// ln Phi(x) that does not underflow: the first terms of Mills' ratio far out.
double log_normal_cdf(double x) {
  if (x > -30) return std::log(normal_cdf(x));
  constexpr double kLogRootTwoPi = 0.91893853320467274178;
  return -0.5 * x * x - kLogRootTwoPi - std::log(-x) + std::log1p(-1 / (x * x));
}

}  // namespace

NormalMixture::NormalMixture(Sides sides, double tightest_at, double alpha)
    : sides_(sides), rho_(best_rho(tightest_at, sides == Sides::one ? 2 * alpha : alpha)), alpha_(alpha) {
  expects(tightest_at > 0 && alpha > 0 && alpha < (sides == Sides::one ? 0.5 : 1.0), "a boundary has a level");
}

double NormalMixture::log_evidence(double s, double v) const {
  const double spread = v + rho_;
  const double two_sided = 0.5 * std::log(rho_ / spread) + s * s / (2 * spread);
  if (sides_ == Sides::two) return two_sided;
  return std::log(2.0) + two_sided + log_normal_cdf(s / std::sqrt(spread));
}

double NormalMixture::bound(double v) const {
  const double demanded = std::log(1 / alpha_);
  const double two_sided = std::sqrt((v + rho_) * (std::log1p(v / rho_) + 2 * demanded));
  if (sides_ == Sides::two) return two_sided;
  double below = 0, above = two_sided;  // twice the half-normal's weight on the right side is at most the whole's
  for (int step = 0; step < 200 && above - below > 1e-13 * above; ++step) {
    const double middle = 0.5 * (below + above);
    (log_evidence(middle, v) < demanded ? below : above) = middle;
  }
  return above;
}

}  // namespace clm
