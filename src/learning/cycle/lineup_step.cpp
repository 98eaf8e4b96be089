#include "learning/cycle/lineup_step.hpp"

#include <map>

#include "evaluation/verdict/evidence.hpp"
#include "learning/cycle/ensemble_candidate.hpp"
#include "learning/options/configured_weights.hpp"
#include "serving/vintage_words.hpp"

namespace clm {
namespace {

Result<EnsembleRecipe> recipe_of_lineup(const EnsembleOptions& options, const std::vector<EnsembleMember>& members) {
  const auto weights = configured_weights(options);
  if (!weights) return forward_error(weights);
  std::map<std::string, double> vintages;
  for (const auto& member : members) ++vintages[member.model_type];
  EnsembleRecipe recipe{EnsembleMode::fixed, {0, 1}, 0, {}};
  for (const auto& member : members) {
    const double of_type = options.mode == EnsembleMode::fixed ? weights->of(member.model_type) : 1;
    recipe.shares.push_back(of_type / vintages[member.model_type]);
  }
  return recipe;
}

std::string evidence_of(const EnsemblePlan& plan, const EnsembleDraft& draft) {
  std::vector<LineupVote> votes;
  for (const auto& member : draft.manifest.members) votes.push_back({member.model_type, member.version, member.weight});
  return Evidence::of_lineup(votes, plan.lineup.why).text();
}

}  // namespace

Result<CycleResult> compose_ensemble(const CycleWorkplace& place, const LearningOptions& options,
                                     const CycleRequest& request, std::int64_t cycle, const LineupMoment& moment,
                                     const EnsemblePlan& plan) {
  const auto members = load_members(place.registry, plan.members);
  if (!members) return forward_error(members);
  const auto recipe = recipe_of_lineup(options.ensemble, plan.lineup.members);
  if (!recipe) return forward_error(recipe);
  Protocol protocol = moment.protocol;
  protocol.training.holdout_share = protocol.training.validation_share = 0;
  auto draft = draft_ensemble(*members, moment.data, TrainingSplit{}, protocol, *recipe);
  if (!draft) return forward_error(draft);

  auto staged = stage_ensemble(place.registry.store(), *draft);
  if (!staged) return forward_error(staged);
  const std::string evidence = evidence_of(plan, *draft);
  Manifest manifest = std::move(draft->manifest);
  manifest.program_version = place.program_version;
  manifest.git_commit = place.git_commit;
  const auto active = place.registry.active(Slot{std::string(kEnsembleType)});
  if (!active) return forward_error(active);
  const auto version = version_id(manifest);
  if (!version) return forward_error(version);
  if (*active && (*active)->record.version != *version) manifest.parent = (*active)->record.version.str();
  const auto artifact = place.registry.store().put(std::move(*staged), std::move(manifest));
  if (!artifact) return forward_error(artifact);

  CycleResult result;
  result.model_type = std::string(kEnsembleType);
  result.version = artifact->version;
  result.decision = std::string(to_string(DeploymentDecision::deploy));
  std::vector<std::string> types;
  for (const auto& member : plan.lineup.members) types.push_back(member.model_type);
  result.reasons = {"The lineup of accepted recipes, " + vintages_in_words(types) + ": " + plan.lineup.why + "."};
  result.evidence_json = evidence;
  const Decision decision{request.as_of, request.actor + ", cycle " + std::to_string(cycle), result.reasons.front(),
                          evidence};
  const auto entered = place.registry.enter(*artifact, decision);
  if (!entered) return forward_error(entered);
  if (entered->record.status != VersionStatus::candidate) {
    result.reasons.push_back("this very lineup was made before and is " +
                             std::string(to_string(entered->record.status)) + "; that stands");
  } else if (options.deployment.mode == PolicyMode::logging_only) {
    result.reasons.push_back("mode logging_only: nothing was moved");
  } else if (auto promoted = place.registry.promote(artifact->version, decision); !promoted) {
    return forward_error(promoted);
  }
  return result;
}

}  // namespace clm
