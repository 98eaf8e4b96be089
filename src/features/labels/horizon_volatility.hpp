#pragma once
#include <cstddef>
#include <vector>

#include "market/series/candle.hpp"

namespace clm {

/// Standard deviation of the last `window_bars` one-bar log returns up to and including a bar, times
/// sqrt(horizon_bars), advanced one bar at a time; NaN before the window is full, where under 80 % of its returns
/// exist, or where it is zero. Returns across a gap do not count. The bits depend on the whole history that was fed,
/// and on nothing else. Memory: 8 bytes a bar of the window.
class HorizonVolatility {
 public:
  /// Contract: window_bars >= 2, horizon_bars >= 1.
  HorizonVolatility(int window_bars, int horizon_bars, Interval interval);

  /// Feeds the next candle, later than those before, and returns the value at its close. O(1).
  float update(const Candle& candle);

 private:
  void add(double value, double sign);

  std::size_t window_;
  double horizon_;
  std::size_t enough_;
  Interval interval_;
  std::vector<double> returns_;  ///< of the window; slot t % window holds bar t's
  std::size_t slot_ = 0;
  std::size_t fed_ = 0;
  Timestamp opened_before_;
  double close_before_ = kMissing;
  double sum_ = 0, sum_of_squares_ = 0;
  std::size_t present_ = 0;
};

/// The same of every bar of a series. Cost: O(bars).
std::vector<float> horizon_volatility(const CandleSeries& series, int window_bars, int horizon_bars);

}  // namespace clm
