#include "evaluation/drift/e_detector.hpp"

#include <algorithm>
#include <cmath>

#include "base/contract.hpp"

namespace clm {
namespace {

/// Beyond, an alarm is long past; what follows stays finite.
constexpr double kMostEvidence = 1e100;

}  // namespace

EDetector::EDetector(const EDetectorOptions& options) : options_(options) {
  expects(options.sigma > 0 && options.run_length > 1 && options.largest_bet >= kLambdas.front(),
          "an e-detector needs a sigma above 0, a run length above 1 and a bet");
}

std::size_t EDetector::bets_in_use() const {
  return static_cast<std::size_t>(
      std::count_if(kLambdas.begin(), kLambdas.end(), [&](double lambda) { return lambda <= options_.largest_bet; }));
}

void EDetector::restart() { *this = EDetector(options_); }

DriftSignal EDetector::update(double value) {
  if (!std::isfinite(value)) return DriftSignal::none;
  if (restart_due_) restart();
  const double z = (options_.mean - value) / options_.sigma;
  for (std::size_t i = 0; i < bets_in_use(); ++i) {
    Bet& bet = bets_[i];
    const double log_factor = kLambdas[i] * z - kLambdas[i] * kLambdas[i] / 2;
    bet.sum = std::min((bet.sum + 1) * std::exp(std::min(log_factor, std::log(kMostEvidence))), kMostEvidence);
    const double log_maximum = bet.log_maximum + log_factor;
    bet.since = log_maximum > 0 ? bet.since + 1 : 0;
    bet.log_maximum = std::max(log_maximum, 0.0);
  }
  restart_due_ = evidence() >= options_.run_length;
  return restart_due_ ? DriftSignal::drift : DriftSignal::none;
}

double EDetector::evidence() const {
  double sum = 0;
  for (const Bet& bet : bets_) sum += bet.sum;
  return sum / static_cast<double>(bets_in_use());
}

std::size_t EDetector::strongest_bet() const {
  const auto most = std::max_element(bets_.begin(), bets_.end(),
                                     [](const Bet& a, const Bet& b) { return a.log_maximum < b.log_maximum; });
  return static_cast<std::size_t>(most - bets_.begin());
}

std::uint64_t EDetector::values_since_change() const { return bets_[strongest_bet()].since; }

/// The logarithm of the product of L since the change is lambda times the sum of z less n lambda^2 / 2.
double EDetector::mean_since_change() const {
  const std::size_t bet = strongest_bet();
  const auto values = static_cast<double>(bets_[bet].since);
  if (values == 0) return 0;
  const double lambda = kLambdas[bet];
  const double mean_z = (bets_[bet].log_maximum / values + lambda * lambda / 2) / lambda;
  return options_.mean - options_.sigma * mean_z;
}

DetectorState EDetector::state() const {
  DetectorState state;
  for (const Bet& bet : bets_) append(state, {bet.sum, bet.log_maximum, static_cast<double>(bet.since)});
  append(state, {restart_due_ ? 1.0 : 0.0});
  return state;
}

Status EDetector::restore(std::span<const double> state) {
  StateReader in(state);
  EDetector read(options_);
  for (Bet& bet : read.bets_) {
    bet.sum = in.number();
    bet.log_maximum = in.number();
    bet.since = in.whole(kMostCount);
    if (bet.sum < 0 || bet.log_maximum < 0) in.reject();
  }
  read.restart_due_ = in.flag();
  const Status status = in.finish("an e-detector");
  if (status) *this = read;
  return status;
}

}  // namespace clm
