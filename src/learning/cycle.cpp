#include "learning/cycle.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/parallel.hpp"
#include "learning/candidate.hpp"
#include "learning/learning_data.hpp"
#include "learning/protocol.hpp"
#include "learning/training_split.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

/// What the triggers need to know of a type, from the records alone.
Result<ModelFreshness> freshness_of(const Registry& registry, const CycleLog& log, const std::string& model_type) {
  ModelFreshness freshness{model_type, std::nullopt, std::nullopt};
  const auto active = registry.active(Slot{model_type});
  if (!active) return forward_error(active);
  if (*active) {
    const auto manifest = read_manifest((*active)->record.manifest_json);
    if (!manifest) return forward_error(manifest);
    freshness.active_data_end = manifest->created_as_of;
  }
  const auto versions = registry.list(Registry::Filter{model_type, {}, {}});
  if (!versions) return forward_error(versions);
  for (const auto& version : *versions) {
    const auto manifest = read_manifest(version.manifest_json);
    if (!manifest) return forward_error(manifest);
    if (freshness.last_attempt_data_end >= std::optional(manifest->created_as_of)) continue;
    if (version.status == VersionStatus::candidate) {
      // Decided on and left to a person, or only logged; or not decided on, because its cycle was killed.
      const auto settled = log.is_settled(version.version);
      if (!settled) return forward_error(settled);
      if (!*settled) continue;
    }
    freshness.last_attempt_data_end = manifest->created_as_of;
  }
  return freshness;
}

Result<std::int64_t> bars_since(const CandleSource& candles, Timestamp since, Timestamp as_of) {
  std::int64_t bars = 0;
  for (std::size_t i = 0; i < candles.symbols().size(); ++i) {
    const auto series = candles.load(i);
    if (!series) return forward_error(series);
    const auto& all = series->candles;
    const Duration bar = candles.interval().length();
    const auto first_after =
        std::partition_point(all.begin(), all.end(), [&](const Candle& c) { return c.open_time + bar <= since; });
    const auto end =
        std::partition_point(first_after, all.end(), [&](const Candle& c) { return c.open_time + bar <= as_of; });
    bars += end - first_after;
  }
  return bars;
}

Result<std::vector<Trigger>> due_triggers(const CycleWorkplace& place, const LearningOptions& options,
                                          const CycleRequest& request) {
  std::vector<Trigger> due;
  std::map<Timestamp, std::int64_t> counted;
  for (const auto& model_type : options.training.models) {
    const auto freshness = freshness_of(place.registry, place.log, model_type);
    if (!freshness) return forward_error(freshness);
    std::int64_t new_bars = 0;
    if (freshness->active_data_end) {
      const auto [entry, is_new] = counted.try_emplace(*freshness->active_data_end, 0);
      if (is_new) {
        const auto bars = bars_since(place.candles, *freshness->active_data_end, request.as_of);
        if (!bars) return forward_error(bars);
        entry->second = *bars;
      }
      new_bars = entry->second;
    }
    if (auto trigger = check_trigger(*freshness, request.as_of, request.force, new_bars, options.triggers))
      due.push_back(std::move(*trigger));
  }
  return due;
}

/// What the judging of every candidate of a cycle shares.
struct Arena {
  const LearningData& data;
  const TrainingSplit& split;
  std::shared_ptr<const JudgedRows> truth;
  std::vector<ForecastTable> baselines;
  std::map<std::string, ForecastTable> active;  ///< by model type
  std::map<std::string, std::string> parents;   ///< the active version of a model type, where there is one
};

/// Adds what the active versions of the triggered types say about the holdout.
Status add_active_forecasts(Arena& arena, const CycleWorkplace& place, const std::vector<Trigger>& triggers,
                            std::vector<std::string>& notes) {
  for (const auto& trigger : triggers) {
    const auto active = place.registry.active(Slot{trigger.model_type});
    if (!active) return forward_error(active);
    if (!*active) continue;
    arena.parents.emplace(trigger.model_type, (*active)->record.version.str());
    const auto artifact = place.registry.open_artifact((*active)->record);
    if (!artifact) return forward_error(artifact);
    if (artifact->manifest.feature_hash != arena.data.rows.data.frame->set_hash) {
      notes.push_back("the active " + trigger.model_type + " version " + artifact->version.str() +
                      " was trained on other features and cannot be compared on these rows");
      continue;
    }
    const auto model = load_calibrated_model(trigger.model_type, artifact->directory);
    if (!model) return forward_error(model);
    auto forecasts = model->forecast(arena.split.holdout);
    if (!forecasts) return forward_error(forecasts);
    // Rows that the active version was trained on would flatter it: it abstains there.
    for (std::size_t i = 0; i < forecasts->size(); ++i)
      if (arena.truth->decided_at_ms[i] < artifact->manifest.training_span.to.ms())
        (*forecasts)[i] = std::numeric_limits<float>::quiet_NaN();
    arena.active.emplace(trigger.model_type,
                         ForecastTable{artifact->version.str(), arena.truth, std::move(*forecasts)});
  }
  return {};
}

