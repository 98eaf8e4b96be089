// What the registry says is met: versions that were trained, and what a person has done.
#include <algorithm>
#include <array>
#include <set>

#include <nlohmann/json.hpp>

#include "evaluation/verdict/evidence.hpp"
#include "learning/arena.hpp"
#include "learning/life_cycle.hpp"

namespace clm {
namespace {

/// The model types that may be trained or made here.
std::set<std::string> types_of(const LearningOptions& options) {
  std::set<std::string> types(options.training.models.begin(), options.training.models.end());
  types.insert(options.ensemble.models.begin(), options.ensemble.models.end());
  if (options.ensemble.mode != EnsembleMode::off) types.insert(std::string(kEnsembleType));
  return types;
}

}  // namespace

Status LifeCycle::meet_newcomers(const std::vector<CycleResult>& results, Timestamp now) {
  std::map<std::string, VersionId> active_before;
  for (const auto& [name, type] : state_.types) active_before[name] = type.active;
  if (auto read = read_registry(); !read) return read;
  for (const CycleResult& result : results)
    if (!result.version.empty())
      if (auto met = meet_newcomer(result, active_before[result.model_type], now); !met) return met;
  forget_ended_trials();
  return {};
}

Status LifeCycle::meet_newcomer(const CycleResult& result, const VersionId& reference, Timestamp now) {
  const auto record = place_.registry.find(result.version.str());
  if (!record) return forward_error(record);
  // As the registry has it: a cycle that is carried out a second time finds its own versions there.
  const auto events = place_.registry.events_of(result.version);
  if (!events) return forward_error(events);
  const bool is_new = std::any_of(events->begin(), events->end(), [&](const Event& event) {
    return event.at == now && event.to == VersionStatus::candidate && event.from != event.to;
  });
  if (!is_new) {
    tell(now, EventKind::trained, result.model_type, result.version,
         "this very model was trained before, at " + to_string(events->front().at));
    return {};
  }
  // Not the entry's own words: a version whose cycle was killed was entered by the next one, with words of its own.
  const auto verdict = verdict_on(result.version);
  if (!verdict) return forward_error(verdict);
  tell(now, EventKind::trained, result.model_type, result.version,
       (verdict->why.empty() ? events->front().reason : verdict->why) + " It is now " +
           std::string(to_string(record->status)) + ".",
       nlohmann::json{{"status", to_string(record->status)}}.dump());
  switch (record->status) {
    case VersionStatus::shadow:
      begin_trial(result.model_type, result.version, Stage::shadow, reference, *verdict, now);
      return {};
    case VersionStatus::canary:
      begin_trial(result.model_type, result.version, Stage::canary_first, reference, *verdict, now);
      return {};
    case VersionStatus::candidate: return propose_newcomer(*record, *verdict, now);
    case VersionStatus::active: break;
    default: return {};
  }
  tell(now, EventKind::promoted, result.model_type, result.version,
       reference.empty() ? "it is the first active one" : "it takes the place of " + reference.str() + " at once");
  if (reference.empty() || reference == result.version || !options_.deployment.stages.watch.enabled) return {};
  restart_trials_against(result.model_type, result.version, now);
  const auto there_is_a_way_back = has_vote(reference, now);
  if (!there_is_a_way_back) return forward_error(there_is_a_way_back);
  if (*there_is_a_way_back) begin_trial(result.model_type, result.version, Stage::watch, reference, *verdict, now);
  return {};
}

Status LifeCycle::propose_newcomer(const VersionRecord& record, const VersionVerdict& verdict, Timestamp now) {
  if (options_.deployment.mode != PolicyMode::advisory || !verdict.decision) return {};
  const auto manifest = stored_manifest(record);
  if (!manifest) return forward_error(manifest);
  const auto rival = rival_of(place_.registry, *manifest, options_, now);
  if (!rival) return forward_error(rival);
  const auto to = options_.deployment.gate == PolicyGate::none
                      ? std::optional(VersionStatus::active)
                      : first_stage(*verdict.decision, options_.deployment.stages, *rival);
  if (!to || *to == VersionStatus::rejected) return {};
  const auto evidence = place_.registry.latest_evidence(record.version);
  if (!evidence) return forward_error(evidence);
  Job job;
  job.kind = *to == VersionStatus::active ? JobKind::promote : JobKind::advance;
  job.model_type = record.slot.model_type;
  job.version = record.version;
  job.to = *to;
  job.reason = verdict.why;
  job.evidence_json = *evidence;
  job.approval = Approval::awaited;
  tell(now, EventKind::proposed, job.model_type, job.version,
       "waits for approval: " + describe(job) + "; " + job.reason);
  planned_.push_back(std::move(job));
  return make_plan(now);
}

Result<LifeCycle::VersionVerdict> LifeCycle::verdict_on(const VersionId& version) const {
  const auto evidence = place_.registry.latest_evidence(version);
  if (!evidence) return forward_error(evidence);
  const Evidence read = Evidence::from_json(*evidence);
  VersionVerdict verdict;
  if (const auto said = read.verdict()) {
    verdict.decision = said->decision;
    if (!said->reasons.empty()) verdict.why = said->reasons.front();
  }
  const auto alone = read.verdict_alone();
  verdict.fit_alone = alone && alone->decision == DeploymentDecision::deploy;
  return verdict;
}

Result<bool> LifeCycle::has_vote(const VersionId& version, Timestamp now) const {
  const auto record = place_.registry.find(version.str());
  if (!record) return forward_error(record);
  if (record->status == VersionStatus::failed) return false;
  const auto manifest = stored_manifest(*record);
  if (!manifest) return forward_error(manifest);
  return !is_expired(manifest->created_as_of, now, options_.serving);
}

Status LifeCycle::read_active(const std::string& model_type) {
  TypeState& type = state_.types[model_type];
  const auto active = place_.registry.active(Slot{model_type});
  if (!active) return forward_error(active);
  type.active = *active ? (*active)->record.version : VersionId();
  if (!*active) return {};
  const auto manifest = stored_manifest((*active)->record);
  if (!manifest) return forward_error(manifest);
  type.active_data_end = manifest->created_as_of;
  return begin_chart(type);
}

Status LifeCycle::read_registry() {
  auto types = types_of(options_);
  // Where no more are made, an active ensemble serves all the same.
  const std::string ensemble(kEnsembleType);
  const auto active = place_.registry.active(Slot{ensemble});
  if (!active) return forward_error(active);
  if (*active || state_.types.contains(ensemble)) types.insert(ensemble);
  for (const auto& name : types)
    if (auto read = read_active(name); !read) return read;
  return {};
}

Status LifeCycle::meet_moved_trials(Timestamp now) {
  for (Trial& trial : state_.trials) {
    if (trial.challenger.empty()) continue;
    const auto record = place_.registry.find(trial.challenger.str());
    if (!record) return forward_error(record);
    if (record->status == status_in(trial.stage)) continue;
    // What was decided at this bar may not be carried out yet.
    const bool on_its_way = std::any_of(open_jobs_.begin(), open_jobs_.end(), [&](const Job& job) {
      return job.version == trial.challenger && job.approval != Approval::awaited &&
             (job.state == JobState::running || is_due(job, now));
    });
    if (on_its_way) continue;
    tell(now, EventKind::trial_ended, trial.model_type, trial.challenger,
         "it was made " + std::string(to_string(record->status)) + "; its " + std::string(to_string(trial.stage)) +
             " is over");
    end_trial(trial);
  }
  forget_ended_trials();
  return {};
}

Status LifeCycle::meet_what_a_person_did(std::map<std::string, VersionId> active_before) {
  const Timestamp now = state_.last_close.value_or(Timestamp(0));
  auto sound = meet_broken_versions(active_before);
  if (!sound) return forward_error(sound);
  active_before = std::move(*sound);
  // What was proposed may have become impossible.
  std::vector<VersionId> settled;
  for (const Job& job : open_jobs_) {
    if (job.approval != Approval::awaited) continue;
    const auto record = place_.registry.find(job.version.str());
    if (!record) return forward_error(record);
    if (!is_legal_transition(record->status, job.to)) settled.push_back(job.version);
  }
  for (const VersionId& version : settled) cancel_proposals(version, "somebody has moved the version");
  if (auto met = meet_moved_actives(active_before, now); !met) return met;
  if (auto met = meet_unknown_trials(now); !met) return met;
  forget_ended_trials();
  return {};
}

Status LifeCycle::meet_moved_actives(const std::map<std::string, VersionId>& active_before, Timestamp now) {
  for (const auto& [name, type] : state_.types) {
    const auto before = active_before.find(name);
    if (type.active.empty() || before == active_before.end() || before->second == type.active) continue;
    if (!before->second.empty())
      tell(now, EventKind::promoted, name, type.active, "somebody put it in the place of " + before->second.str());
    restart_trials_against(name, type.active, now);
    if (before->second.empty()) continue;
    const auto there_is_a_way_back = has_vote(before->second, now);
    if (!there_is_a_way_back) return forward_error(there_is_a_way_back);
    if (options_.deployment.stages.watch.enabled && *there_is_a_way_back)
      begin_trial(name, type.active, Stage::watch, before->second, VersionVerdict(), now);
  }
  return {};
}

Status LifeCycle::meet_unknown_trials(Timestamp now) {
  for (const auto& [name, type] : state_.types) {
    if (type.active.empty()) continue;  // there is nobody to be held against
    for (const Stage stage : {Stage::shadow, Stage::canary_first}) {
      const auto records = place_.registry.list(Registry::Filter{name, {}, status_in(stage)});
      if (!records) return forward_error(records);
      for (const VersionRecord& record : *records) {
        const bool known = std::any_of(state_.trials.begin(), state_.trials.end(),
                                       [&](const Trial& trial) { return trial.challenger == record.version; });
        if (known) continue;
        const auto broken = fail_if_broken(record.version, now);
        if (!broken) return forward_error(broken);
        if (*broken) continue;
        const auto verdict = verdict_on(record.version);
        if (!verdict) return forward_error(verdict);
        begin_trial(name, record.version, stage, type.active, *verdict, now);
      }
    }
  }
  return {};
}

}  // namespace clm
