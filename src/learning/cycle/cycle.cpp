#include "learning/cycle/cycle.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/parallel.hpp"
#include "learning/cycle/candidate_judging.hpp"
#include "learning/cycle/cycle_rows.hpp"
#include "learning/cycle/ensemble_step.hpp"
#include "learning/cycle/floor.hpp"
#include "learning/cycle/holdout_candidates.hpp"
#include "learning/cycle/judging_context.hpp"
#include "learning/cycle/lineup_step.hpp"
#include "learning/cycle/origin_judging.hpp"
#include "learning/cycle/recipe_acceptance.hpp"
#include "learning/cycle/refresh.hpp"
#include "learning/cycle/rolling_origins.hpp"
#include "learning/cycle/vintage_training.hpp"
#include "learning/cycle/warm_parent.hpp"
#include "learning/options/configured_weights.hpp"
#include "learning/options/recipe_options.hpp"
#include "models/trainers.hpp"
#include "models/warm_start.hpp"

namespace clm {
namespace {

/// The next vintage of an accepted recipe, before it is made.
struct PlannedRefresh {
  const AcceptedRecipe* recipe = nullptr;
  const LearningData* data = nullptr;
  Protocol protocol;
  WarmParent parent;
};

/// `since`: as for `protocol_of_refresh`.
Result<PlannedRefresh> plan_refresh(const CycleWorkplace& place, CycleRows& rows, const AcceptedRecipe& recipe,
                                    std::optional<Timestamp> since) {
  const auto working = rows.of(recipe.options);
  if (!working) return forward_error(working);
  auto protocol = protocol_of_refresh(recipe, working->protocol, since);
  if (!protocol) return forward_error(protocol);
  PlannedRefresh plan{&recipe, &working->data, std::move(*protocol), {}};
  const std::string& model_type = recipe.active.slot.model_type;
  if (!starts_warm(model_type, recipe.options.training)) return plan;
  if (since) {
    plan.parent.note =
        "it began with drawn weights: the market changed, and what was learned before is to be forgotten";
    return plan;
  }
  if (plan.protocol.fits > 1) {
    plan.parent.note = "it began with drawn weights: it is the mean of several fits, which are to differ";
    return plan;
  }
  const auto split = split_of(working->data, plan.protocol);
  if (!split) return plan;  // then it is not trained, and whoever tries says why
  // Not what is active: that is the refresh itself where a killed cycle is carried out again.
  auto parent =
      as_warm_parent(place.registry, recipe.vintages.back().version.str(), working->data, *split, plan.protocol);
  if (!parent) return forward_error(parent);
  plan.parent = std::move(*parent);
  return plan;
}

/// Makes the next vintages of accepted recipes side by side, then settles them one by one.
Result<std::vector<CycleResult>> refresh_models(const CycleWorkplace& place, const LearningOptions& options,
                                                const CycleRequest& request, std::int64_t cycle, CycleRows& rows,
                                                const std::vector<AcceptedRecipe>& recipes, const RunContext& run) {
  if (recipes.empty()) return std::vector<CycleResult>();
  const auto since = place.registry.newest_break();
  if (!since) return forward_error(since);
  std::vector<PlannedRefresh> plans;
  std::size_t rounds = 0;
  for (const AcceptedRecipe& recipe : recipes) {
    auto plan = plan_refresh(place, rows, recipe, *since);
    if (!plan) return forward_error(plan);
    plans.push_back(std::move(*plan));
    rounds += static_cast<std::size_t>(recipe.options.lineup.fits) *
              planned_rounds(recipe.active.slot.model_type, recipe.options.trainers);
  }
  std::vector<std::optional<Result<Refresh>>> made(plans.size());
  run.progress.begin("training", rounds);
  parallel_for(run.jobs, plans.size(), [&](std::size_t i) {
    made[i].emplace(make_refresh(place, *plans[i].recipe, *plans[i].data, plans[i].protocol, plans[i].parent, run));
  });
  run.progress.end();
  if (auto stop = run.cancel.check(); !stop) return forward_error(stop);
  std::vector<CycleResult> results;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const Slot& slot = plans[i].recipe->active.slot;
    if (!*made[i]) {
      const Decision failure{request.as_of, request.actor, to_string(made[i]->error()), {}};
      if (auto noted = place.registry.record_failed_training(slot, failure); !noted) return forward_error(noted);
      results.push_back(failed_result(slot_name(slot), made[i]->error()));
      continue;
    }
    auto settled = settle_refresh(place, options, request, cycle, **made[i]);
    if (!settled) return forward_error(settled);
    for (std::string& words : how_it_began(plans[i].parent)) settled->reasons.push_back(std::move(words));
    results.push_back(std::move(*settled));
  }
  return results;
}

/// Of these triggers: the recipes that were accepted, and what is to be judged.
struct Work {
  std::vector<AcceptedRecipe> accepted;
  std::vector<Trigger> to_judge;
};

Result<Work> work_of(const Registry& registry, const LearningOptions& options, const std::vector<Trigger>& triggers,
                     Timestamp as_of) {
  Work work;
  for (const Trigger& trigger : triggers) {
    auto accepted = accepted_recipe(registry, trigger.model_type, options, as_of);
    if (!accepted) return forward_error(accepted);
    if (*accepted)
      work.accepted.push_back(std::move(**accepted));
    else
      work.to_judge.push_back(trigger);
  }
  return work;
}

/// Recipes that are judged on the same rows: those that the workspace's settings make, all together; one by name by
/// itself.
struct JudgedTogether {
  LearningOptions options;
  std::vector<Trigger> triggers;
};

Result<std::vector<JudgedTogether>> judged_together(const LearningOptions& options,
                                                    const std::vector<Trigger>& triggers) {
  std::vector<JudgedTogether> groups, by_name;
  for (const Trigger& trigger : triggers) {
    auto own = options_of(options, trigger.model_type);
    if (!own) return forward_error(own);
    if (is_named(slot_of(trigger.model_type)))
      by_name.push_back({std::move(*own), {trigger}});
    else if (groups.empty())
      groups.push_back({std::move(*own), {trigger}});
    else
      groups.front().triggers.push_back(trigger);
  }
  std::move(by_name.begin(), by_name.end(), std::back_inserter(groups));
  return groups;
}

bool is_by_name(const JudgedTogether& group) { return is_named(slot_of(group.triggers.front().model_type)); }

/// Of a recipe by name for which there is not enough to be judged on, as where it reaches back too short a time: the
/// others go on without it. Any other error is the cycle's.
Result<std::vector<CycleResult>> left_out(const CycleWorkplace& place, const CycleRequest& request,
                                          const JudgedTogether& group, const Error& error) {
  if (!is_by_name(group) || error.kind != ErrorKind::data) return tl::unexpected(error);
  std::vector<CycleResult> results;
  for (const Trigger& trigger : group.triggers) {
    const Decision failure{request.as_of, request.actor, to_string(error), {}};
    if (auto noted = place.registry.record_failed_training(slot_of(trigger.model_type), failure); !noted)
      return forward_error(noted);
    results.push_back(failed_result(trigger.model_type, error));
  }
  return results;
}

/// The record of the floor.
Result<AnchoredRecipe> anchored_floor(const CycleWorkplace& place, const LearningOptions& options, CycleRows& rows,
                                      Timestamp as_of) {
  const auto working = rows.of(options);
  if (!working) return forward_error(working);
  return anchored_recipe(place, options, options, floor_trigger(options).model_type, working->data.rows.data, as_of);
}

/// Judges at rolling origins what was not accepted; and the floor, where nobody is active after that, or who was
/// accepted is to speak beside it.
Result<std::vector<CycleResult>> judge_new(const CycleWorkplace& place, const LearningOptions& options,
                                           const CycleRequest& request, std::int64_t cycle, CycleRows& rows,
                                           const std::vector<Trigger>& triggers, const RunContext& run) {
  std::vector<CycleResult> results;
  const auto add = [&](Result<std::vector<CycleResult>> judged) -> Status {
    if (!judged) return forward_error(judged);
    std::move(judged->begin(), judged->end(), std::back_inserter(results));
    return {};
  };
  const auto groups = judged_together(options, triggers);
  if (!groups) return forward_error(groups);
  std::optional<Result<AnchoredRecipe>> floor_record;
  if (wants_floor(options)) floor_record.emplace(anchored_floor(place, options, rows, request.as_of));
  const AnchoredRecipe* its_record = floor_record && *floor_record ? &**floor_record : nullptr;
  std::optional<RowsToJudge> of_workspace;  // with what baselines say there, where that was asked
  for (const JudgedTogether& group : *groups) {
    auto own = rows_to_judge(place, options, rows, group.options, group.triggers, request.as_of);
    if (!own) {
      if (auto noted = add(left_out(place, request, group, own.error())); !noted) return forward_error(noted);
      continue;
    }
    for (const auto& at : own->groups)
      if (auto judged = add(judge_group(place, options, group.options, request, cycle, rows, *own, its_record, *at,
                                        at->triggers, run));
          !judged)
        return forward_error(judged);
    if (!is_by_name(group)) of_workspace.emplace(std::move(*own));
  }
  if (!wants_floor(options)) return results;
  const auto anybody = is_any_active(place.registry, options);
  if (!anybody) return forward_error(anybody);
  const bool beside = std::any_of(results.begin(), results.end(),
                                  [](const CycleResult& one) { return one.floor == BenchmarkSpeaks::yes; });
  if (*anybody && !beside) return results;
  const std::vector<Trigger> floor{floor_trigger(options)};
  const auto accepted = accepted_recipe(place.registry, floor.front().model_type, options, request.as_of);
  if (!accepted) return forward_error(accepted);
  if (*accepted) return results;  // it speaks already
  if (!of_workspace) {
    auto own = rows_to_judge(place, options, rows, options, {}, request.as_of);
    if (!own) return forward_error(own);
    of_workspace.emplace(std::move(*own));
  }
  if (its_record == nullptr) return forward_error(*floor_record);
  of_workspace->recipes.emplace(floor.front().model_type, *its_record);
  OriginJudging& at = of_workspace->group_at(its_record->origins);
  auto judged = judge_group(place, options, options, request, cycle, rows, *of_workspace, its_record, at, floor, run);
  // What accepts the floor says nothing of whether it is needed.
  if (judged)
    for (CycleResult& result : *judged) result.floor.reset();
  if (auto added = add(std::move(judged)); !added) return forward_error(added);
  return results;
}

Status add_results(Result<std::vector<CycleResult>> results, CycleReport& report) {
  if (!results) return forward_error(results);
  std::move(results->begin(), results->end(), std::back_inserter(report.results));
  return {};
}

/// A holdout, and what baselines say about it. `split` is where the context's split is kept.
Result<JudgingContext> judge_on_holdout(const CycleData& working, const LearningOptions& options, Timestamp as_of,
                                        TrainingSplit& split, const RunContext& run) {
  auto cut = split_for_training(working.data.rows.data, options.training, as_of);
  if (!cut) return forward_error(cut);
  split = std::move(*cut);
  auto truth = judged_rows_of(working.data, split.holdout);
  auto baselines = baseline_forecasts(truth, working.data, split, options.trainers, options.training, run);
  if (!baselines) return forward_error(baselines);
  return JudgingContext{working.data, split, working.protocol, std::move(truth), std::move(*baselines)};
}

/// The ensemble of what is active: of vintages of accepted recipes a lineup, of versions that were judged one that is
/// judged, on `judging` where there is one.
Status learn_lineup(const CycleWorkplace& place, const LearningOptions& options, const CycleRequest& request,
                    CycleRows& rows, const JudgingContext* judging, CycleReport& report, const RunContext& run) {
  const auto plan = plan_ensemble(place.registry, place.log, options, request);
  if (!plan) return forward_error(plan);
  report.ensemble = plan->lineup;
  if (!plan->due) return {};
  const auto add = [&](Result<CycleResult> made) -> Status {
    if (!made) return forward_error(made);
    report.results.push_back(std::move(*made));
    return {};
  };
  const auto working = rows.of(options);
  if (!working) return forward_error(working);
  if (plan->is_composed)
    return add(compose_ensemble(place, options, request, report.cycle, {working->data, working->protocol}, *plan));
  if (judging != nullptr) return add(learn_ensemble(place, options, request, report.cycle, *judging, *plan));
  TrainingSplit split;
  const auto own = judge_on_holdout(*working, options, request.as_of, split, run);
  if (!own) return forward_error(own);
  return add(learn_ensemble(place, options, request, report.cycle, *own, *plan));
}

/// Each triggered recipe's version is judged by itself, and then the ensemble of what is active after them.
Status learn_by_ladder(const CycleWorkplace& place, const LearningOptions& options, const CycleRequest& request,
                       CycleRows& rows, CycleReport& report, const RunContext& run) {
  const auto groups = judged_together(options, report.triggers);
  if (!groups) return forward_error(groups);
  TrainingSplit split_of_workspace;
  std::optional<JudgingContext> of_workspace;  // which the ensemble is judged on, too
  for (const JudgedTogether& group : *groups) {
    const auto working = rows.of(group.options);
    if (!working) return forward_error(working);
    TrainingSplit own_split;
    TrainingSplit& split = is_by_name(group) ? own_split : split_of_workspace;
    auto judging = judge_on_holdout(*working, group.options, request.as_of, split, run);
    if (!judging) {
      if (auto noted = add_results(left_out(place, request, group, judging.error()), report); !noted) return noted;
      continue;
    }
    auto trained = train_on_holdout_split(place, group.options, *judging, group.triggers, run);
    if (!trained) return forward_error(trained);
    if (auto done = add_results(judge_and_settle(place, group.options, request, report.cycle, *judging, group.triggers,
                                                 std::move(*trained), nullptr, run),
                                report);
        !done)
      return done;
    if (!is_by_name(group)) of_workspace.emplace(std::move(*judging));
  }
  return learn_lineup(place, options, request, rows, of_workspace ? &*of_workspace : nullptr, report, run);
}

/// Of these recipes, those that are accepted, be it only now.
Result<std::vector<AcceptedRecipe>> accepted_of(const Registry& registry, const LearningOptions& options,
                                                const std::vector<std::string>& names, Timestamp as_of) {
  std::vector<AcceptedRecipe> out;
  for (const std::string& name : names) {
    auto accepted = accepted_recipe(registry, name, options, as_of, AcceptedSince::now);
    if (!accepted) return forward_error(accepted);
    if (*accepted) out.push_back(std::move(**accepted));
  }
  return out;
}

/// The next vintages of what was accepted, the judging of what was not, and the lineup of what speaks after them.
Status learn(const CycleWorkplace& place, const LearningOptions& options, const CycleRequest& request,
             CycleReport& report, const RunContext& run) {
  CycleRows rows(place, request.as_of, run);
  if (options.policy.ladder == Ladder::on) return learn_by_ladder(place, options, request, rows, report, run);
  auto work = work_of(place.registry, options, report.triggers, request.as_of);
  if (!work) return forward_error(work);
  const auto refresh = [&](const std::vector<AcceptedRecipe>& recipes) {
    return add_results(refresh_models(place, options, request, report.cycle, rows, recipes, run), report);
  };
  if (auto done = refresh(work->accepted); !done) return done;
  std::vector<std::string> judged;
  if (!work->to_judge.empty()) {
    if (auto done = add_results(judge_new(place, options, request, report.cycle, rows, work->to_judge, run), report);
        !done)
      return done;
    for (const Trigger& trigger : work->to_judge) judged.push_back(trigger.model_type);
  }
  if (auto settled = settle_floor(place, options, request, rows, report.results); !settled) return settled;
  // Whose recipe was accepted just now is served with all that is known, not without what it was judged on; and the
  // floor is as fresh as who speaks beside it.
  if (wants_floor(options) && !report.triggers.empty()) judged.push_back(floor_trigger(options).model_type);
  const auto accepted = accepted_of(place.registry, options, judged, request.as_of);
  if (!accepted) return forward_error(accepted);
  if (auto done = refresh(*accepted); !done) return done;
  return learn_lineup(place, options, request, rows, nullptr, report, run);
}

/// Without these versions it could not be made again: those that it was calibrated by, and the one that it began with.
std::vector<VersionId> made_with(const Manifest& manifest) {
  const auto protocol = read_protocol(manifest.protocol_json);
  if (!protocol) return {};
  std::vector<VersionId> versions(protocol->calibrated_by.begin(), protocol->calibrated_by.end());
  if (!protocol->warm_start.empty()) versions.emplace_back(protocol->warm_start);
  return versions;
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

void note_circumstances(const CycleWorkplace& place, Manifest& manifest) {
  manifest.program_version = place.program_version;
  manifest.git_commit = place.git_commit;
  if (place.corrections != nullptr && manifest.members.empty())
    manifest.batches_json = place.corrections->position_json();
}

Result<CycleReport> run_cycle(CycleWorkplace& place, const LearningOptions& options, const CycleRequest& request,
                              const RunContext& run) {
  const double started = monotonic_seconds();
  for (const auto& recipe : trained_recipes(options))
    if (auto known = recipe_in_force(recipe, options); !known) return forward_error(known);
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
    retention.made_with = made_with;
    if (auto pruned = place.registry.prune(place.lock, retention); !pruned) return forward_error(pruned);
    if (!place.folders.checkpoints.empty()) {
      std::error_code ignored;  // of no use any more, and no harm
      std::filesystem::remove_all(place.folders.checkpoints, ignored);
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
