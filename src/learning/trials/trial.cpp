#include "learning/trials/trial.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace clm {
namespace {

constexpr std::array<std::pair<Stage, std::string_view>, 4> kStages{{{Stage::shadow, "shadow"},
                                                                     {Stage::canary_first, "canary_first"},
                                                                     {Stage::canary_second, "canary_second"},
                                                                     {Stage::watch, "watch"}}};

std::size_t bars_of(double hours, Interval interval) {
  return static_cast<std::size_t>(std::ceil(hours * 3'600'000.0 / static_cast<double>(interval.ms())));
}

}  // namespace

std::string_view to_string(Stage stage) { return kStages[static_cast<std::size_t>(stage)].second; }

std::optional<Stage> parse_stage(std::string_view name) {
  const auto stage = std::find_if(kStages.begin(), kStages.end(), [&](const auto& one) { return one.second == name; });
  return stage == kStages.end() ? std::nullopt : std::optional(stage->first);
}

const VersionId& vintage_at(const std::vector<EarlierVintage>& earlier, const VersionId& now_active,
                            Timestamp decided_at) {
  const auto own =
      std::find_if(earlier.begin(), earlier.end(), [&](const EarlierVintage& one) { return decided_at <= one.until; });
  return own == earlier.end() ? now_active : own->version;
}

void forget_before(Timestamp oldest, std::vector<EarlierVintage>& earlier) {
  std::erase_if(earlier, [&](const EarlierVintage& one) { return one.until < oldest; });
}

VersionStatus status_in(Stage stage) {
  switch (stage) {
    case Stage::shadow: return VersionStatus::shadow;
    case Stage::canary_first:
    case Stage::canary_second: return VersionStatus::canary;
    case Stage::watch: return VersionStatus::active;
  }
  return VersionStatus::shadow;
}

double canary_share(const Trial& trial, const CanaryOptions& canary) {
  if (trial.stage == Stage::canary_first) return canary.first_share;
  return trial.stage == Stage::canary_second ? canary.second_share : 0;
}

std::vector<CanaryShare> canaries_of(const std::vector<Trial>& trials, const CanaryOptions& canary) {
  std::vector<CanaryShare> canaries;
  for (const Trial& trial : trials)
    if (const double share = canary_share(trial, canary); share > 0)
      canaries.push_back({trial.model_type, trial.challenger, share});
  return canaries;
}

PairedTrialOptions trial_options(Stage stage, const StageOptions& stages, const LabelOptions& label,
                                 Interval interval) {
  PairedTrialOptions options;
  options.horizon_bars = label.horizon_bars;
  options.loss = stages.shadow.loss;
  switch (stage) {
    case Stage::shadow:
      options.alpha = stages.shadow.alpha / static_cast<double>(stages.shadow.places);
      options.margin = stages.shadow.margin;
      options.min_bars =
          std::max(bars_of(stages.shadow.min_hours, interval), static_cast<std::size_t>(stages.shadow.min_predictions));
      options.max_bars = std::max(bars_of(24 * stages.shadow.max_days, interval), options.min_bars);
      break;
    case Stage::canary_first:
    case Stage::canary_second:
      options.alpha = stages.canary.alpha;
      options.min_bars = 1;
      options.max_bars = static_cast<std::size_t>(stages.canary.stage_bars);
      break;
    case Stage::watch:
      options.alpha = stages.watch.alpha;
      options.min_bars = bars_of(stages.watch.min_hours, interval);
      options.max_bars = std::max(static_cast<std::size_t>(stages.watch.bars), options.min_bars);
      break;
  }
  return options;
}

}  // namespace clm
