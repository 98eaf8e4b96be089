#include "learning/cycle/cycle.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "base/parallel.hpp"
#include "evaluation/verdict/evidence.hpp"
#include "learning/cycle/ensemble_step.hpp"
#include "learning/cycle/judging_context.hpp"
#include "learning/cycle/warm_parent.hpp"
#include "learning/data/label_overlap.hpp"
#include "learning/options/configured_weights.hpp"
#include "learning/options/serving_rules.hpp"
#include "models/trainers.hpp"
#include "models/warm_start.hpp"
#include "serving/expiry.hpp"

namespace clm {
namespace {

/// The active versions of the triggered types: what candidates are held against.
struct Incumbents {
  std::map<std::string, ForecastTable> forecasts;  ///< by model type
  std::map<std::string, std::string> versions;     ///< by model type, where there is one
  std::vector<std::string> notes;                  ///< why one cannot be compared
};

/// What the active versions of the triggered types say about the holdout.
Result<Incumbents> incumbents_of(const JudgingContext& judging, const CycleWorkplace& place,
                                 const LearningOptions& options, const std::vector<Trigger>& triggers) {
  Incumbents incumbents;
  for (const auto& trigger : triggers) {
    const auto active = place.registry.active(Slot{trigger.model_type});
    if (!active) return forward_error(active);
    if (!*active) continue;
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
          name + " was trained on other features or another label and cannot be compared on these rows");
      continue;
    }
    const auto model = load_calibrated_model(trigger.model_type, artifact->directory);
    if (!model) return forward_error(model);
    auto said = model->served(judging.split.holdout);
    if (!said) return forward_error(said);
    auto& forecasts = said->forecast;
    hide_trained_rows(forecasts, *judging.truth, artifact->manifest, judging.data.label);
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

/// A candidate in the making: trained, with a name, but not judged.
struct TrainedCandidate {
  StagedArtifact staged;
  Manifest manifest;  ///< complete but for metrics and parent
  VersionId version;
  ForecastTable forecasts;
  std::vector<std::string> notes;  ///< how it was trained
};

/// `parent` is set to drawn weights where the network turns out to be another one than the parent.
Result<TrainedCandidate> train_candidate(const CycleWorkplace& place, const LearningOptions& options,
                                         const JudgingContext& judging, const std::string& model_type,
                                         WarmParent& parent, const RunContext& run) {
  auto trainer = make_trainer(model_type, options.trainers);
  if (!trainer) return forward_error(trainer);
  auto staged = place.registry.store().stage(model_type);
  if (!staged) return forward_error(staged);
  const auto train = [&] {
    return train_into(staged->directory(), **trainer, judging.data, judging.split, options.training, run,
                      place.checkpoints);
  };
  if (parent.model != nullptr) trainer = warm_started(std::move(*trainer), parent.model);
  auto model = train();
  if (!model && parent.model != nullptr && model.error().code == "train.warm_start") {
    parent = {
        {}, nullptr, "it began with drawn weights, not those of " + parent.version + ": " + model.error().message};
    trainer = make_trainer(model_type, options.trainers);
    if (!trainer) return forward_error(trainer);
    model = train();
  }
  if (!model) return forward_error(model);
  auto said = model->served(judging.split.holdout);
  if (!said) return forward_error(said);
  Protocol protocol = judging.protocol;
  protocol.warm_start = parent.version;
  Manifest manifest = manifest_of(**trainer, *model, judging.data, judging.split, protocol);
  manifest.program_version = place.program_version;
  manifest.git_commit = place.git_commit;
  auto files = describe_model_files(staged->directory());
  if (!files) return forward_error(files);
  manifest.files = std::move(*files);
  auto version = version_id(manifest);
  if (!version) return forward_error(version);
  return TrainedCandidate{
      std::move(*staged), std::move(manifest), std::move(*version),
      ForecastTable{model_type, judging.truth, std::move(said->forecast), std::move(said->up_probability)},
      model->model->notes()};
}

/// What each of the triggered types begins with.
Result<std::vector<WarmParent>> warm_parents(const CycleWorkplace& place, const LearningOptions& options,
                                             const JudgingContext& judging, const std::vector<Trigger>& triggers) {
  std::vector<WarmParent> parents(triggers.size());
  const auto& warm = options.training.warm_start;
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    const std::string& model_type = triggers[i].model_type;
    if (std::find(warm.begin(), warm.end(), model_type) == warm.end()) continue;
    auto parent = find_warm_parent(place.registry, model_type, judging.data, judging.split, judging.protocol);
    if (!parent) return forward_error(parent);
    parents[i] = std::move(*parent);
  }
  return parents;
}

/// `other_trials`: how many other candidates were ever judged on these rows.
Result<JudgedCandidate> judge_candidate(const CycleWorkplace& place, const LearningOptions& options,
                                        const JudgingContext& judging, const Incumbents& incumbents,
                                        TrainedCandidate& candidate, int other_trials) {
  JudgeOptions judge_options = options.judging;
  judge_options.candidates_tried = static_cast<std::size_t>(other_trials) + 1;
  judge_options.seed = static_cast<std::uint64_t>(options.training.seed);
  const auto active = incumbents.forecasts.find(candidate.manifest.model_type);
  auto judgement = judge(candidate.forecasts, judging.baselines,
                         active == incumbents.forecasts.end() ? nullptr : &active->second, judge_options);
  if (!judgement) return forward_error(judgement);
  auto verdict = decide(*judgement, options.policy);
  candidate.manifest.metrics_json = headline_metrics(*judgement).dump();
  if (const auto parent = incumbents.versions.find(candidate.manifest.model_type); parent != incumbents.versions.end())
    candidate.manifest.parent = parent->second;
  auto artifact = place.registry.store().put(std::move(candidate.staged), std::move(candidate.manifest));
  if (!artifact) return forward_error(artifact);
  log_info("judged " + artifact->manifest.model_type + " " + artifact->version.str() + " on " +
           std::to_string(judgement->rows) + " rows: " + std::string(to_string(verdict.decision)));
  std::string evidence = Evidence(*judgement, verdict, decide_alone(*judgement, options.policy)).text();
  return JudgedCandidate{std::move(*artifact), std::move(*judgement), std::move(verdict), std::move(evidence)};
}

CycleResult failed_result(const std::string& model_type, const Error& error) {
  CycleResult result;
  result.model_type = model_type;
  result.decision = "failed";
  result.reasons = {to_string(error)};
  return result;
}

/// For the progress bar: trainers advance it once a round, networks once an epoch.
std::size_t planned_rounds(const std::vector<Trigger>& triggers, const TrainerOptions& trainers) {
  std::size_t rounds = 0;
  for (const auto& trigger : triggers)
    if (const auto trainer = make_trainer(trigger.model_type, trainers)) rounds += (*trainer)->progress_steps();
  return rounds;
}

/// Trains and judges the triggered types side by side, then settles them one by one in the order of the triggers.
Result<std::vector<CycleResult>> learn_models(CycleWorkplace& place, const LearningOptions& options,
                                              const CycleRequest& request, std::int64_t cycle,
                                              const JudgingContext& judging, const std::vector<Trigger>& triggers,
                                              const RunContext& run) {
  const auto incumbents = incumbents_of(judging, place, options, triggers);
  if (!incumbents) return forward_error(incumbents);
  auto parents = warm_parents(place, options, judging, triggers);
  if (!parents) return forward_error(parents);
  std::vector<std::optional<Result<TrainedCandidate>>> trained(triggers.size());
  run.progress.begin("training", planned_rounds(triggers, options.trainers));
  parallel_for(run.jobs, triggers.size(), [&](std::size_t i) {
    trained[i].emplace(train_candidate(place, options, judging, triggers[i].model_type, (*parents)[i], run));
  });
  run.progress.end();
  if (auto stop = run.cancel.check(); !stop) return forward_error(stop);

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
      outcomes[i].emplace(judge_candidate(place, options, judging, *incumbents, **trained[i], other_trials[i]));
    } else {
      outcomes[i].emplace(forward_error(*trained[i]));
    }
  });

  std::vector<CycleResult> results;
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    const auto& outcome = *outcomes[i];
    if (!outcome) {
      const Decision failure{request.as_of, request.actor, to_string(outcome.error()), {}};
      if (auto noted = place.registry.record_failed_training(Slot{triggers[i].model_type}, failure); !noted)
        return forward_error(noted);
      results.push_back(failed_result(triggers[i].model_type, outcome.error()));
      continue;
    }
    auto settled = settle(place, options, request, cycle, *outcome, holdout_span);
    if (!settled) return forward_error(settled);
    const WarmParent& parent = (*parents)[i];
    if (!parent.version.empty()) settled->reasons.push_back("it began with the weights of " + parent.version);
    if (!parent.note.empty()) settled->reasons.push_back(parent.note);
    const auto& notes = (*trained[i])->notes;
    settled->reasons.insert(settled->reasons.end(), notes.begin(), notes.end());
    settled->reasons.insert(settled->reasons.end(), incumbents->notes.begin(), incumbents->notes.end());
    results.push_back(std::move(*settled));
  }
  return results;
}

