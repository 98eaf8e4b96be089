#include "market/simulator/simulator_signal.hpp"

#include <cmath>
#include <numbers>

#include "base/probability_distribution.hpp"

namespace clm {
namespace {

constexpr double kSwitchWidth = 0.5;  // w: about a third of the time is in between, where volume says little

}  // namespace

double activity_decay_per_bar() { return std::exp2(-1 / kActivityHalfLifeBars); }

PlantedSignal::PlantedSignal(SignalShape shape, double decay_per_bar)
    : shape_(shape), decay_(decay_per_bar), activity_decay_(activity_decay_per_bar()) {
  const double second_moment = 2 / std::numbers::pi * std::asin(1 / (1 + kSwitchWidth * kSwitchWidth));
  constexpr double kShareSquare = kConditionalLinearShare * kConditionalLinearShare;
  constant_part_ = kConditionalLinearShare;
  active_part_ = std::sqrt((1 - kShareSquare) / second_moment);
}

double PlantedSignal::at(double state, double activity) const { return expected(state, activity, 0); }

double PlantedSignal::expected(double state, double activity, int bars_ahead) const {
  const double later_state = state * std::pow(decay_, bars_ahead);
  if (shape_ == SignalShape::linear) return later_state;
  const double decay = std::pow(activity_decay_, bars_ahead);
  const double width = std::sqrt(kSwitchWidth * kSwitchWidth + 1 - decay * decay);
  return later_state * (constant_part_ + active_part_ * (2 * normal_cdf(decay * activity / width) - 1));
}

}  // namespace clm
