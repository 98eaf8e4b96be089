#include "learning/cycle/lineup_step.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "evaluation/verdict/evidence.hpp"
#include "learning/cycle/ensemble_candidate.hpp"
#include "learning/options/configured_weights.hpp"
#include "serving/vintage_words.hpp"

namespace clm {
namespace {

/// `about`: what the members forecast.
Result<EnsembleRecipe> recipe_of_lineup(const LearningOptions& learning, const std::vector<EnsembleMember>& members,
                                        const LabelOptions& about) {
  const EnsembleOptions& options = learning.ensemble;
  const auto weights = configured_weights(options);
  if (!weights) return forward_error(weights);
  std::map<std::string, double> vintages;
  for (const auto& member : members) ++vintages[member.model_type];
  EnsembleRecipe recipe{EnsembleMode::fixed, {0, 1}, 0, {}};
  for (const auto& member : members) {
    const double of_type = options.mode == EnsembleMode::fixed ? weights->of(member.model_type) : 1;
    recipe.shares.push_back(of_type / vintages[member.model_type]);
  }
  if (return_basis(about.target) == ReturnBasis::relative) recipe.standardised_from = learning.judging.min_symbols;
  return recipe;
}

std::string sentence_of(const EnsemblePlan& plan) {
  std::vector<std::string> types;
  for (const auto& member : plan.lineup.members) types.push_back(member.model_type);
  return "The lineup of accepted recipes, " + vintages_in_words(types) + ": " + plan.lineup.why + ".";
}

std::string evidence_of(const EnsemblePlan& plan, const EnsembleDraft& draft) {
  std::vector<LineupVote> votes;
  for (const auto& member : draft.manifest.members) votes.push_back({member.model_type, member.version, member.weight});
  return Evidence::of_lineup(votes, plan.lineup.why).text();
}

/// A lineup that lies in the store, and what it is made with.
struct StoredLineup {
  StoredArtifact artifact;
  std::string evidence_json;
};

/// `note_program` tells the manifest who made it.
Result<StoredLineup> store_lineup(const Registry& registry, const LearningOptions& options, const EnsemblePlan& plan,
                                  const DataDescription& data, Protocol protocol,
                                  const std::function<void(Manifest&)>& note_program) {
  const auto members = load_members(registry, plan.members);
  if (!members) return forward_error(members);
  const auto label = read_label_options(data.label_json);
  if (!label) return forward_error(label);
  const auto recipe = recipe_of_lineup(options, plan.lineup.members, *label);
  if (!recipe) return forward_error(recipe);
  protocol.training.holdout_share = protocol.training.validation_share = 0;
  EnsembleDraft draft = draft_of_fixed_weights(*members, data, protocol, *recipe);
  auto staged = stage_ensemble(registry.store(), draft);
  if (!staged) return forward_error(staged);
  std::string evidence = evidence_of(plan, draft);
  Manifest manifest = std::move(draft.manifest);
  note_program(manifest);
  const auto active = registry.active(Slot{std::string(kEnsembleType)});
  if (!active) return forward_error(active);
  const auto version = version_id(manifest);
  if (!version) return forward_error(version);
  if (*active && (*active)->record.version != *version) manifest.parent = (*active)->record.version.str();
  auto artifact = registry.store().put(std::move(*staged), std::move(manifest));
  if (!artifact) return forward_error(artifact);
  return StoredLineup{std::move(*artifact), std::move(evidence)};
}

/// Of the members of a lineup, and of the lineup itself, the manifest that was made last: what the new one was made of
/// was known then.
Result<Manifest> newest_manifest(const std::vector<VersionRecord>& members, Manifest newest) {
  for (const VersionRecord& member : members) {
    auto manifest = stored_manifest(member);
    if (!manifest) return forward_error(manifest);
    if (manifest->created_as_of > newest.created_as_of) newest = std::move(*manifest);
  }
  return newest;
}

}  // namespace

Result<CycleResult> compose_ensemble(const CycleWorkplace& place, const LearningOptions& options,
                                     const CycleRequest& request, std::int64_t cycle, const LineupMoment& moment,
                                     const EnsemblePlan& plan) {
  const auto stored = store_lineup(place.registry, options, plan, description_of(moment.data), moment.protocol,
                                   [&](Manifest& manifest) { note_circumstances(place, manifest); });
  if (!stored) return forward_error(stored);
  CycleResult result;
  result.model_type = std::string(kEnsembleType);
  result.version = stored->artifact.version;
  result.decision = std::string(to_string(DeploymentDecision::deploy));
  result.reasons = {sentence_of(plan)};
  result.evidence_json = stored->evidence_json;
  const Decision decision{request.as_of, request.actor + ", cycle " + std::to_string(cycle), result.reasons.front(),
                          stored->evidence_json};
  const auto entered = place.registry.enter(stored->artifact, decision);
  if (!entered) return forward_error(entered);
  const VersionStatus status = entered->record.status;
  if (status != VersionStatus::candidate && status != VersionStatus::retired) {
    result.reasons.push_back("this very lineup was made before and is " + std::string(to_string(status)) +
                             "; that stands");
  } else if (options.deployment.mode == PolicyMode::logging_only) {
    result.reasons.push_back("mode logging_only: nothing was moved");
  } else if (auto promoted = place.registry.promote(result.version, decision); !promoted) {
    return forward_error(promoted);
  }
  return result;
}

Result<std::optional<RemadeLineup>> remake_lineup_without(const VersionId& out, Registry& registry, const CycleLog& log,
                                                          const LearningOptions& options, const MadeBy& made_by,
                                                          const Decision& decision) {
  const auto active = registry.active(Slot{std::string(kEnsembleType)});
  if (!active) return forward_error(active);
  if (!*active) return std::optional<RemadeLineup>();
  auto manifest = stored_manifest((*active)->record);
  if (!manifest) return std::optional<RemadeLineup>();  // broken: clm verify and the next cycle say so
  const auto its_protocol = read_protocol(manifest->protocol_json);
  const bool is_member = std::any_of(manifest->members.begin(), manifest->members.end(),
                                     [&](const ManifestMember& member) { return member.version == out.str(); });
  if (!its_protocol || !is_of_everything_known(*its_protocol) || !is_member) return std::optional<RemadeLineup>();

  RemadeLineup remade{(*active)->record.version, {}};
  const auto plan = plan_ensemble(registry, log, options, {manifest->created_as_of, Force::yes, decision.actor, {}});
  if (!plan) return forward_error(plan);
  // First it is out, then another one is in: in between the active versions speak, and never who was taken out.
  const Decision why{decision.at, decision.actor, "Its member " + out.str() + " was taken out: " + decision.reason, {}};
  if (auto retired = registry.retire(remade.before, why); !retired) return forward_error(retired);
  if (!plan->is_composed || plan->members.empty()) return std::optional(remade);
  const auto about = newest_manifest(plan->members, std::move(*manifest));
  if (!about) return forward_error(about);
  auto protocol = read_protocol(about->protocol_json);
  if (!protocol) return forward_error(protocol);
  protocol->training.seed = static_cast<std::int64_t>(about->seed);
  protocol->training.threads = about->threads;
  protocol->origin.reset();
  protocol->calibrated_by.clear();
  protocol->warm_start.clear();
  const auto stored = store_lineup(
      registry, options, *plan,
      {about->feature_set, about->feature_hash, about->feature_names, about->label_json, about->data_fingerprint},
      std::move(*protocol), [&](Manifest& own) {
        own.program_version = made_by.program_version;
        own.git_commit = made_by.git_commit;
        own.parent = remade.before.str();
      });
  if (!stored) return forward_error(stored);
  const Decision in{decision.at, decision.actor, "The lineup without " + out.str() + ": " + decision.reason,
                    stored->evidence_json};
  if (const auto entered = registry.enter(stored->artifact, in); !entered) return forward_error(entered);
  if (const auto promoted = registry.promote(stored->artifact.version, in); !promoted) return forward_error(promoted);
  remade.now = stored->artifact.version;
  return std::optional(remade);
}

}  // namespace clm
