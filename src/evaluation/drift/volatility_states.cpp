#include "evaluation/drift/volatility_states.hpp"

#include <algorithm>
#include <cmath>

#include "base/contract.hpp"

namespace clm {
namespace {

constexpr std::size_t kMostRecordsADay = 24;

double weight_of(double half_life_bars) { return 1 - std::exp2(-1 / std::max(half_life_bars, 1.0)); }

}  // namespace

VolatilityStates::VolatilityStates(const VolatilityStatesOptions& options) : options_(options) {
  expects(options.day_bars >= 1 && options.known_days >= 1 && options.history_days >= options.known_days,
          "a day has bars, and what is held against is no shorter than what must be known");
  expects(options.fast_days > 0 && options.slow_days >= options.fast_days, "the slow mean is the slower one");
  const auto day_bars = static_cast<double>(options.day_bars);
  fast_weight_ = weight_of(options.fast_days * day_bars);
  slow_weight_ = weight_of(options.slow_days * day_bars);
  record_every_ = std::max<std::size_t>(options.day_bars / kMostRecordsADay, 1);
  ring_.assign(options.history_days * options.day_bars / record_every_, 0);
}

VolatilityRegime VolatilityStates::update(double bar_return) {
  if (!std::isfinite(bar_return)) return state_;
  unmoved_ = bar_return == 0 ? unmoved_ + 1 : 0;
  if (unmoved_ > options_.day_bars) return state_;
  ++known_;
  const double seen = 1 / static_cast<double>(known_);
  // The first slow half-life tells what is much.
  const bool settled = static_cast<double>(known_) > options_.slow_days * static_cast<double>(options_.day_bars);
  double size = std::abs(bar_return);
  if (settled && slow_ > 0) size = std::min(size, options_.largest_bar * slow_);
  fast_ += std::max(fast_weight_, seen) * (size - fast_);
  slow_ += std::max(slow_weight_, seen) * (size - slow_);
  if (known_ > options_.known_days * options_.day_bars && slow_ > 0) state_ = next_state();
  if (settled && known_ % record_every_ == 0) record();
  if (known_ % options_.day_bars == 0 && known_ >= options_.known_days * options_.day_bars) now_ = thresholds();
  return state_;
}

VolatilityRegime VolatilityStates::next_state() const {
  if (fast_ >= now_.storm) return VolatilityRegime::turbulent;
  if (state_ == VolatilityRegime::turbulent && std::max(fast_, slow_) > now_.passed) return state_;
  if (slow_ <= now_.calm) return VolatilityRegime::calm;
  if (state_ == VolatilityRegime::calm && slow_ < now_.ended) return state_;
  return VolatilityRegime::normal;
}

double VolatilityStates::times_usual() const {
  return state_ == VolatilityRegime::unknown ? kMissing : fast_ / now_.median;
}

void VolatilityStates::record() {
  if (!(slow_ > 0)) return;
  const double place = (std::log2(slow_) - kLowestOctave) * kBinsAnOctave;
  const auto bin = static_cast<std::uint16_t>(std::clamp(place, 0.0, static_cast<double>(kBins - 1)));
  std::uint16_t& slot = ring_[recorded_ % ring_.size()];
  if (recorded_ >= ring_.size()) --counts_[slot];
  slot = bin;
  ++counts_[bin];
  ++recorded_;
}

VolatilityStates::Thresholds VolatilityStates::thresholds() const {
  const auto total = static_cast<double>(std::min<std::uint64_t>(recorded_, ring_.size()));
  std::size_t bin = 0;
  double below = 0;  // means in bins before `bin`
  // Shares are asked for in ascending order.
  const auto quantile = [&](double share) {
    while (bin + 1 < kBins && below + counts_[bin] <= share * total) below += counts_[bin++];
    return std::exp2((static_cast<double>(bin) + 0.5) / kBinsAnOctave + kLowestOctave);
  };
  const double calm = quantile(options_.calm_share), ended = quantile(options_.ended_share), median = quantile(0.5);
  const double passed = quantile(options_.passed_share), storm = quantile(options_.storm_share);
  return {median, std::max(storm, options_.storm_ratio * median), std::max(passed, options_.passed_ratio * median),
          std::min(calm, options_.calm_ratio * median), std::min(ended, options_.ended_ratio * median)};
}

}  // namespace clm
