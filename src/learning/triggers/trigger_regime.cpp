#include "learning/triggers/trigger_regime.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/contract.hpp"
#include "base/number_text.hpp"

namespace clm {
namespace {

constexpr std::size_t kSustainDays = 3;

double mean_of(const RegimeModel& model, VolatilityRegime regime) {
  if (regime == VolatilityRegime::calm) return model.volatility.mean[0];
  return model.volatility.mean[regime == VolatilityRegime::turbulent ? model.volatility.states - 1 : 1];
}

/// "volatility has been calm for 96 bars and was turbulent when the active version was trained"
template <typename State>
std::string told(const char* what, State then, State now, std::uint64_t since, std::size_t bars,
                 std::size_t window_bars) {
  const std::string name(what);
  if (now == State::unknown) return "no state of " + name + " has been sustained yet";
  // The first of the observations is of a whole window.
  const std::string lasts = name + " has been " + std::string(to_string(now)) + " for " +
                            std::to_string(bars - since + window_bars) + " bars";
  if (then == State::unknown) return lasts + ", and none was sustained when the active version was trained";
  if (then == now) return name + " is " + std::string(to_string(now)) + ", as when the active version was trained";
  return lasts + " and was " + std::string(to_string(then)) + " when the active version was trained";
}

}  // namespace

Result<RegimeModel> fit_regimes(std::span<const double> returns, Interval interval) {
  const auto day_bars = static_cast<std::size_t>(std::max<std::int64_t>(kDayMs / interval.ms(), 1));
  RegimeOptions options;
  options.window_bars = std::max<std::size_t>(day_bars, 4);
  options.observe_every_bars = options.window_bars;
  options.sustain_bars = std::max(kSustainDays * day_bars, options.window_bars);
  const std::vector<double> training(returns.begin(), returns.end());
  return RegimeModel::fit(std::span(&training, 1), options);
}

RegimeFinding check_regime(const RegimeModel& model, std::span<const double> returns, std::size_t data_end) {
  expects(data_end <= returns.size(), "the data ended before now");
  RegimeDetector detector(model);
  RegimeFinding finding;
  for (std::size_t bar = 0; bar < returns.size(); ++bar) {
    if (bar == data_end) finding.then = detector.regime();
    detector.update(returns[bar]);
  }
  finding.now = detector.regime();
  if (data_end == returns.size()) finding.then = finding.now;

  const Regime &then = finding.then, &now = finding.now;
  const std::size_t window = model.options.window_bars;
  finding.reason = told("volatility", then.volatility, now.volatility, now.volatility_since, returns.size(), window);
  if (then.volatility != VolatilityRegime::unknown && now.volatility != then.volatility) {
    finding.distance =
        std::abs(mean_of(model, now.volatility) - mean_of(model, then.volatility)) / model.volatility.deviation;
    finding.volatility_shifted = finding.distance >= kLeastRegimeDistance;
    finding.reason += "; these states are " + fixed(finding.distance, 1) + " deviations apart";
    if (!finding.volatility_shifted) finding.reason += ", too near to be told from noise";
  }
  finding.reason += "; " + told("the trend", then.trend, now.trend, now.trend_since, returns.size(), window);
  finding.trend_shifted = then.trend != TrendRegime::unknown && now.trend != then.trend;
  return finding;
}

}  // namespace clm
