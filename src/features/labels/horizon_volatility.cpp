#include "features/labels/horizon_volatility.hpp"

#include <cmath>
#include <limits>

#include "base/contract.hpp"

namespace clm {
namespace {

/// A window with fewer of its returns present than this says too little about volatility.
constexpr double kMinPresentShare = 0.8;
/// Below this the running sums' rounding is all there is: a price that does not move has no unit.
constexpr double kSmallestVariance = 1e-14;

}  // namespace

HorizonVolatility::HorizonVolatility(int window_bars, int horizon_bars, Interval interval)
    : window_(static_cast<std::size_t>(window_bars)),
      horizon_(horizon_bars),
      enough_(static_cast<std::size_t>(std::ceil(kMinPresentShare * window_bars))),
      interval_(interval) {
  expects(window_bars >= 2 && horizon_bars >= 1, "volatility has a window and a horizon");
  returns_.assign(window_, kMissing);
}

void HorizonVolatility::add(double value, double sign) {
  if (std::isnan(value)) return;
  sum_ += sign * value;
  sum_of_squares_ += sign * value * value;
  present_ = sign > 0 ? present_ + 1 : present_ - 1;
}

float HorizonVolatility::update(const Candle& candle) {
  double one_bar = kMissing;
  if (fed_ > 0 && candle.open_time - opened_before_ == interval_.length() && close_before_ > 0 && candle.close > 0)
    one_bar = std::log(candle.close / close_before_);
  add(one_bar, +1);
  const bool full = fed_ >= window_;
  if (full) add(returns_[slot_], -1);
  returns_[slot_] = one_bar;
  slot_ = slot_ + 1 == window_ ? 0 : slot_ + 1;
  opened_before_ = candle.open_time;
  close_before_ = candle.close;
  ++fed_;
  constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
  if (!full || present_ < enough_) return kUnknown;
  const auto n = static_cast<double>(present_);
  const double variance = (sum_of_squares_ - sum_ * sum_ / n) / (n - 1);
  return variance > kSmallestVariance ? static_cast<float>(std::sqrt(variance * horizon_)) : kUnknown;
}

std::vector<float> horizon_volatility(const CandleSeries& series, int window_bars, int horizon_bars) {
  HorizonVolatility meter(window_bars, horizon_bars, series.key.interval);
  std::vector<float> out;
  out.reserve(series.candles.size());
  for (const Candle& candle : series.candles) out.push_back(meter.update(candle));
  return out;
}

}  // namespace clm