/// A candidate in the making: trained, with a name, but not judged.
struct TrainedCandidate {
  StagedArtifact staged;
  Manifest manifest;  ///< complete but for metrics and parent
  VersionId version;
  ForecastTable forecasts;
};

/// A candidate that was judged and put into the store, but not decided on in the registry.
struct JudgedCandidate {
  StoredArtifact artifact;
  Judgement judgement;
  Verdict verdict;
};

Result<TrainedCandidate> train_candidate(const CycleWorkplace& place, const LearningOptions& options,
                                         const Protocol& protocol, const Arena& arena, const std::string& model_type,
                                         const RunContext& run) {
  const auto trainer = make_trainer(model_type, options.trainers);
  if (!trainer) return forward_error(trainer);
  auto staged = place.registry.store().stage(model_type);
  if (!staged) return forward_error(staged);
  const auto model = train_into(staged->directory(), **trainer, arena.data, arena.split, options.training, run);
  if (!model) return forward_error(model);
  auto forecasts = model->forecast(arena.split.holdout);
  if (!forecasts) return forward_error(forecasts);
  Manifest manifest = manifest_of(**trainer, *model, arena.data, arena.split, protocol);
  manifest.program_version = place.program_version;
  manifest.git_commit = place.git_commit;
  auto files = describe_model_files(staged->directory());
  if (!files) return forward_error(files);
  manifest.files = std::move(*files);
  auto version = version_id(manifest);
  if (!version) return forward_error(version);
  return TrainedCandidate{std::move(*staged), std::move(manifest), std::move(*version),
                          ForecastTable{model_type, arena.truth, std::move(*forecasts)}};
}

/// `other_trials`: how many other candidates were ever judged on these rows.
Result<JudgedCandidate> judge_candidate(const CycleWorkplace& place, const LearningOptions& options, const Arena& arena,
                                        TrainedCandidate& candidate, int other_trials) {
  JudgeOptions judging = options.judging;
  judging.candidates_tried = static_cast<std::size_t>(other_trials) + 1;
  judging.seed = static_cast<std::uint64_t>(options.training.seed);
  const auto active = arena.active.find(candidate.manifest.model_type);
  auto judgement =
      judge(candidate.forecasts, arena.baselines, active == arena.active.end() ? nullptr : &active->second, judging);
  if (!judgement) return forward_error(judgement);
  auto verdict = decide(*judgement, options.policy);
  candidate.manifest.metrics_json = headline_metrics(*judgement).dump();
  if (const auto parent = arena.parents.find(candidate.manifest.model_type); parent != arena.parents.end())
    candidate.manifest.parent = parent->second;
  auto artifact = place.registry.store().put(std::move(candidate.staged), std::move(candidate.manifest));
  if (!artifact) return forward_error(artifact);
  return JudgedCandidate{std::move(*artifact), std::move(*judgement), std::move(verdict)};
}

std::string evidence_of(const JudgedCandidate& candidate) {
  return nlohmann::json{{"judgement", to_json(candidate.judgement)}, {"verdict", to_json(candidate.verdict)}}.dump();
}

/// Enters the candidate and moves it as verdict and mode say.
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
                     evidence_of(candidate)};
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
  if (refused) {
    if (auto rejected = place.registry.reject(version, decision); !rejected) return forward_error(rejected);
    return result;
  }
  if (options.deployment.mode == "enforced" && candidate.verdict.decision == DeploymentDecision::deploy) {
    if (auto promoted = place.registry.promote(version, decision); !promoted) return forward_error(promoted);
    return result;
  }
  result.reasons.push_back("waits for a person: clm promote " + version.str() + " --reason TEXT");
  return result;
}

CycleResult failed_result(const std::string& model_type, const Error& error) {
  CycleResult result;
  result.model_type = model_type;
  result.decision = "failed";
  result.reasons = {to_string(error)};
  return result;
}

