#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/time.hpp"
#include "features/indicators/rolling.hpp"

namespace clm {

/// What a number summed to at the same time of the day, or of the week, in the bars that will follow: for the bar at
/// t, the sums over bars t + 2 .. t + 1 + width one period ago, two periods ago, and so on (Heston, Korajczyk & Sadka
/// 2010). Addressed by time, so that a missing bar shifts nothing; it adds 0. Running totals are kept per phase of the
/// period: O(1) a bar, memory of the periods' bars.
class SeasonalSum {
 public:
  struct Options {
    int width_bars;   ///< bars that are summed
    Duration period;  ///< a day or a week
    int periods;      ///< how many of them, at most
  };
  explicit SeasonalSum(Options options) : options_(options) {}

  /// Takes the value of bar number `slot` since the epoch (open time / length), later than the last.
  void update(std::int64_t slot, Duration bar_length, double x) {
    if (phases_.empty()) begin(slot, bar_length);
    if (step_ == 0) return;
    while (origin_ + now_ + 1 < slot) push(0.0);
    push(x);
  }

  /// Sum over the periods that there are / the root of their number; NaN before there is one, or where the period is
  /// not a whole number of bars, more than the width.
  double value() const {
    if (known_ == 0) return kMissing;
    const std::int64_t last = now_ + 1 + options_.width_bars - step_;
    return (at(phases_, last) - at(phases_, last - known_ * step_)) / root_known_;
  }

 private:
  void begin(std::int64_t slot, Duration bar_length) {
    const std::int64_t step = options_.period.count() / bar_length.count();
    if (bar_length * step == options_.period && step > options_.width_bars + 1) step_ = step;
    // The first value lies one period from the beginning, so that there is always a period before it.
    origin_ = slot - step_;
    now_ = step_ - 1;
    const auto room = [](std::int64_t values) { return std::bit_ceil(static_cast<std::size_t>(values + 1)); };
    phases_.assign(room(step_ * (options_.periods + 1)), 0.0);
    totals_.assign(room(options_.width_bars), 0.0);
  }
  void push(double x) {
    const double total = at(totals_, now_) + x;
    ++now_;
    const double sum = total - at(totals_, now_ - options_.width_bars);
    at(totals_, now_) = total;
    at(phases_, now_) = at(phases_, now_ - step_) + sum;
    if (known_ < options_.periods && now_ + 2 - step_ == (known_ + 1) * step_)
      root_known_ = std::sqrt(static_cast<double>(++known_));
  }
  // The sizes are powers of two.
  static double at(const std::vector<double>& values, std::int64_t index) {
    return values[static_cast<std::size_t>(index) & (values.size() - 1)];
  }
  static double& at(std::vector<double>& values, std::int64_t index) {
    return values[static_cast<std::size_t>(index) & (values.size() - 1)];
  }

  Options options_;
  std::int64_t step_ = 0;              // bars of a period; 0: not usable
  std::int64_t origin_ = 0, now_ = 0;  // slot = origin_ + index; index of the newest value
  std::int64_t known_ = 0;             // periods that there are
  double root_known_ = 0.0;
  std::vector<double> phases_, totals_;
};

}  // namespace clm
