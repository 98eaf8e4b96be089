#include "evaluation/trials/behaviour.hpp"

#include <algorithm>
#include <cmath>

#include "base/number_text.hpp"

namespace clm {

void Behaviour::add(const BarScore& score) {
  if (score.rows == 0) return;
  ++bars;
  rows += score.rows;
  calls += score.calls;
  hits += score.hits;
  up += score.up;
  spread += score.spread;
  constant_bars += score.rows > 1 && score.spread == 0 ? 1 : 0;
}

std::vector<std::string> misbehaviour(const Behaviour& candidate, const Behaviour& reference,
                                      const BehaviourLimits& limits, double symbols_move_together) {
  std::vector<std::string> findings;
  if (candidate.rows < limits.min_forecasts || candidate.bars < limits.min_bars) return findings;
  const auto rows = static_cast<double>(candidate.rows);
  const double up = static_cast<double>(candidate.up) / rows;
  if (std::max(up, 1 - up) > limits.max_one_sided_share)
    findings.push_back(percent(std::max(up, 1 - up)) + " of " + std::to_string(candidate.rows) + " forecasts point " +
                       (up > 0.5 ? "up" : "down") + "; the limit is " + percent(limits.max_one_sided_share));
  if (candidate.constant_bars == candidate.bars) {
    findings.push_back("all symbols had the same forecast on each of " + std::to_string(candidate.bars) + " bars");
  } else if (reference.bars > 0 && reference.spread > 0) {
    const double ratio = candidate.spread / static_cast<double>(candidate.bars) /
                         (reference.spread / static_cast<double>(reference.bars));
    if (ratio < limits.min_spread_ratio)
      findings.push_back("its forecasts spread " + percent(ratio) + " as far as the reference's; the limit is " +
                         percent(limits.min_spread_ratio));
  }
  if (candidate.calls > 0 && reference.calls > 0) {
    const double fall = reference.hit_rate() - candidate.hit_rate();
    const auto independent = [&](const Behaviour& one) {
      return std::max(1.0, static_cast<double>(one.calls) / std::max(1.0, symbols_move_together));
    };
    const double error = std::sqrt(0.25 / independent(candidate) + 0.25 / independent(reference));
    constexpr double kOneSided99 = 2.3263478740408408;
    if (fall - kOneSided99 * error > limits.max_hit_rate_fall)
      findings.push_back("its hit rate of " + percent(candidate.hit_rate()) + " against the reference's " +
                         percent(reference.hit_rate()) + " is shown to be lower by more than the limit of " +
                         percent(limits.max_hit_rate_fall));
  }
  return findings;
}

}  // namespace clm
