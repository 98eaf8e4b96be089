#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace clm {

/// A walk through history in FreqAI's manner: train on `training_days`, forecast `step`, move on by `step`.
struct ReplayCase {
  std::string name;
  TimeRange forecasts;  ///< what is forecast, all windows together
  int training_days = 1;
  Duration step{0};
};

/// What one training sees and what its model forecasts. A bar belongs to the range its open time lies in: the last bar
/// of `training` closes as `forecast` begins.
struct ReplayWindow {
  TimeRange training, forecast;
};

/// Consecutive windows over `replay.forecasts`; the last forecast is cut at its end. Contract: a positive step.
std::vector<ReplayWindow> split_windows(const ReplayCase& replay);

/// The cases of freqtrade's offline benchmark: "A30" (3 days, every half day) and "B32" (10 days, every quarter).
const std::vector<ReplayCase>& replay_cases();
std::optional<ReplayCase> replay_case(std::string_view name);

}  // namespace clm
