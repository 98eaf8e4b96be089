#include "learning/triggers/trigger_regime.hpp"

#include <algorithm>
#include <cmath>

#include "base/number_text.hpp"
#include "learning/options/hours.hpp"

namespace clm {
namespace {

/// "volatility has been calm for 96 bars and was turbulent when the active version was trained"
template <typename State>
std::string told(const char* what, State then, State now, std::uint64_t since, std::uint64_t bars) {
  const std::string name(what);
  if (now == State::unknown) return "no state of " + name + " has been sustained yet";
  const std::string lasts =
      name + " has been " + std::string(to_string(now)) + " for " + std::to_string(bars - since + 1) + " bars";
  if (then == State::unknown) return lasts + ", and none was sustained when the active version was trained";
  if (then == now) return name + " is " + std::string(to_string(now)) + ", as when the active version was trained";
  return lasts + " and was " + std::string(to_string(then)) + " when the active version was trained";
}

}  // namespace

std::size_t bars_of_a_day(Interval interval) {
  return static_cast<std::size_t>(std::max<std::int64_t>(kDayMs / interval.ms(), 1));
}

std::size_t regime_bars(Interval interval) {
  return static_cast<std::size_t>(kRegimeYears * kDaysAYear * 24 / in_hours(interval.length()));
}

std::string why_unknown(const RegimeDetector& detector) {
  if (detector.regime().volatility != VolatilityRegime::unknown) return {};
  return std::to_string(detector.volatility().known_bars() / detector.day_bars()) +
         " days of bars with a price that moves are known, at least " +
         std::to_string(VolatilityStatesOptions{}.known_days) + " are needed";
}

RegimeWatch::RegimeWatch(std::span<const double> before, Interval interval) : detector_(bars_of_a_day(interval)) {
  for (const double r : before) detector_.update(r);
  then_ = detector_.sustained();
  then_level_ = detector_.volatility().level();
  then_unknown_ = why_unknown(detector_);
}

void RegimeWatch::add(std::span<const double> returns) {
  for (const double r : returns) detector_.update(r);
  bars_after_ += returns.size();
}

RegimeFinding RegimeWatch::finding() const {
  RegimeFinding finding;
  finding.then = then_;
  finding.now = detector_.sustained();
  const Regime &then = finding.then, &now = finding.now;
  finding.reason = told("volatility", then.volatility, now.volatility, now.volatility_since, detector_.bars());
  if (!then_unknown_.empty()) finding.reason += " (at the end of the data: " + then_unknown_ + ")";
  if (then.volatility != VolatilityRegime::unknown && now.volatility != then.volatility) {
    finding.volatility_ratio = detector_.volatility().level() / then_level_;
    finding.volatility_shifted =
        std::max(finding.volatility_ratio, 1 / finding.volatility_ratio) >= kLeastVolatilityRatio;
    finding.reason += "; it is " + fixed(finding.volatility_ratio, 1) + " times as high";
    if (!finding.volatility_shifted) finding.reason += ", too near to count";
  }
  finding.reason += "; " + told("the trend", then.trend, now.trend, now.trend_since, detector_.bars());
  finding.trend_shifted = then.trend != TrendRegime::unknown && now.trend != then.trend;
  return finding;
}

}  // namespace clm
