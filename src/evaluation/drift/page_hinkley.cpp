#include <algorithm>
#include <cmath>

#include "base/contract.hpp"
#include "evaluation/drift/drift_detectors.hpp"

namespace clm {

PageHinkley::PageHinkley(const PageHinkleyOptions& options) : options_(options) {
  expects(options.delta >= 0 && options.threshold > 0, "Page-Hinkley needs a delta >= 0 and a threshold > 0");
  expects(options.alpha > 0 && options.alpha <= 1, "Page-Hinkley's fading lies in (0, 1]");
}

void PageHinkley::restart() { *this = PageHinkley(options_); }

DriftSignal PageHinkley::update(double value) {
  if (!std::isfinite(value)) return DriftSignal::none;
  if (restart_due_) restart();
  ++count_;
  mean_ += (value - mean_) / static_cast<double>(count_);
  const double deviation = value - mean_;
  up_ = options_.alpha * up_ + deviation - options_.delta;
  down_ = options_.alpha * down_ + deviation + options_.delta;
  lowest_up_ = std::min(lowest_up_, up_);
  highest_down_ = std::max(highest_down_, down_);
  if (count_ < options_.min_values) return DriftSignal::none;
  const bool rose = options_.side != ChangeSide::decrease && up_ - lowest_up_ > options_.threshold;
  const bool fell = options_.side != ChangeSide::increase && highest_down_ - down_ > options_.threshold;
  restart_due_ = rose || fell;
  return restart_due_ ? DriftSignal::drift : DriftSignal::none;
}

DetectorState PageHinkley::state() const {
  return {static_cast<double>(count_), mean_, up_, lowest_up_, down_, highest_down_, restart_due_ ? 1.0 : 0.0};
}

Status PageHinkley::restore(std::span<const double> state) {
  StateReader in(state);
  PageHinkley read(options_);
  read.count_ = in.whole(kMostCount);
  read.mean_ = in.number();
  read.up_ = in.number();
  read.lowest_up_ = in.number();
  read.down_ = in.number();
  read.highest_down_ = in.number();
  read.restart_due_ = in.flag();
  const Status status = in.finish("Page-Hinkley");
  if (status) *this = read;
  return status;
}

}  // namespace clm
