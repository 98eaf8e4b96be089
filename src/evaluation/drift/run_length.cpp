#include <Eigen/LU>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <functional>
#include <limits>

#include "base/contract.hpp"
#include "base/probability_distribution.hpp"
#include "evaluation/drift/control_charts.hpp"

namespace clm {
namespace {

constexpr int kNodes = 64;
constexpr double kShortest = 5;
constexpr double kLongest = 1e7;

/// A chart's state goes from u to a normal value with mean `carry` u + `drift` and deviation `spread`; beyond [low,
/// high] it alarms, but with a floor it stops at `low` instead.
struct Walk {
  double low = 0;
  double high = 1;
  double carry = 1;
  double drift = 0;
  double spread = 1;
  bool has_floor = false;
};

/// Mean number of steps from 0 to an alarm.
double run_length(const Walk& walk) {
  using Gauss = boost::math::quadrature::gauss<double, kNodes>;
  Eigen::VectorXd at(kNodes);
  Eigen::VectorXd weight(kNodes);
  const double middle = (walk.low + walk.high) / 2;
  const double half = (walk.high - walk.low) / 2;
  for (int i = 0; i < kNodes / 2; ++i) {
    const auto k = static_cast<std::size_t>(i);
    for (const int side : {0, 1}) {
      const int node = 2 * i + side;
      at[node] = middle + (side == 0 ? -1 : 1) * half * Gauss::abscissa()[k];
      weight[node] = half * Gauss::weights()[k];
    }
  }
  // One unknown for each node, and the last for the start at 0, which a floor is also at.
  const auto from = [&](int row) { return walk.carry * (row < kNodes ? at[row] : 0.0) + walk.drift; };
  Eigen::MatrixXd system = Eigen::MatrixXd::Identity(kNodes + 1, kNodes + 1);
  for (int row = 0; row <= kNodes; ++row) {
    for (int column = 0; column < kNodes; ++column) {
      const double z = (at[column] - from(row)) / walk.spread;
      system(row, column) -= weight[column] * std::exp(-z * z / 2) / (walk.spread * std::sqrt(2 * std::acos(-1.0)));
    }
    if (walk.has_floor) system(row, kNodes) -= normal_cdf((walk.low - from(row)) / walk.spread);
  }
  const Eigen::VectorXd length = system.partialPivLu().solve(Eigen::VectorXd::Ones(kNodes + 1));
  // Where alarms are rarer than rounding can tell from never, the solution is noise of either sign.
  return length[kNodes] > 0 ? length[kNodes] : std::numeric_limits<double>::infinity();
}

double one_sided_cusum(double reference, double threshold, double shift) {
  Walk walk;
  walk.high = threshold;
  walk.drift = shift - reference;
  walk.has_floor = true;
  return run_length(walk);
}

/// Where a rising function is `wanted`, to the last bits that matter.
double inverse(const std::function<double(double)>& rising, double wanted) {
  double low = 0;
  double high = 1;
  while (rising(high) < wanted) {
    low = high;
    high *= 2;
  }
  while (high - low > 1e-10 * high) {
    const double middle = (low + high) / 2;
    (rising(middle) < wanted ? low : high) = middle;
  }
  return (low + high) / 2;
}

void expect_run_length(double run_length) {
  expects(run_length >= kShortest && run_length <= kLongest, "an average run length lies in [5, 1e7]");
}

}  // namespace

double cusum_run_length(double reference, double threshold, ChangeSide side, double shift) {
  expects(reference > 0 && threshold > 0, "a CUSUM needs a reference and a threshold above 0");
  if (side == ChangeSide::increase) return one_sided_cusum(reference, threshold, shift);
  if (side == ChangeSide::decrease) return one_sided_cusum(reference, threshold, -shift);
  return 1 / (1 / one_sided_cusum(reference, threshold, shift) + 1 / one_sided_cusum(reference, threshold, -shift));
}

double ewma_run_length(double lambda, double limit, ChangeSide side, double shift) {
  expects(lambda >= 0.01 && lambda <= 1 && limit > 0, "an EWMA chart has lambda in [0.01, 1] and a limit above 0");
  Walk walk;
  walk.high = limit * std::sqrt(lambda / (2 - lambda));
  walk.carry = 1 - lambda;
  walk.spread = lambda;
  walk.drift = lambda * (side == ChangeSide::decrease ? -shift : shift);
  walk.has_floor = side != ChangeSide::both;
  if (side == ChangeSide::both) walk.low = -walk.high;
  return run_length(walk);
}

double cusum_threshold(double reference, double run_length, ChangeSide side) {
  expect_run_length(run_length);
  return inverse([=](double threshold) { return cusum_run_length(reference, threshold, side); }, run_length);
}

double ewma_limit(double lambda, double run_length, ChangeSide side) {
  expect_run_length(run_length);
  return inverse([=](double limit) { return ewma_run_length(lambda, limit, side); }, run_length);
}

double siegmund_run_length(double reference, double threshold, double shift) {
  const double drift = shift - reference;
  const double reach = threshold + 1.166;
  if (std::abs(drift) < 1e-6) return reach * reach;
  return (std::exp(-2 * drift * reach) + 2 * drift * reach - 1) / (2 * drift * drift);
}

}  // namespace clm
