#include "evaluation/drift/control_charts.hpp"

#include <algorithm>
#include <cmath>

#include "base/contract.hpp"

namespace clm {

CusumChart::CusumChart(const CusumOptions& options) : options_(options) {
  expects(options.sigma > 0 && options.reference > 0 && options.threshold > 0,
          "a CUSUM needs a sigma, a reference and a threshold above 0");
}

void CusumChart::restart() { *this = CusumChart(options_); }

DriftSignal CusumChart::update(double value) {
  if (!std::isfinite(value)) return DriftSignal::none;
  if (restart_due_) restart();
  const double z = (value - options_.mean) / options_.sigma;
  up_ = std::max(0.0, up_ + z - options_.reference);
  down_ = std::max(0.0, down_ - z - options_.reference);
  restart_due_ = (options_.side != ChangeSide::decrease && up_ > options_.threshold) ||
                 (options_.side != ChangeSide::increase && down_ > options_.threshold);
  return restart_due_ ? DriftSignal::drift : DriftSignal::none;
}

DetectorState CusumChart::state() const { return {up_, down_, restart_due_ ? 1.0 : 0.0}; }

Status CusumChart::restore(std::span<const double> state) {
  StateReader in(state);
  CusumChart read(options_);
  read.up_ = in.number();
  read.down_ = in.number();
  read.restart_due_ = in.flag();
  if (read.up_ < 0 || read.down_ < 0) in.reject();
  const Status status = in.finish("a CUSUM chart");
  if (status) *this = read;
  return status;
}

EwmaChart::EwmaChart(const EwmaOptions& options)
    : options_(options), reach_(options.limit * std::sqrt(options.lambda / (2 - options.lambda))) {
  expects(options.sigma > 0 && options.limit > 0, "an EWMA chart needs a sigma and a limit above 0");
  expects(options.lambda >= 0.01 && options.lambda <= 1, "an EWMA chart's lambda lies in [0.01, 1]");
}

void EwmaChart::restart() { *this = EwmaChart(options_); }

DriftSignal EwmaChart::update(double value) {
  if (!std::isfinite(value)) return DriftSignal::none;
  if (restart_due_) restart();
  const double z = (value - options_.mean) / options_.sigma;
  level_ = options_.lambda * z + (1 - options_.lambda) * level_;
  if (options_.side == ChangeSide::increase) level_ = std::max(level_, 0.0);
  if (options_.side == ChangeSide::decrease) level_ = std::min(level_, 0.0);
  restart_due_ = std::abs(level_) > reach_;
  return restart_due_ ? DriftSignal::drift : DriftSignal::none;
}

DetectorState EwmaChart::state() const { return {level_, restart_due_ ? 1.0 : 0.0}; }

Status EwmaChart::restore(std::span<const double> state) {
  StateReader in(state);
  EwmaChart read(options_);
  read.level_ = in.number();
  read.restart_due_ = in.flag();
  const Status status = in.finish("an EWMA chart");
  if (status) *this = read;
  return status;
}

}  // namespace clm
