#include "replay_case.hpp"

#include <algorithm>

#include "base/contract.hpp"

namespace clm {

std::vector<ReplayWindow> split_windows(const ReplayCase& replay) {
  expects(replay.step.count() > 0, "a replay moves on");
  const Duration training = std::chrono::hours(24 * replay.training_days);
  std::vector<ReplayWindow> windows;
  for (Timestamp from = replay.forecasts.from; from < replay.forecasts.to; from = from + replay.step)
    windows.push_back({{from - training, from}, {from, std::min(from + replay.step, replay.forecasts.to)}});
  return windows;
}

const std::vector<ReplayCase>& replay_cases() {
  static const std::vector<ReplayCase> cases = {
      {"A30", {from_calendar(2018, 1, 15), from_calendar(2018, 1, 30)}, 3, std::chrono::hours(12)},
      {"B32", {from_calendar(2018, 1, 22), from_calendar(2018, 1, 30)}, 10, std::chrono::hours(6)}};
  return cases;
}

std::optional<ReplayCase> replay_case(std::string_view name) {
  for (const ReplayCase& known : replay_cases())
    if (known.name == name) return known;
  return std::nullopt;
}

}  // namespace clm
