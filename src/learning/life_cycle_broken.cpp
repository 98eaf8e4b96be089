// Versions whose stored bytes are not what was judged, or do not load: out of service, who takes their place, and what
// is trained again.
#include "learning/life_cycle.hpp"

namespace clm {

Result<bool> LifeCycle::fail_if_broken(const VersionId& version, Timestamp now) {
  const auto record = place_.registry.find(version.str());
  if (!record) return forward_error(record);
  if (!is_legal_transition(record->status, VersionStatus::failed)) return false;
  const auto problem = place_.registry.what_is_broken(*record);
  if (!problem) return forward_error(problem);
  if (!*problem) return false;
  const std::string what = (*problem)->message + ((*problem)->where.empty() ? "" : " (" + (*problem)->where + ")");
  const bool are_bytes_sound = (*problem)->code == "artifact.unloadable";
  const Decision failure{now, "life cycle", (are_bytes_sound ? "" : "its stored bytes are broken: ") + what, {}};
  if (auto failed = place_.registry.advance(version, VersionStatus::failed, failure); !failed)
    return forward_error(failed);
  tell(now, EventKind::failed, record->slot.model_type, version, failure.reason);
  return true;
}

/// The nearest one is looked at, as it is what a rollback leads to.
Status LifeCycle::meet_broken_ways_back(const std::string& model_type, Timestamp now) {
  for (;;) {
    const auto ways = place_.registry.ways_back(Slot{model_type});
    if (!ways) return forward_error(ways);
    if (ways->empty()) return {};
    const auto broken = fail_if_broken(ways->front().version, now);
    if (!broken) return forward_error(broken);
    if (!*broken) return {};
  }
}

Status LifeCycle::meet_broken_trials(Timestamp now) {
  for (Trial& trial : state_.trials) {
    if (trial.stage != Stage::watch) {
      const auto record = place_.registry.find(trial.challenger.str());
      if (!record) return forward_error(record);
      if (record->status != status_in(trial.stage)) continue;  // somebody has moved it, which is met next
      if (auto broken = fail_if_broken(trial.challenger, now); !broken) return forward_error(broken);
      continue;
    }
    const auto reference = place_.registry.find(trial.reference.str());
    if (!reference) return forward_error(reference);
    const auto problem = place_.registry.what_is_broken(*reference);
    if (!problem) return forward_error(problem);
    if (!*problem) continue;
    tell(now, EventKind::watch_ended, trial.model_type, trial.challenger,
         "the way back to " + trial.reference.str() + " is broken: " + to_string(**problem));
    end_trial(trial);
  }
  forget_ended_trials();
  return {};
}

Result<VersionId> LifeCycle::go_back_from(const std::string& model_type, const VersionId& lost, Timestamp now) {
  const auto ways = place_.registry.ways_back(Slot{model_type});
  if (!ways) return forward_error(ways);
  for (const VersionRecord& way : *ways) {
    const auto broken = fail_if_broken(way.version, now);
    if (!broken) return forward_error(broken);
    const auto may_vote = has_vote(way.version, now);
    if (!may_vote) return forward_error(may_vote);
    if (*broken || !*may_vote) continue;
    const Decision decision{now, "life cycle", lost.str() + " is broken", {}};
    const auto back = place_.registry.rollback(Slot{model_type}, decision, {way.version, Registry::IfBroken::refuse});
    if (!back) return forward_error(back);
    return back->active.version;
  }
  return VersionId();
}

Status LifeCycle::make_up_for(const std::string& model_type, const VersionId& lost, Timestamp now) {
  TypeState& type = state_.types[model_type];
  type.lost = "the active version " + lost.str() + " is broken";
  if (auto met = meet_broken_ways_back(model_type, now); !met) return met;
  if (type.active.empty() && options_.deployment.mode != PolicyMode::logging_only) {
    const auto back = go_back_from(model_type, lost, now);
    if (!back) return forward_error(back);
    if (!back->empty())
      tell(now, EventKind::promoted, model_type, *back,
           "active again in the place of " + lost.str() + ", which is broken");
    if (auto read = read_active(model_type); !read) return read;
  }
  const auto ways = place_.registry.ways_back(Slot{model_type});
  if (!ways) return forward_error(ways);
  if (!type.active.empty())
    type.lost += ", and " + type.active.str() + " serves meanwhile";
  else if (ways->empty())
    type.lost += ", and there is no older version that is sound";
  else
    type.lost += "; clm rollback " + model_type + " --reason TEXT puts " + ways->front().version.str() +
                 ", which is older, in its place";
  if (model_type == kEnsembleType) cycle_asked_ = true;
  for (Trial& trial : state_.trials) {
    if (trial.challenger != lost) continue;
    tell(now, EventKind::watch_ended, model_type, lost, "it is not active any more");
    end_trial(trial);
  }
  restart_trials_against(model_type, type.active, now);
  return {};
}

Result<std::map<std::string, VersionId>> LifeCycle::meet_broken_versions(
    const std::map<std::string, VersionId>& active_before) {
  const Timestamp now = state_.last_close.value_or(Timestamp(0));
  if (auto read = read_registry(); !read) return forward_error(read);
  auto before = active_before;
  for (const auto& [name, active] : active_versions()) {
    VersionId lost;
    if (!active.empty()) {
      const auto broken = fail_if_broken(active, now);
      if (!broken) return forward_error(broken);
      if (*broken) lost = active;
    }
    // Or a process that noticed was killed before it had said so.
    if (const VersionId& known = before[name]; lost.empty() && !known.empty() && known != active) {
      const auto record = place_.registry.find(known.str());
      if (!record) return forward_error(record);
      if (record->status == VersionStatus::failed) lost = known;
    }
    if (lost.empty()) {
      if (auto met = meet_broken_ways_back(name, now); !met) return forward_error(met);
      continue;
    }
    if (auto read = read_active(name); !read) return forward_error(read);
    if (auto made_up = make_up_for(name, lost, now); !made_up) return forward_error(made_up);
    before[name] = state_.types[name].active;
  }
  if (auto met = meet_broken_trials(now); !met) return forward_error(met);
  if (auto met = meet_moved_trials(now); !met) return forward_error(met);
  return before;
}

}  // namespace clm
