#include "learning/life_cycle/registry_reconciler.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "learning/cycle/judging_context.hpp"

namespace clm {

Status RegistryReconciler::reconcile_trained(const std::vector<CycleResult>& results, Timestamp now) {
  auto active_before = active_versions(journal_.state());
  if (auto read = types_.read_all(); !read) return read;
  for (const CycleResult& result : results)
    if (!result.version.empty())
      if (auto met = reconcile_trained_version(result, active_before[result.model_type], now); !met) return met;
  if (auto told = tell_who_was_retired(active_before, now); !told) return told;
  trials_.forget_ended();
  return {};
}

/// Of a type of which nothing is active any more.
Status RegistryReconciler::tell_who_was_retired(const std::map<std::string, VersionId>& active_before, Timestamp now) {
  for (const auto& [model_type, version] : active_before) {
    if (version.empty() || !journal_.type(model_type).active.empty()) continue;
    const auto events = registry_.events_of(version);
    if (!events) return forward_error(events);
    if (!events->empty() && events->back().to == VersionStatus::retired)
      journal_.record_event(now, EventKind::retired, model_type, version, events->back().reason);
  }
  return {};
}

Status RegistryReconciler::reconcile_trained_version(const CycleResult& result, const VersionId& reference,
                                                     Timestamp now) {
  const auto record = registry_.find(result.version.str());
  if (!record) return forward_error(record);
  // As the registry has it: a cycle that is carried out a second time finds its own versions there.
  const auto events = registry_.events_of(result.version);
  if (!events) return forward_error(events);
  const bool is_new = std::any_of(events->begin(), events->end(), [&](const Event& event) {
    return event.at == now && event.to == VersionStatus::candidate && event.from != event.to;
  });
  if (!is_new) {
    journal_.record_event(now, EventKind::trained, result.model_type, result.version,
                          "this very model was trained before, at " + to_string(events->front().at));
    return {};
  }
  // Not the entry's own words: a version whose cycle was killed was entered by the next one, with words of its own, and
  // got its evidence afterwards.
  const auto decided =
      std::find_if(events->begin(), events->end(), [](const Event& event) { return !event.evidence_id.empty(); });
  const std::string& why = decided == events->end() ? events->front().reason : decided->reason;
  const auto verdict = verdict_on(registry_, result.version);
  if (!verdict) return forward_error(verdict);
  journal_.record_event(
      now, EventKind::trained, result.model_type, result.version,
      (verdict->why.empty() ? why : verdict->why) + " It is now " + std::string(to_string(record->status)) + ".",
      nlohmann::json{{"status", to_string(record->status)}}.dump());
  switch (record->status) {
    case VersionStatus::shadow:
      trials_.begin(result.model_type, result.version, Stage::shadow, reference, *verdict, now);
      return {};
    case VersionStatus::canary:
      trials_.begin(result.model_type, result.version, Stage::canary_first, reference, *verdict, now);
      return {};
    case VersionStatus::candidate: return propose_trained(*record, *verdict, now);
    case VersionStatus::active: break;
    default: return {};
  }
  journal_.record_event(
      now, EventKind::promoted, result.model_type, result.version,
      (verdict->is_refresh ? "a vintage of an accepted recipe: " : "") +
          (reference.empty() ? "it is the first active one" : "it takes the place of " + reference.str() + " at once"));
  if (reference.empty() || reference == result.version) return {};
  if (verdict->is_refresh) {
    // What a lineup is made of changes with every refresh; a type may have another recipe, which was accepted just now.
    if (result.model_type == kEnsembleType || types_.are_of_one_recipe(reference, result.version))
      trials_.go_on_beside(result.model_type, result.version, now);
    else
      trials_.restart_against(result.model_type, result.version, now);
    return {};
  }
  if (!options_.deployment.stages.watch.enabled) return {};
  trials_.restart_against(result.model_type, result.version, now);
  const auto there_is_a_way_back = types_.has_vote(reference, now);
  if (!there_is_a_way_back) return forward_error(there_is_a_way_back);
  if (*there_is_a_way_back) trials_.begin(result.model_type, result.version, Stage::watch, reference, *verdict, now);
  return {};
}

Status RegistryReconciler::propose_trained(const VersionRecord& record, const VersionVerdict& verdict, Timestamp now) {
  if (options_.deployment.mode != PolicyMode::advisory || !verdict.decision) return {};
  const auto manifest = stored_manifest(record);
  if (!manifest) return forward_error(manifest);
  const auto rival = rival_of(registry_, *manifest, options_, now);
  if (!rival) return forward_error(rival);
  const auto to = options_.deployment.gate == PolicyGate::none
                      ? std::optional(VersionStatus::active)
                      : first_stage(*verdict.decision, options_.deployment.stages, *rival);
  if (!to || *to == VersionStatus::rejected) return {};
  const auto evidence = registry_.latest_evidence(record.version);
  if (!evidence) return forward_error(evidence);
  Job job;
  job.kind = *to == VersionStatus::active ? JobKind::promote : JobKind::advance;
  job.model_type = slot_name(record.slot);
  job.version = record.version;
  job.to = *to;
  job.reason = verdict.why;
  job.evidence_json = *evidence;
  job.approval = Approval::awaited;
  journal_.record_event(now, EventKind::proposed, job.model_type, job.version,
                        "waits for approval: " + describe(job) + "; " + job.reason);
  jobs_.plan(std::move(job));
  return jobs_.make_plan(now);
}

Status RegistryReconciler::reconcile_what_a_person_did(std::map<std::string, VersionId> active_before) {
  const Timestamp now = journal_.now();
  auto sound = broken_.reconcile(active_before);
  if (!sound) return forward_error(sound);
  active_before = std::move(*sound);
  // What was proposed may have become impossible.
  std::vector<VersionId> settled;
  for (const Job& job : jobs_.open()) {
    if (job.approval != Approval::awaited) continue;
    const auto record = registry_.find(job.version.str());
    if (!record) return forward_error(record);
    if (!is_legal_transition(record->status, job.to)) settled.push_back(job.version);
  }
  for (const VersionId& version : settled) jobs_.cancel_proposals(version, "somebody has moved the version");
  if (auto met = reconcile_moved_actives(active_before, now); !met) return met;
  if (auto met = reconcile_unknown_trials(now); !met) return met;
  trials_.forget_ended();
  return {};
}

/// One that a person retired may have a vote, and no rollback leads to it.
Result<bool> RegistryReconciler::may_lead_back_to(const std::string& model_type, const VersionId& version,
                                                  Timestamp now) const {
  const auto record = registry_.find(version.str());
  if (!record) return forward_error(record);
  const auto ways = registry_.ways_back(slot_of(model_type));
  if (!ways) return forward_error(ways);
  const auto is_it = [&](const VersionRecord& way) { return way.version == version; };
  if (record->status == VersionStatus::retired && std::none_of(ways->begin(), ways->end(), is_it)) return false;
  return types_.has_vote(version, now);
}

Status RegistryReconciler::reconcile_moved_actives(const std::map<std::string, VersionId>& active_before,
                                                   Timestamp now) {
  for (const auto& [name, type] : journal_.state().types) {
    const auto before = active_before.find(name);
    if (type.active.empty() || before == active_before.end() || before->second == type.active) continue;
    if (!before->second.empty())
      journal_.record_event(now, EventKind::promoted, name, type.active,
                            "somebody put it in the place of " + before->second.str());
    trials_.restart_against(name, type.active, now);
    if (before->second.empty()) continue;
    const auto there_is_a_way_back = may_lead_back_to(name, before->second, now);
    if (!there_is_a_way_back) return forward_error(there_is_a_way_back);
    if (options_.deployment.stages.watch.enabled && *there_is_a_way_back)
      trials_.begin(name, type.active, Stage::watch, before->second, VersionVerdict(), now);
  }
  return {};
}

Status RegistryReconciler::reconcile_unknown_trials(Timestamp now) {
  for (const auto& [name, type] : journal_.state().types) {
    if (type.active.empty()) continue;  // there is nobody to be held against
    const Slot slot = slot_of(name);
    for (const Stage stage : {Stage::shadow, Stage::canary_first}) {
      const auto records = registry_.list(Registry::Filter{slot.model_type, slot.scope, status_in(stage)});
      if (!records) return forward_error(records);
      for (const VersionRecord& record : *records) {
        if (trials_.is_on_trial(record.version)) continue;
        const auto broken = broken_.fail_if_broken(record.version, now);
        if (!broken) return forward_error(broken);
        if (*broken) continue;
        const auto verdict = verdict_on(registry_, record.version);
        if (!verdict) return forward_error(verdict);
        trials_.begin(name, record.version, stage, type.active, *verdict, now);
      }
    }
  }
  return {};
}

}  // namespace clm
