#include "learning/trigger_regime.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/contract.hpp"
#include "base/number_text.hpp"

namespace clm {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::size_t kSustainDays = 3;

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
    if (bar == data_end) finding.then = detector.regime().volatility;
    detector.update(returns[bar]);
  }
  finding.now = detector.regime().volatility;
  if (data_end == returns.size()) finding.then = finding.now;
  if (finding.then == VolatilityRegime::unknown || finding.now == VolatilityRegime::unknown) {
    finding.reason = "no volatility regime has been sustained yet";
    return finding;
  }
  if (finding.then == finding.now) {
    finding.reason = "volatility is " + std::string(to_string(finding.now)) + ", as when the data ended";
    return finding;
  }
  const auto state_of = [&](VolatilityRegime regime) -> std::size_t {
    if (regime == VolatilityRegime::calm) return 0;
    return regime == VolatilityRegime::turbulent ? model.volatility.states - 1 : 1;
  };
  const double apart =
      std::abs(model.volatility.mean[state_of(finding.now)] - model.volatility.mean[state_of(finding.then)]);
  finding.distance = apart / model.volatility.deviation;
  finding.shifted = finding.distance >= kLeastRegimeDistance;
  finding.reason = "volatility has been " + std::string(to_string(finding.now)) + " for three days or more, and was " +
                   std::string(to_string(finding.then)) + " when the data ended; the states are " +
                   fixed(finding.distance, 1) + " deviations apart";
  if (!finding.shifted) finding.reason += ", too near to be told from noise";
  return finding;
}

}  // namespace clm
