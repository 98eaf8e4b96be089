#include "learning/cycle/candidate_judging.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "base/parallel.hpp"
#include "evaluation/verdict/evidence.hpp"
#include "learning/data/label_overlap.hpp"
#include "learning/options/serving_rules.hpp"
#include "serving/expiry.hpp"

namespace clm {
namespace {

/// The active versions of the triggered recipes: what candidates are held against.
struct Incumbents {
  std::map<std::string, ForecastTable> forecasts;  ///< by recipe
  std::map<std::string, std::string> versions;     ///< by recipe, where there is one
  std::vector<std::string> notes;                  ///< why one cannot be compared
};

/// What the active versions of the triggered recipes say about the holdout.
Result<Incumbents> incumbents_of(const JudgingContext& judging, const CycleWorkplace& place,
                                 const LearningOptions& options, const std::vector<Trigger>& triggers) {
  Incumbents incumbents;
  for (const auto& trigger : triggers) {
    const auto active = place.registry.active(slot_of(trigger.model_type));
    if (!active) return forward_error(active);
    if (!*active) continue;
    const auto known = stored_manifest((*active)->record);
    if (known && is_of_this_cycle(*known, judging.protocol.as_of)) continue;
    incumbents.versions.emplace(trigger.model_type, (*active)->record.version.str());
    const std::string name = "the active " + trigger.model_type + " version " + (*active)->record.version.str();
    const auto artifact = place.registry.open_usable((*active)->record);
    if (!artifact && artifact.error().kind == ErrorKind::integrity) {
      incumbents.notes.push_back(name + " is broken and cannot be compared: " + artifact.error().message);
      continue;
    }
    if (!artifact) return forward_error(artifact);
    const Manifest& manifest = artifact->manifest;
    if (is_expired(manifest.learned_until, judging.protocol.as_of, max_data_age(options.serving))) {
      incumbents.notes.push_back(
          name +
          " has expired: " + describe_age({manifest.learned_until, manifest.created_as_of}, judging.protocol.as_of) +
          "; so nobody is served by it and candidates are judged as if there were none");
      continue;
    }
    if (artifact->manifest.feature_hash != judging.data.rows.data.frame->set_hash ||
        !is_about(artifact->manifest, judging.data.label)) {
      incumbents.notes.push_back(
          name + " was trained on other features, or forecasts another label, and cannot be compared on these rows");
      continue;
    }
    const auto model = load_calibrated_model(manifest.model_type, artifact->directory);
    if (!model) return forward_error(model);
    auto said = model->served(judging.split.holdout);
    if (!said) return forward_error(said);
    auto& forecasts = said->forecast;
    hide_trained_rows(forecasts, *judging.truth, artifact->manifest);
    if (std::all_of(forecasts.begin(), forecasts.end(), [](float f) { return std::isnan(f); })) {
      incumbents.notes.push_back(name +
                                 " has seen these rows, or says nothing about them, and cannot be compared on them");
      continue;
    }
    incumbents.forecasts.emplace(
        trigger.model_type,
        ForecastTable{artifact->version.str(), judging.truth, std::move(forecasts), std::move(said->up_probability)});
  }
  return incumbents;
}

/// `other_trials`: how many other candidates were ever judged on these rows. `questions`: as of `judge_and_settle`.
Result<JudgedCandidate> judge_candidate(const CycleWorkplace& place, const LearningOptions& options,
                                        const JudgingContext& judging, const Incumbents& incumbents,
                                        const AcceptanceQuestions* questions, TrainedCandidate& candidate,
                                        int other_trials) {
  JudgeOptions judge_options = options.judging;
  judge_options.candidates_tried = static_cast<std::size_t>(other_trials) + 1;
  judge_options.seed = static_cast<std::uint64_t>(options.training.seed);
  const std::string recipe = slot_name(candidate.manifest);
  const auto active = incumbents.forecasts.find(recipe);
  // A baseline that is a candidate is not one of those that it is held against.
  std::vector<ForecastTable> baselines = judging.baselines;
  std::erase_if(baselines, [&](const ForecastTable& one) { return one.name == candidate.manifest.model_type; });
  auto judgement = judge(candidate.forecasts, baselines,
                         active == incumbents.forecasts.end() ? nullptr : &active->second, judge_options);
  if (!judgement) return forward_error(judgement);
  if (questions != nullptr) {
    const ForecastTable said{recipe, judging.truth, candidate.raw};
    judgement->acceptance = acceptance_of(*questions, recipe, said, incumbents.forecasts, options);
  }
  auto verdict = decide(*judgement, options.policy);
  candidate.manifest.metrics_json = headline_metrics(*judgement).dump();
  if (const auto parent = incumbents.versions.find(recipe); parent != incumbents.versions.end())
    candidate.manifest.parent = parent->second;
  auto artifact = place.registry.store().put(std::move(candidate.staged), std::move(candidate.manifest));
  if (!artifact) return forward_error(artifact);
  log_info("judged " + recipe + " " + artifact->version.str() + " on " + std::to_string(judgement->rows) +
           " rows: " + std::string(to_string(verdict.decision)));
  std::string evidence = Evidence(*judgement, verdict, decide_alone(*judgement, options.policy)).text();
  JudgedCandidate judged{std::move(*artifact), std::move(*judgement), std::move(verdict), std::move(evidence), {}};
  if (judged.verdict.decision != DeploymentDecision::deploy && options.deployment.gate != PolicyGate::none)
    return judged;
  for (OriginVintage& one : candidate.earlier) {
    one.manifest.metrics_json = judged.artifact.manifest.metrics_json;  // the recipe's
    auto earlier = place.registry.store().put(std::move(one.staged), std::move(one.manifest));
    if (!earlier) return forward_error(earlier);
    judged.earlier.push_back(std::move(*earlier));
  }
  return judged;
}

}  // namespace

CycleResult failed_result(const std::string& recipe, const Error& error) {
  CycleResult result;
  result.model_type = recipe;
  result.decision = "failed";
  result.reasons = {to_string(error)};
  return result;
}

Result<std::vector<CycleResult>> judge_and_settle(const CycleWorkplace& place, const LearningOptions& options,
                                                  const CycleRequest& request, std::int64_t cycle,
                                                  const JudgingContext& judging, const std::vector<Trigger>& triggers,
                                                  std::vector<MadeCandidate> trained,
                                                  const AcceptanceQuestions* questions, const RunContext& run) {
  const auto incumbents = incumbents_of(judging, place, options, triggers);
  if (!incumbents) return forward_error(incumbents);

  const TimeRange holdout_span = judging.split.holdout_span;
  std::vector<int> other_trials(triggers.size(), 0);
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    if (!*trained[i]) continue;
    const auto uses = place.log.other_holdout_uses(triggers[i].model_type, holdout_span, (*trained[i])->version);
    if (!uses) return forward_error(uses);
    other_trials[i] = *uses;
  }
  std::vector<std::optional<Result<JudgedCandidate>>> outcomes(triggers.size());
  parallel_for(run.jobs, triggers.size(), [&](std::size_t i) {
    if (*trained[i]) {
      outcomes[i].emplace(
          judge_candidate(place, options, judging, *incumbents, questions, **trained[i], other_trials[i]));
    } else {
      outcomes[i].emplace(forward_error(*trained[i]));
    }
  });

  std::vector<CycleResult> results;
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    const auto& outcome = *outcomes[i];
    if (!outcome) {
      const Decision failure{request.as_of, request.actor, to_string(outcome.error()), {}};
      if (auto noted = place.registry.record_failed_training(slot_of(triggers[i].model_type), failure); !noted)
        return forward_error(noted);
      results.push_back(failed_result(triggers[i].model_type, outcome.error()));
      continue;
    }
    auto settled = settle(place, options, request, cycle, *outcome, holdout_span);
    if (!settled) return forward_error(settled);
    const auto& notes = (*trained[i])->notes;
    settled->reasons.insert(settled->reasons.end(), notes.begin(), notes.end());
    settled->reasons.insert(settled->reasons.end(), incumbents->notes.begin(), incumbents->notes.end());
    results.push_back(std::move(*settled));
  }
  return results;
}

}  // namespace clm
