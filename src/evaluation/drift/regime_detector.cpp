#include "evaluation/drift/regime_detector.hpp"

#include <cmath>

namespace clm {
namespace {

VolatilityStatesOptions volatility_of_days(std::size_t day_bars) {
  VolatilityStatesOptions options;
  options.day_bars = day_bars;
  return options;
}

TrendDetectorOptions trend_of_days(std::size_t day_bars) {
  TrendDetectorOptions options;
  options.day_bars = day_bars;
  return options;
}

}  // namespace

RegimeDetector::RegimeDetector(std::size_t day_bars)
    : day_bars_(day_bars), volatility_(volatility_of_days(day_bars)), trend_(trend_of_days(day_bars)) {}

const Regime& RegimeDetector::update(double bar_return) {
  ++bars_;
  const std::uint64_t wanted = kSustainDays * day_bars_;
  if (const VolatilityRegime state = volatility_.update(bar_return); state != now_.volatility) {
    now_.volatility = state;
    now_.volatility_since = bars_;
  }
  if (const TrendRegime state = trend_.update(bar_return); state != now_.trend) {
    now_.trend = state;
    now_.trend_since = bars_;
  }
  if (bars_ - now_.volatility_since + 1 >= wanted) {
    sustained_.volatility = now_.volatility;
    sustained_.volatility_since = now_.volatility_since;
  }
  if (bars_ - now_.trend_since + 1 >= wanted) {
    sustained_.trend = now_.trend;
    sustained_.trend_since = now_.trend_since;
  }
  return now_;
}

double market_return(std::span<const double> symbol_returns) {
  double sum = 0;
  std::size_t known = 0;
  for (const double r : symbol_returns) {
    if (!std::isfinite(r)) continue;
    sum += r;
    ++known;
  }
  return known == 0 ? kMissing : sum / static_cast<double>(known);
}

}  // namespace clm