/// The triggered types, and then the ensemble of what is active after them.
Status learn(CycleWorkplace& place, const LearningOptions& options, const CycleRequest& request, CycleReport& report,
             const RunContext& run) {
  const auto features = feature_set(options.feature_set);
  if (!features) return forward_error(features);
  LearningDataOptions data_options;
  data_options.as_of = request.as_of;
  data_options.label = options.label;
  const auto data = place.frame != nullptr && place.frame->set_hash == features->hash()
                        ? prepare_learning_data(place.frame, place.candles, place.context, data_options, run)
                        : prepare_learning_data(*features, place.candles, place.context, data_options, run);
  if (!data) return forward_error(data);
  const auto split = split_for_training(data->rows.data, options.training, request.as_of);
  if (!split) return forward_error(split);

  Protocol protocol{request.as_of,           place.candles.venue(), place.candles.interval(),
                    place.candles.symbols(), options.training,      options.universe.quality.min_frozen_bars};
  JudgingContext judging{*data, *split, std::move(protocol), judged_rows_of(*data, split->holdout), {}};
  auto baselines = baseline_forecasts(judging.truth, *data, *split, options.trainers, options.training, run);
  if (!baselines) return forward_error(baselines);
  judging.baselines = std::move(*baselines);

  auto results = learn_models(place, options, request, report.cycle, judging, report.triggers, run);
  if (!results) return forward_error(results);
  report.results = std::move(*results);
  const auto plan = plan_ensemble(place.registry, place.log, options, request);
  if (!plan) return forward_error(plan);
  report.ensemble = plan->lineup;
  if (!plan->due) return {};
  auto ensemble = learn_ensemble(place, options, request, report.cycle, judging, *plan);
  if (!ensemble) return forward_error(ensemble);
  report.results.push_back(std::move(*ensemble));
  return {};
}

