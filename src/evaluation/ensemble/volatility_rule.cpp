#include "evaluation/ensemble/volatility_rule.hpp"

#include <algorithm>
#include <cmath>

namespace clm {
namespace {

std::span<const float> at_time(const JudgedRows& rows, const TimeIndex& times, std::size_t t) {
  return std::span<const float>(rows.volatility).subspan(times.begin[t], times.begin[t + 1] - times.begin[t]);
}

}  // namespace

double market_volatility(std::span<const float> volatility) {
  std::vector<float> known;
  std::copy_if(volatility.begin(), volatility.end(), std::back_inserter(known), [](float v) { return !std::isnan(v); });
  if (known.empty()) return std::nan("");
  const auto middle = known.begin() + static_cast<std::ptrdiff_t>(known.size() / 2);
  std::nth_element(known.begin(), middle, known.end());
  return static_cast<double>(*middle);
}

std::optional<VolatilityRule> VolatilityRule::fit(const JudgedRows& rows) {
  const TimeIndex times = index_times(rows.decided_at_ms);
  std::vector<double> values;
  for (std::size_t t = 0; t < times.size(); ++t)
    if (const double value = market_volatility(at_time(rows, times, t)); !std::isnan(value)) values.push_back(value);
  if (values.size() < kMinTimes) return std::nullopt;
  std::sort(values.begin(), values.end());
  return VolatilityRule{values[values.size() / 3], values[2 * values.size() / 3]};
}

VolatilityRegime VolatilityRule::regime(double volatility) const {
  if (std::isnan(volatility)) return VolatilityRegime::unknown;
  if (volatility <= calm_up_to) return VolatilityRegime::calm;
  return volatility <= normal_up_to ? VolatilityRegime::normal : VolatilityRegime::turbulent;
}

std::vector<VolatilityRegime> regimes_of_rows(const JudgedRows& rows, const VolatilityRule& rule) {
  const TimeIndex times = index_times(rows.decided_at_ms);
  std::vector<VolatilityRegime> out(rows.size(), VolatilityRegime::unknown);
  for (std::size_t t = 0; t < times.size(); ++t)
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(times.begin[t]),
              out.begin() + static_cast<std::ptrdiff_t>(times.begin[t + 1]),
              rule.regime(market_volatility(at_time(rows, times, t))));
  return out;
}

}  // namespace clm
