#include "learning/cycle/ensemble_step.hpp"

#include <optional>

#include <nlohmann/json.hpp>

#include "evaluation/ensemble/member_comparison.hpp"
#include "evaluation/verdict/evidence.hpp"
#include "learning/cycle/ensemble_candidate.hpp"
#include "learning/data/label_overlap.hpp"
#include "learning/options/configured_weights.hpp"
#include "learning/options/serving_rules.hpp"
#include "serving/expiry.hpp"

namespace clm {
namespace {

/// What members say about the holdout, each silent where it was trained.
Result<std::vector<ForecastTable>> holdout_tables(const std::vector<LoadedMember>& members,
                                                  const JudgingContext& judging) {
  auto tables = forecasts_of(members, judging.split.holdout, judging.truth);
  if (!tables) return forward_error(tables);
  for (std::size_t m = 0; m < members.size(); ++m)
    hide_trained_rows((*tables)[m].forecast, *judging.truth, members[m].manifest);
  return tables;
}

struct ActiveEnsemble {
  std::string version;
  std::optional<ForecastTable> forecasts;  ///< none where it cannot be compared on these rows
};

/// Error-free absence: there is none.
Result<std::optional<ActiveEnsemble>> active_ensemble(const CycleWorkplace& place, const JudgingContext& judging,
                                                      const ServingOptions& serving) {
  const auto active = place.registry.active(Slot{std::string(kEnsembleType)});
  if (!active) return forward_error(active);
  if (!*active) return std::optional<ActiveEnsemble>();
  ActiveEnsemble out{(*active)->record.version.str(), std::nullopt};
  const auto artifact = place.registry.open_usable((*active)->record);
  if (!artifact && artifact.error().kind == ErrorKind::integrity) return std::optional(std::move(out));
  if (!artifact) return forward_error(artifact);
  if (artifact->manifest.feature_hash != judging.data.rows.data.frame->set_hash ||
      is_expired(artifact->manifest.learned_until, judging.protocol.as_of, max_data_age(serving)))
    return std::optional(std::move(out));
  const auto rule = EnsembleRule::load(artifact->directory / EnsembleRule::kFileName);
  if (!rule) return forward_error(rule);
  const auto artifacts = place.registry.open_members(artifact->manifest);
  if (!artifacts) return forward_error(artifacts);
  const auto members = load_members(*artifacts);
  if (!members) return forward_error(members);
  const auto tables = holdout_tables(*members, judging);
  if (!tables) return forward_error(tables);
  ForecastTable forecasts = rule->as_one(out.version, *tables);
  hide_trained_rows(forecasts.forecast, *judging.truth, artifact->manifest);
  out.forecasts = std::move(forecasts);
  return std::optional(std::move(out));
}

/// How many candidates the ensemble and its members were chosen among on these rows, itself included.
Result<std::size_t> candidates_tried(const CycleWorkplace& place, const JudgingContext& judging,
                                     const EnsembleDraft& draft, const VersionId& version) {
  std::size_t tried = 1;
  const auto own = place.log.other_holdout_uses(kEnsembleType, judging.split.holdout_span, version);
  if (!own) return forward_error(own);
  tried += static_cast<std::size_t>(*own);
  for (const auto& member : draft.rule.members) {
    const auto uses = place.log.other_holdout_uses(member.model_type, judging.split.holdout_span, VersionId());
    if (!uses) return forward_error(uses);
    tried += static_cast<std::size_t>(*uses);
  }
  return tried;
}

/// Each member by itself, for the reader of the report: figures, not a decision.
Result<std::vector<ModelJudgement>> members_alone(const std::vector<ForecastTable>& tables,
                                                  const JudgeOptions& judging) {
  std::vector<ModelJudgement> each;
  for (const auto& table : tables) {
    auto alone = judge(table, {}, nullptr, judging);
    if (alone) {
      each.push_back(std::move(alone->candidate));
    } else if (alone.error().kind != ErrorKind::data) {
      return forward_error(alone);
    }
  }
  return each;
}

}  // namespace

Result<CycleResult> learn_ensemble(const CycleWorkplace& place, const LearningOptions& options,
                                   const CycleRequest& request, std::int64_t cycle, const JudgingContext& judging,
                                   const EnsemblePlan& plan) {
  const auto members = load_members(place.registry, plan.members);
  if (!members) return forward_error(members);
  const auto weights = configured_weights(options.ensemble);
  if (!weights) return forward_error(weights);
  const auto recipe = ensemble_recipe(options.ensemble, *weights, plan.lineup.members);
  auto draft = draft_ensemble(*members, judging.data, judging.split, judging.protocol, recipe);
  if (!draft) return forward_error(draft);

  auto staged = stage_ensemble(place.registry.store(), *draft);
  if (!staged) return forward_error(staged);
  // What is judged is what is stored.
  const auto rule = EnsembleRule::load(staged->directory() / EnsembleRule::kFileName);
  if (!rule) return forward_error(rule);
  Manifest manifest = std::move(draft->manifest);
  const auto version = version_id(manifest);
  if (!version) return forward_error(version);

  const auto tables = holdout_tables(*members, judging);
  if (!tables) return forward_error(tables);
  const auto incumbent = active_ensemble(place, judging, options.serving);
  if (!incumbent) return forward_error(incumbent);
  const auto tried = candidates_tried(place, judging, *draft, *version);
  if (!tried) return forward_error(tried);
  JudgeOptions judge_options = options.judging;
  judge_options.candidates_tried = *tried;
  judge_options.seed = static_cast<std::uint64_t>(options.training.seed);
  const bool comparable = *incumbent && (*incumbent)->forecasts;
  auto judgement = judge(rule->as_one(std::string(kEnsembleType), *tables), judging.baselines,
                         comparable ? &*(*incumbent)->forecasts : nullptr, judge_options);
  if (!judgement) return forward_error(judgement);
  auto verdict = decide(*judgement, options.policy);
  const auto each = members_alone(*tables, judge_options);
  if (!each) return forward_error(each);
  const auto comparison = compare_members(*rule, *tables, {judge_options.alpha, judge_options.min_symbols});
  const Evidence evidence(*judgement, verdict, decide_alone(*judgement, options.policy), *each, draft->choice,
                          comparison);

  note_circumstances(place, manifest);
  manifest.metrics_json = headline_metrics(*judgement).dump();
  if (*incumbent) manifest.parent = (*incumbent)->version;
  auto artifact = place.registry.store().put(std::move(*staged), std::move(manifest));
  if (!artifact) return forward_error(artifact);
  auto result =
      settle(place, options, request, cycle,
             JudgedCandidate{std::move(*artifact), std::move(*judgement), std::move(verdict), evidence.text(), {}},
             judging.split.holdout_span);
  if (!result) return forward_error(result);
  result->reasons.push_back(draft->choice.reason);
  if (*incumbent && !comparable)
    result->reasons.push_back(
        "the active ensemble " + (*incumbent)->version +
        " was made of other features, has expired or is broken, and is not compared on these rows");
  return result;
}

}  // namespace clm
