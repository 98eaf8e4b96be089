// What was decided is carried out in the registry, and what the registry says is met.
#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "learning/life_cycle.hpp"

namespace clm {
namespace {

/// The model types whose versions live here.
std::vector<std::string> types_of(const LearningOptions& options) {
  std::set<std::string> types(options.training.models.begin(), options.training.models.end());
  types.insert(options.ensemble.models.begin(), options.ensemble.models.end());
  if (options.ensemble.mode != "off") types.insert(std::string(kEnsembleType));
  return {types.begin(), types.end()};
}

/// Where the registry has a version that is in this stage.
VersionStatus status_in(Stage stage) {
  switch (stage) {
    case Stage::shadow: return VersionStatus::shadow;
    case Stage::canary_first:
    case Stage::canary_second: return VersionStatus::canary;
    case Stage::watch: return VersionStatus::active;
  }
  return VersionStatus::shadow;
}

}  // namespace

Status LifeCycle::carry_out(Timestamp now, const RunContext& run) {
  if (state_.pending.empty()) return {};
  const std::vector<PendingAction> pending = state_.pending;
  for (const PendingAction& action : pending)
    if (auto done = carry_out(action, now, run); !done) return done;
  state_.pending.clear();
  book_->keep_only(versions_concerned());
  return commit({});
}

Status LifeCycle::carry_out(const PendingAction& action, Timestamp now, const RunContext& run) {
  if (action.kind == PendingAction::Kind::learn) return learn(action, now, run);
  const auto record = place_.registry.find(action.version.str());
  if (!record) return forward_error(record);
  const Decision decision{now, "life cycle", action.reason, action.evidence_json};
  switch (action.kind) {
    case PendingAction::Kind::advance:
      if (record->status == action.to) return {};
      if (auto moved = place_.registry.advance(action.version, action.to, decision); !moved)
        return forward_error(moved);
      return {};
    case PendingAction::Kind::promote:
      if (record->status != VersionStatus::active)
        if (auto promoted = place_.registry.promote(action.version, decision); !promoted)
          return forward_error(promoted);
      return read_active(action.model_type);
    case PendingAction::Kind::roll_back:
      if (record->status == VersionStatus::active)
        if (auto back = place_.registry.rollback(record->slot, decision); !back) return forward_error(back);
      return read_active(action.model_type);
    case PendingAction::Kind::learn: return {};
  }
  return {};
}

Status LifeCycle::learn(const PendingAction& action, Timestamp now, const RunContext& run) {
  const CycleRequest request{now, Force::no, "life cycle", action.triggers};
  const auto report = run_cycle(place_, options_, request, run);
  if (!report) return forward_error(report);
  for (const Trigger& trigger : action.triggers) state_.types[trigger.model_type].last_attempt = now;
  return meet_newcomers(report->results, now);
}

Status LifeCycle::meet_newcomers(const std::vector<CycleResult>& results, Timestamp now) {
  std::map<std::string, VersionId> active_before;
  for (const auto& [name, type] : state_.types) active_before[name] = type.active;
  if (auto read = read_registry(); !read) return read;
  for (const CycleResult& result : results) {
    if (result.version.empty()) {
      tell(now, "failed", result.model_type, {},
           result.reasons.empty() ? "the training failed" : result.reasons.front());
      continue;
    }
    const auto record = place_.registry.find(result.version.str());
    if (!record) return forward_error(record);
    // As the registry has it: a cycle that is carried out a second time finds its own versions there.
    const auto events = place_.registry.events_of(result.version);
    if (!events) return forward_error(events);
    const Event& entry = events->front();
    if (entry.at != now) {
      tell(now, "trained", result.model_type, result.version,
           "this very model was trained before, at " + to_string(entry.at));
      continue;
    }
    const auto why = why_decided(result.version, entry);
    if (!why) return forward_error(why);
    tell(now, "trained", result.model_type, result.version,
         *why + " It is now " + std::string(to_string(record->status)) + ".",
         nlohmann::json{{"status", to_string(record->status)}}.dump());
    const VersionId& reference = active_before[result.model_type];
    if (record->status == VersionStatus::shadow) {
      begin_trial(result.model_type, result.version, Stage::shadow, reference, now);
    } else if (record->status == VersionStatus::canary) {
      begin_trial(result.model_type, result.version, Stage::canary_first, reference, now);
    } else if (record->status == VersionStatus::active) {
      tell(now, "promoted", result.model_type, result.version,
           reference.empty() ? "it is the first active one" : "it takes the place of " + reference.str() + " at once");
      if (reference.empty() || reference == result.version || !options_.deployment.stages.watch.enabled) continue;
      restart_trials_against(result.model_type, result.version, now);
      begin_trial(result.model_type, result.version, Stage::watch, reference, now);
    }
  }
  forget_ended_trials();
  return {};
}

Result<std::string> LifeCycle::why_decided(const VersionId& version, const Event& entry) const {
  const auto evidence = place_.registry.latest_evidence(version);
  if (!evidence) return forward_error(evidence);
  const auto json = nlohmann::json::parse(*evidence, nullptr, false);
  // Not the entry's own words: a version whose cycle was killed was entered by the next one, with words of its own.
  const auto reasons =
      json.is_object() ? json.value("/verdict/reasons"_json_pointer, nlohmann::json()) : nlohmann::json();
  if (!reasons.is_array() || reasons.empty()) return entry.reason;
  return reasons.front().get<std::string>();
}

Status LifeCycle::read_active(const std::string& model_type) {
  TypeState& type = state_.types[model_type];
  const auto active = place_.registry.active(Slot{model_type});
  if (!active) return forward_error(active);
  type.active = *active ? (*active)->record.version : VersionId();
  if (!*active) return {};
  const auto manifest = read_manifest((*active)->record.manifest_json);
  if (!manifest) return forward_error(manifest);
  type.active_data_end = manifest->created_as_of;
  return begin_chart(type);
}

Status LifeCycle::read_registry() {
  for (const auto& name : types_of(options_))
    if (auto read = read_active(name); !read) return read;
  return {};
}

Status LifeCycle::meet_what_a_person_did(const std::map<std::string, VersionId>& active_before) {
  const Timestamp now = state_.last_close.value_or(Timestamp(0));
  for (Trial& trial : state_.trials) {
    const auto record = place_.registry.find(trial.challenger.str());
    if (!record) return forward_error(record);
    if (record->status == status_in(trial.stage)) continue;
    tell(now, "trial_ended", trial.model_type, trial.challenger,
         "somebody made it " + std::string(to_string(record->status)) + "; its " + std::string(to_string(trial.stage)) +
             " is over");
    trial.challenger = VersionId();
  }
  forget_ended_trials();

  for (const auto& [name, type] : state_.types) {
    if (type.active.empty()) continue;
    const auto before = active_before.find(name);
    const bool replaced = before != active_before.end() && !before->second.empty() && before->second != type.active;
    if (replaced) {
      restart_trials_against(name, type.active, now);
      tell(now, "promoted", name, type.active, "somebody put it in the place of " + before->second.str());
      if (options_.deployment.stages.watch.enabled) begin_trial(name, type.active, Stage::watch, before->second, now);
    }
    for (const Stage stage : {Stage::shadow, Stage::canary_first}) {
      const auto records = place_.registry.list(Registry::Filter{name, {}, status_in(stage)});
      if (!records) return forward_error(records);
      for (const VersionRecord& record : *records) {
        const bool known = std::any_of(state_.trials.begin(), state_.trials.end(),
                                       [&](const Trial& trial) { return trial.challenger == record.version; });
        if (!known) begin_trial(name, record.version, stage, type.active, now);
      }
    }
  }
  forget_ended_trials();
  return {};
}

}  // namespace clm
