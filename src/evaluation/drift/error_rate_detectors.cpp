#include <algorithm>
#include <cmath>

#include "base/contract.hpp"
#include "evaluation/drift/drift_detectors.hpp"

namespace clm {
namespace {

/// A rate out of a stored state.
double read_share(StateReader& in) {
  const double value = in.number();
  if (value < 0 || value > 1) in.reject();
  return value;
}

void expect_share(double value) { expects(value >= 0 && value <= 1, "error rates are of values in [0, 1]"); }

}  // namespace

Ddm::Ddm(const DdmOptions& options) : options_(options) {
  expects(options.warning_sigmas > 0 && options.drift_sigmas >= options.warning_sigmas,
          "DDM warns before it alarms: 0 < warning_sigmas <= drift_sigmas");
}

void Ddm::restart() { *this = Ddm(options_); }

DriftSignal Ddm::update(double value) {
  if (!std::isfinite(value)) return DriftSignal::none;
  expect_share(value);
  if (restart_due_) restart();
  ++count_;
  const auto count = static_cast<double>(count_);
  rate_ += (value - rate_) / count;
  if (count_ <= options_.warm_up_values) return DriftSignal::none;
  // Rounding may carry a rate of only ones past 1.
  const double deviation = std::sqrt(std::max(rate_ * (1 - rate_), 0.0) / count);
  const double level = rate_ + deviation;
  if (!has_lowest_ || level <= lowest_rate_ + lowest_deviation_) {
    has_lowest_ = true;
    lowest_rate_ = rate_;
    lowest_deviation_ = deviation;
  }
  restart_due_ = level > lowest_rate_ + options_.drift_sigmas * lowest_deviation_;
  if (restart_due_) return DriftSignal::drift;
  return level > lowest_rate_ + options_.warning_sigmas * lowest_deviation_ ? DriftSignal::warning : DriftSignal::none;
}

DetectorState Ddm::state() const {
  return {static_cast<double>(count_), rate_, lowest_rate_, lowest_deviation_, has_lowest_ ? 1.0 : 0.0,
          restart_due_ ? 1.0 : 0.0};
}

Status Ddm::restore(std::span<const double> state) {
  StateReader in(state);
  Ddm read(options_);
  read.count_ = in.whole(kMostCount);
  read.rate_ = read_share(in);
  read.lowest_rate_ = read_share(in);
  read.lowest_deviation_ = in.number();
  read.has_lowest_ = in.flag();
  read.restart_due_ = in.flag();
  const Status status = in.finish("DDM");
  if (status) *this = read;
  return status;
}

HddmW::HddmW(const HddmWOptions& options)
    : options_(options),
      drift_log_(std::log(1 / options.drift_confidence) / 2),
      warning_log_(std::log(1 / options.warning_confidence) / 2) {
  expects(options.drift_confidence > 0 && options.drift_confidence <= options.warning_confidence &&
              options.warning_confidence < 1,
          "HDDM-W warns before it alarms: 0 < drift_confidence <= warning_confidence < 1");
  expects(options.lambda > 0 && options.lambda <= 1, "HDDM-W's lambda lies in (0, 1]");
}

void HddmW::restart() { *this = HddmW(options_); }

void HddmW::WeightedMean::add(double value, double lambda) {
  mean = started ? lambda * value + (1 - lambda) * mean : value;
  squared_weights = lambda * lambda + (1 - lambda) * (1 - lambda) * squared_weights;
  started = true;
}

void HddmW::add_to(Side& side, double value, double sign) const {
  const double bound = sign * all_.mean + std::sqrt(all_.squared_weights * drift_log_);
  if (!side.has_cut || bound < side.cut) {
    side.has_cut = true;
    side.cut = bound;
    side.before = all_;
    side.after = {};
  } else {
    side.after.add(value, options_.lambda);
  }
}

DriftSignal HddmW::judge(const Side& side, double sign) const {
  if (!side.after.started) return DriftSignal::none;
  const double change = sign * (side.after.mean - side.before.mean);
  const double squared_weights = side.before.squared_weights + side.after.squared_weights;
  if (change > std::sqrt(squared_weights * drift_log_)) return DriftSignal::drift;
  return change > std::sqrt(squared_weights * warning_log_) ? DriftSignal::warning : DriftSignal::none;
}

DriftSignal HddmW::update(double value) {
  if (!std::isfinite(value)) return DriftSignal::none;
  expect_share(value);
  if (restart_due_) restart();
  all_.add(value, options_.lambda);
  DriftSignal signal = DriftSignal::none;
  if (options_.side != ChangeSide::decrease) {
    add_to(rise_, value, 1);
    signal = judge(rise_, 1);
  }
  if (options_.side != ChangeSide::increase) {
    add_to(fall_, value, -1);
    signal = std::max(signal, judge(fall_, -1));
  }
  restart_due_ = signal == DriftSignal::drift;
  return signal;
}

DetectorState HddmW::state() const {
  DetectorState out;
  const auto append_mean = [&out](const WeightedMean& mean) {
    append(out, {mean.mean, mean.squared_weights, mean.started ? 1.0 : 0.0});
  };
  append_mean(all_);
  for (const Side* side : {&rise_, &fall_}) {
    append_mean(side->before);
    append_mean(side->after);
    append(out, {side->cut, side->has_cut ? 1.0 : 0.0});
  }
  out.push_back(restart_due_ ? 1 : 0);
  return out;
}

Status HddmW::restore(std::span<const double> state) {
  StateReader in(state);
  HddmW read(options_);
  const auto read_mean = [&in](WeightedMean& mean) {
    mean.mean = read_share(in);
    mean.squared_weights = read_share(in);
    mean.started = in.flag();
  };
  read_mean(read.all_);
  for (Side* side : {&read.rise_, &read.fall_}) {
    read_mean(side->before);
    read_mean(side->after);
    side->cut = in.number();
    side->has_cut = in.flag();
  }
  read.restart_due_ = in.flag();
  const Status status = in.finish("HDDM-W");
  if (status) *this = read;
  return status;
}

}  // namespace clm
