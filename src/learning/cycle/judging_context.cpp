#include "learning/cycle/judging_context.hpp"

#include "learning/data/protocol.hpp"
#include "learning/options/serving_rules.hpp"
#include "learning/recipes/recipe.hpp"
#include "serving/expiry.hpp"

namespace clm {
namespace {

/// Whoever was killed in between finds the earlier ones entered, and promotes none a second time.
Status promote_with_earlier(Registry& registry, const JudgedCandidate& candidate, const Decision& decision) {
  for (const StoredArtifact& earlier : candidate.earlier) {
    Decision why = decision;
    why.reason = "An earlier vintage of the recipe by which " + candidate.artifact.version.str() +
                 " was made: fitted at a rolling origin of its judging, it learned until " +
                 to_string(earlier.manifest.learned_until) + ". " + decision.reason;
    const auto entered = registry.enter(earlier, why);
    if (!entered) return forward_error(entered);
    if (entered->record.status != VersionStatus::candidate) continue;
    if (auto promoted = registry.promote(earlier.version, why); !promoted) return forward_error(promoted);
  }
  const auto promoted = registry.promote(candidate.artifact.version, decision);
  return promoted ? Status() : forward_error(promoted);
}

/// Of a version that is active: its recipe is accepted.
Status note_if_accepted(const CycleWorkplace& place, const JudgedCandidate& candidate, Timestamp as_of,
                        CycleResult& result) {
  if (!candidate.judgement.acceptance) return {};
  const auto recipe = recipe_of(candidate.artifact.manifest);
  if (!recipe) return forward_error(recipe);
  const Acceptance& found = *candidate.judgement.acceptance;
  const bool is_needed = found.benchmark_speaks == BenchmarkSpeaks::yes && !found.finding.without_benchmark->shown;
  result.floor = is_needed ? BenchmarkSpeaks::yes : BenchmarkSpeaks::no;
  return place.log.note_acceptance(result.model_type, recipe->id, as_of);
}

Status accept(const CycleWorkplace& place, const JudgedCandidate& candidate, const Decision& decision,
              CycleResult& result) {
  if (auto promoted = promote_with_earlier(place.registry, candidate, decision); !promoted) return promoted;
  return note_if_accepted(place, candidate, decision.at, result);
}

}  // namespace

bool is_of_this_cycle(const Manifest& active, Timestamp as_of) {
  const auto protocol = read_protocol(active.protocol_json);
  return active.created_as_of == as_of && protocol && is_of_everything_known(*protocol);
}

Result<Rival> rival_of(const Registry& registry, const Manifest& candidate, const LearningOptions& options,
                       Timestamp at) {
  const auto active = registry.active(slot_of(candidate));
  if (!active) return forward_error(active);
  if (!*active) return Rival::none;
  const auto theirs = stored_manifest((*active)->record);
  if (!theirs) return Rival::none;  // it is broken, and nobody can say what it was trained on
  if (is_of_this_cycle(*theirs, candidate.created_as_of)) return Rival::none;
  const bool alike = theirs->feature_hash == candidate.feature_hash && is_about(*theirs, options.label);
  return alike && !is_expired(theirs->learned_until, at, max_data_age(options.serving)) ? Rival::comparable
                                                                                        : Rival::none;
}

Result<CycleResult> settle(const CycleWorkplace& place, const LearningOptions& options, const CycleRequest& request,
                           std::int64_t cycle, const JudgedCandidate& candidate, TimeRange holdout_span) {
  const std::string recipe = slot_name(candidate.artifact.manifest);
  const VersionId& version = candidate.artifact.version;
  CycleResult result{recipe,
                     version,
                     std::string(to_string(candidate.verdict.decision)),
                     candidate.verdict.improvement,
                     candidate.verdict.lo,
                     candidate.verdict.hi,
                     candidate.verdict.reasons,
                     candidate.evidence_json};
  const std::string actor = request.actor + ", cycle " + std::to_string(cycle);
  const std::string why = result.reasons.empty() ? result.decision : result.reasons.front();
  if (auto noted = place.log.note_holdout_use(recipe, holdout_span, version, request.as_of); !noted)
    return forward_error(noted);
  const Decision entry{request.as_of, actor, "trained and judged: " + why, result.evidence_json};
  const auto entered = place.registry.enter(candidate.artifact, entry);
  if (!entered) return forward_error(entered);
  if (entered->record.status != VersionStatus::candidate) {
    result.reasons.push_back("this very model was trained before and is " +
                             std::string(to_string(entered->record.status)) + "; that stands");
    if (entered->record.status == VersionStatus::active)
      if (auto noted = note_if_accepted(place, candidate, request.as_of, result); !noted) return forward_error(noted);
    return result;
  }
  if (entered->whole_again)
    result.reasons.push_back(
        "this very model had failed for its bytes, which are whole again: it is a candidate again");
  const Decision decision{request.as_of, actor, why, result.evidence_json};
  const bool refused = candidate.verdict.decision == DeploymentDecision::reject ||
                       candidate.verdict.decision == DeploymentDecision::keep;
  if (options.deployment.mode == PolicyMode::logging_only) {
    result.reasons.push_back("mode logging_only: nothing was moved");
    return result;
  }
  // The mode says who decides, and is stronger than the gate, which says what a version has to show.
  const bool gated = options.deployment.gate != PolicyGate::none;
  if (refused && gated) {
    if (auto rejected = place.registry.reject(version, decision); !rejected) return forward_error(rejected);
    return result;
  }
  if (options.deployment.mode == PolicyMode::advisory) {
    result.reasons.push_back("mode advisory: it waits for a person: clm promote " + version.str() +
                             " --reason TEXT, or see clm jobs");
    return result;
  }
  if (!gated) {
    if (auto accepted = accept(place, candidate, decision, result); !accepted) return forward_error(accepted);
    result.reasons.push_back("no gate: it is served whatever was found");
    return result;
  }
  auto rival = Result<Rival>(Rival::none);
  if (place.stages == Stages::run)
    rival = rival_of(place.registry, candidate.artifact.manifest, options, request.as_of);
  if (!rival) return forward_error(rival);
  const auto to = first_stage(candidate.verdict.decision, options.deployment.stages, *rival);
  if (!to) {
    result.reasons.push_back("waits for a person: clm promote " + version.str() + " --reason TEXT");
  } else if (*to == VersionStatus::active) {
    if (auto accepted = accept(place, candidate, decision, result); !accepted) return forward_error(accepted);
  } else {
    if (auto moved = place.registry.advance(version, *to, decision); !moved) return forward_error(moved);
    result.reasons.push_back("it goes into the " + std::string(to_string(*to)) + ", beside the active version");
  }
  return result;
}

}  // namespace clm
