#include "learning/arena.hpp"

#include <limits>

namespace clm {

Timestamp label_end(Timestamp decided, const LabelOptions& label, Interval interval) {
  return decided + interval.length() * (1 + label.entry_delay_bars + label.horizon_bars);
}

void hide_trained_rows(std::span<float> forecasts, const JudgedRows& truth, const Manifest& manifest,
                       const LabelOptions& label) {
  const std::int64_t clean_from_ms = label_end(manifest.training_span.to, label, truth.interval).ms();
  for (std::size_t i = 0; i < forecasts.size(); ++i)
    if (truth.decided_at_ms[i] < clean_from_ms) forecasts[i] = std::numeric_limits<float>::quiet_NaN();
}

Result<CycleResult> settle(const CycleWorkplace& place, const LearningOptions& options, const CycleRequest& request,
                           std::int64_t cycle, const JudgedCandidate& candidate, TimeRange holdout_span) {
  const std::string& model_type = candidate.artifact.manifest.model_type;
  const VersionId& version = candidate.artifact.version;
  CycleResult result{model_type,
                     version,
                     std::string(to_string(candidate.verdict.decision)),
                     candidate.verdict.improvement,
                     candidate.verdict.lo,
                     candidate.verdict.hi,
                     candidate.verdict.reasons,
                     candidate.evidence_json};
  const std::string actor = request.actor + ", cycle " + std::to_string(cycle);
  const std::string why = result.reasons.empty() ? result.decision : result.reasons.front();
  if (auto noted = place.log.note_holdout_use(model_type, holdout_span, version, request.as_of); !noted)
    return forward_error(noted);
  const Decision entry{request.as_of, actor, "trained and judged: " + why, result.evidence_json};
  const auto entered = place.registry.enter(candidate.artifact, entry);
  if (!entered) return forward_error(entered);
  if (entered->record.status != VersionStatus::candidate) {
    result.reasons.push_back("this very model was trained before and is " +
                             std::string(to_string(entered->record.status)) + "; that stands");
    return result;
  }
  const Decision decision{request.as_of, actor, why, result.evidence_json};
  const bool refused = candidate.verdict.decision == DeploymentDecision::reject ||
                       candidate.verdict.decision == DeploymentDecision::keep;
  if (options.deployment.mode == "logging_only") {
    result.reasons.push_back("mode logging_only: nothing was moved");
    return result;
  }
  if (options.deployment.gate == "none") {
    if (auto promoted = place.registry.promote(version, decision); !promoted) return forward_error(promoted);
    result.reasons.push_back("no gate: it is served whatever was found");
    return result;
  }
  if (refused) {
    if (auto rejected = place.registry.reject(version, decision); !rejected) return forward_error(rejected);
    return result;
  }
  if (options.deployment.mode == "enforced") {
    const auto active = place.registry.active(Slot{model_type});
    if (!active) return forward_error(active);
    const StageOptions& stages = options.deployment.stages;
    if (*active && place.stages == Stages::run && (stages.shadow.enabled || stages.canary.enabled)) {
      const auto stage = stages.shadow.enabled ? VersionStatus::shadow : VersionStatus::canary;
      if (auto moved = place.registry.advance(version, stage, decision); !moved) return forward_error(moved);
      result.reasons.push_back("it goes into the " + std::string(to_string(stage)) + " of the active version " +
                               (*active)->record.version.str());
      return result;
    }
    if (candidate.verdict.decision == DeploymentDecision::deploy) {
      if (auto promoted = place.registry.promote(version, decision); !promoted) return forward_error(promoted);
      return result;
    }
  }
  result.reasons.push_back("waits for a person: clm promote " + version.str() + " --reason TEXT");
  return result;
}

}  // namespace clm
