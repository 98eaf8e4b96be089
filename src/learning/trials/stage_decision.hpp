#pragma once
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/verdict/deployment_policy.hpp"
#include "learning/trials/trial.hpp"

namespace clm {

struct StageDecision {
  StageMove move = StageMove::stay;
  std::string reason;  ///< a sentence with its numbers, and what would have changed it
};

/// A pure function of the trial and the limits.
/// Shadow: shown to be better, it advances; shown to be worse, or undecided when its days are over, it is refused.
/// Canary: shown to be worse, or misbehaving, it is withdrawn; after the bars of a share it advances to the next.
/// Watch: shown to be worse, or misbehaving, it is rolled back; at the end of the watch it stays.
StageDecision decide_stage(const Trial& trial, const StageOptions& stages, const LabelOptions& label,
                           Interval interval);

/// Whether there is an active version that a candidate can be held against on live bars: one of the same features and
/// label.
enum class Rival { none, comparable };

/// Where a candidate goes once its verdict is known: shadow, canary, active or rejected. None where a person has to
/// say: a `canary` verdict without a rival or with both stages switched off.
std::optional<VersionStatus> first_stage(DeploymentDecision verdict, const StageOptions& stages, Rival rival);

/// How a trial stands, for a person.
struct TrialView {
  Trial trial;
  TrialReport report;
  BarLoss loss = BarLoss::rank;
};
TrialView view_of(const Trial& trial, const StageOptions& stages, const LabelOptions& label, Interval interval);
/// "lightgbm 0123 in the shadow beside 4567: gain .012 [-.003, .027] in rank IC over 240 bars; about 300 more decide"
std::string describe(const TrialView& view);
/// As `TrialEvidence`, with the model type.
nlohmann::json to_json(const TrialView& view);

/// "gain .012 [-.003, .027] in rank loss over 240 bars (48 observations)"
std::string describe(const TrialReport& report, BarLoss loss);

}  // namespace clm