nlohmann::json triggers_json(const std::vector<Trigger>& triggers) {
  auto list = nlohmann::json::array();
  for (const auto& trigger : triggers)
    list.push_back({{"model_type", trigger.model_type},
                    {"trigger", to_string(trigger.kind)},
                    {"priority", to_string(trigger.priority)},
                    {"reason", trigger.reason}});
  return list;
}

nlohmann::json lineup_json(const EnsembleLineup& lineup) {
  auto members = nlohmann::json::array(), left_out = nlohmann::json::array();
  for (const auto& member : lineup.members)
    members.push_back({{"model_type", member.model_type}, {"version", member.version}});
  for (const auto& absent : lineup.left_out)
    left_out.push_back({{"model_type", absent.model_type}, {"why", absent.why}});
  return {{"members", members}, {"left_out", left_out}, {"why", lineup.why}};
}

nlohmann::json results_json(const std::vector<CycleResult>& results) {
  auto list = nlohmann::json::array();
  for (const auto& result : results)
    list.push_back({{"model_type", result.model_type},
                    {"version", result.version.empty() ? nlohmann::json() : nlohmann::json(result.version.str())},
                    {"decision", result.decision},
                    {"improvement", result.improvement},
                    {"interval", {result.lo, result.hi}},
                    {"reasons", result.reasons}});
  return list;
}

}  // namespace

Result<CycleReport> run_cycle(CycleWorkplace& place, const LearningOptions& options, const CycleRequest& request,
                              const RunContext& run) {
  const double started = monotonic_seconds();
  for (const auto& model_type : options.training.models)
    if (auto known = make_trainer(model_type, options.trainers); !known) return forward_error(known);
  if (auto can = check_warm_start_types(options.training.warm_start, "training.warm_start"); !can)
    return forward_error(can);
  if (auto weights = configured_weights(options.ensemble); !weights) return forward_error(weights);
  if (auto closed = place.log.close_interrupted(place.lock); !closed) return forward_error(closed);
  if (auto made_whole = place.registry.reconcile(place.lock, request.as_of); !made_whole)
    return forward_error(made_whole);
  const auto cycle = place.log.begin(request.as_of, triggers_json(request.triggers).dump(), run.clock.now());
  if (!cycle) return forward_error(cycle);

  // Members may have been moved by a person, or by a cycle that was killed before it came to its ensemble.
  const auto plan = plan_ensemble(place.registry, place.log, options, request);
  if (!plan) return forward_error(plan);
  CycleReport report{*cycle, request.as_of, request.triggers, {}, plan->lineup, 0};
  if (!request.triggers.empty() || plan->due) {
    if (auto learned = learn(place, options, request, report, run); !learned) {
      const auto how = learned.error().kind == ErrorKind::interrupted ? CycleStatus::interrupted : CycleStatus::failed;
      const auto noted = place.log.finish(*cycle, how, nlohmann::json{to_string(learned.error())}.dump(),
                                          monotonic_seconds() - started);
      return noted ? forward_error(learned) : forward_error(noted);
    }
    Registry::Retention retention;
    retention.keep_versions_per_slot = static_cast<int>(options.retention.keep_versions);
    if (auto pruned = place.registry.prune(place.lock, retention); !pruned) return forward_error(pruned);
    if (!place.checkpoints.empty()) {
      std::error_code ignored;  // of no use any more, and no harm
      std::filesystem::remove_all(place.checkpoints, ignored);
    }
  }
  report.seconds = monotonic_seconds() - started;
  if (auto finished = place.log.finish(*cycle, CycleStatus::done, results_json(report.results).dump(), report.seconds);
      !finished)
    return forward_error(finished);
  return report;
}

nlohmann::json to_json(const CycleReport& report) {
  return {{"cycle", report.cycle},
          {"as_of", to_string(report.as_of)},
          {"triggers", triggers_json(report.triggers)},
          {"results", results_json(report.results)},
          {"ensemble", lineup_json(report.ensemble)},
          {"seconds", report.seconds},
          {"wall_seconds", report.seconds}};
}

}  // namespace clm