/// For the progress bar: trainers advance it once a round.
std::size_t planned_rounds(const std::vector<Trigger>& triggers, const TrainerOptions& trainers) {
  std::size_t rounds = 0;
  for (const auto& trigger : triggers) {
    if (trigger.model_type == "xgboost") rounds += static_cast<std::size_t>(trainers.xgboost.rounds);
    if (trigger.model_type == "lightgbm") rounds += static_cast<std::size_t>(trainers.lightgbm.rounds);
  }
  return rounds;
}

/// Trains and judges the triggered types side by side, then settles them one by one in the order of the triggers.
Result<std::vector<CycleResult>> learn(CycleWorkplace& place, const LearningOptions& options,
                                       const CycleRequest& request, std::int64_t cycle,
                                       const std::vector<Trigger>& triggers, const RunContext& run) {
  const auto features = feature_set(options.feature_set);
  if (!features) return forward_error(features);
  LearningDataOptions data_options;
  data_options.as_of = request.as_of;
  data_options.label = options.label;
  const auto data = prepare_learning_data(*features, place.candles, place.context, data_options, run);
  if (!data) return forward_error(data);
  const auto split = split_for_training(data->rows.data, options.training, request.as_of);
  if (!split) return forward_error(split);

  Arena arena{*data, *split, judged_rows_of(*data, split->holdout), {}, {}, {}};
  RowSet before_holdout = split->fit;
  before_holdout.rows.insert(before_holdout.rows.end(), split->validation.rows.begin(), split->validation.rows.end());
  auto baselines =
      baseline_forecasts(arena.truth, *data, before_holdout, split->holdout, options.trainers, options.training, run);
  if (!baselines) return forward_error(baselines);
  arena.baselines = std::move(*baselines);
  std::vector<std::string> notes;
  if (auto added = add_active_forecasts(arena, place, triggers, notes); !added) return forward_error(added);

  const Protocol protocol{request.as_of,           place.candles.venue(), place.candles.interval(),
                          place.candles.symbols(), options.training,      options.universe.quality.min_frozen_bars};
  std::vector<std::optional<Result<TrainedCandidate>>> trained(triggers.size());
  run.progress.begin("training", planned_rounds(triggers, options.trainers));
  parallel_for(run.jobs, triggers.size(), [&](std::size_t i) {
    trained[i].emplace(train_candidate(place, options, protocol, arena, triggers[i].model_type, run));
  });
  run.progress.end();
  if (auto stop = run.cancel.check(); !stop) return forward_error(stop);

  std::vector<int> other_trials(triggers.size(), 0);
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    if (!*trained[i]) continue;
    const auto uses = place.log.other_holdout_uses(triggers[i].model_type, split->holdout_span, (*trained[i])->version);
    if (!uses) return forward_error(uses);
    other_trials[i] = *uses;
  }
  std::vector<std::optional<Result<JudgedCandidate>>> outcomes(triggers.size());
  parallel_for(run.jobs, triggers.size(), [&](std::size_t i) {
    if (*trained[i]) {
      outcomes[i].emplace(judge_candidate(place, options, arena, **trained[i], other_trials[i]));
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
    auto settled = settle(place, options, request, cycle, *outcome, split->holdout_span);
    if (!settled) return forward_error(settled);
    settled->reasons.insert(settled->reasons.end(), notes.begin(), notes.end());
    results.push_back(std::move(*settled));
  }
  return results;
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
  if (auto closed = place.log.close_interrupted(place.lock); !closed) return forward_error(closed);
  if (auto made_whole = place.registry.reconcile(place.lock, request.as_of); !made_whole)
    return forward_error(made_whole);
  const auto triggers = due_triggers(place, options, request);
  if (!triggers) return forward_error(triggers);
  const auto cycle = place.log.begin(request.as_of, triggers_json(*triggers).dump());
  if (!cycle) return forward_error(cycle);

  CycleReport report{*cycle, request.as_of, *triggers, {}, 0};
  if (!triggers->empty()) {
    auto results = learn(place, options, request, *cycle, *triggers, run);
    if (!results) {
      const auto how = results.error().kind == ErrorKind::interrupted ? CycleStatus::interrupted : CycleStatus::failed;
      const auto noted = place.log.finish(*cycle, how, nlohmann::json{to_string(results.error())}.dump(),
                                          monotonic_seconds() - started);
      return noted ? forward_error(results) : forward_error(noted);
    }
    report.results = std::move(*results);
    Registry::Retention retention;
    retention.keep_versions_per_slot = static_cast<int>(options.retention.keep_versions);
    if (auto pruned = place.registry.prune(place.lock, retention); !pruned) return forward_error(pruned);
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
          {"seconds", report.seconds}};
}

}  // namespace clm
