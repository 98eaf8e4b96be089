#include "learning/life_cycle/broken_versions.hpp"

namespace clm {

Result<bool> BrokenVersions::fail_if_broken(const VersionId& version, Timestamp now) {
  const auto record = registry_.find(version.str());
  if (!record) return forward_error(record);
  if (!is_legal_transition(record->status, VersionStatus::failed)) return false;
  const auto problem = registry_.what_is_broken(*record);
  if (!problem) return forward_error(problem);
  if (!*problem) return false;
  const std::string what = (*problem)->message + ((*problem)->where.empty() ? "" : " (" + (*problem)->where + ")");
  const Decision failure{
      now, "life cycle", (are_bytes_sound(**problem) ? "" : "its stored bytes are broken: ") + what, {}};
  if (auto failed = registry_.advance(version, VersionStatus::failed, failure); !failed) return forward_error(failed);
  journal_.record_event(now, EventKind::failed, slot_name(record->slot), version, failure.reason);
  return true;
}

/// The nearest one is looked at, as it is what a rollback leads to.
Status BrokenVersions::reconcile_ways_back(const std::string& model_type, Timestamp now) {
  for (;;) {
    const auto ways = registry_.ways_back(slot_of(model_type));
    if (!ways) return forward_error(ways);
    if (ways->empty()) return {};
    const auto broken = fail_if_broken(ways->front().version, now);
    if (!broken) return forward_error(broken);
    if (!*broken) return {};
  }
}

Status BrokenVersions::reconcile_trials(Timestamp now) {
  for (Trial& trial : journal_.state().trials) {
    if (trial.stage != Stage::watch) {
      const auto record = registry_.find(trial.challenger.str());
      if (!record) return forward_error(record);
      if (record->status != status_in(trial.stage)) continue;  // somebody has moved it, which is looked at next
      if (auto broken = fail_if_broken(trial.challenger, now); !broken) return forward_error(broken);
      continue;
    }
    const auto reference = registry_.find(trial.reference.str());
    if (!reference) return forward_error(reference);
    const auto problem = registry_.what_is_broken(*reference);
    if (!problem) return forward_error(problem);
    if (!*problem) continue;
    journal_.record_event(now, EventKind::watch_ended, trial.model_type, trial.challenger,
                          "the way back to " + trial.reference.str() + " is broken: " + to_string(**problem));
    trials_.end(trial);
  }
  trials_.forget_ended();
  return {};
}

Result<VersionId> BrokenVersions::go_back_from(const std::string& model_type, const VersionId& lost, Timestamp now) {
  const auto ways = registry_.ways_back(slot_of(model_type));
  if (!ways) return forward_error(ways);
  for (const VersionRecord& way : *ways) {
    const auto broken = fail_if_broken(way.version, now);
    if (!broken) return forward_error(broken);
    const auto may_vote = types_.has_vote(way.version, now);
    if (!may_vote) return forward_error(may_vote);
    if (*broken || !*may_vote) continue;
    const Decision decision{now, "life cycle", lost.str() + " is broken", {}};
    const auto back = registry_.rollback(slot_of(model_type), decision, {way.version, Registry::IfBroken::refuse});
    if (!back) return forward_error(back);
    return back->active.version;
  }
  return VersionId();
}

Status BrokenVersions::make_up_for(const std::string& model_type, const VersionId& lost, Timestamp now) {
  TypeState& type = journal_.type(model_type);
  type.lost = "the active version " + lost.str() + " is broken";
  if (auto met = reconcile_ways_back(model_type, now); !met) return met;
  if (type.active.empty() && options_.deployment.mode != PolicyMode::logging_only) {
    const auto back = go_back_from(model_type, lost, now);
    if (!back) return forward_error(back);
    if (!back->empty())
      journal_.record_event(now, EventKind::promoted, model_type, *back,
                            "active again in the place of " + lost.str() + ", which is broken");
    if (auto read = types_.read(model_type); !read) return read;
  }
  const auto ways = registry_.ways_back(slot_of(model_type));
  if (!ways) return forward_error(ways);
  if (!type.active.empty())
    type.lost += ", and " + type.active.str() + " serves meanwhile";
  else if (ways->empty())
    type.lost += ", and there is no older version that is sound";
  else
    type.lost += "; clm rollback " + model_type + " --reason TEXT puts " + ways->front().version.str() +
                 ", which is older, in its place";
  for (Trial& trial : journal_.state().trials) {
    if (trial.challenger != lost) continue;
    journal_.record_event(now, EventKind::watch_ended, model_type, lost, "it is not active any more");
    trials_.end(trial);
  }
  trials_.restart_against(model_type, type.active, now);
  return {};
}

/// What was active and is broken; empty: nothing. `known` is what the state knew.
Result<VersionId> BrokenVersions::lost_of(const VersionId& active, const VersionId& known, Timestamp now) {
  if (!active.empty()) {
    const auto broken = fail_if_broken(active, now);
    if (!broken) return forward_error(broken);
    if (*broken) return active;
  }
  if (known.empty() || known == active) return VersionId();
  // Or a process that noticed was killed before it had said so.
  const auto record = registry_.find(known.str());
  if (!record) return forward_error(record);
  return record->status == VersionStatus::failed ? known : VersionId();
}

Result<std::map<std::string, VersionId>> BrokenVersions::reconcile(std::map<std::string, VersionId> active_before) {
  const Timestamp now = journal_.now();
  if (auto read = types_.read_all(); !read) return forward_error(read);
  for (const auto& [name, active] : active_versions(journal_.state())) {
    const auto lost = lost_of(active, active_before[name], now);
    if (!lost) return forward_error(lost);
    if (lost->empty()) {
      if (auto met = reconcile_ways_back(name, now); !met) return forward_error(met);
      continue;
    }
    if (auto read = types_.read(name); !read) return forward_error(read);
    if (auto made_up = make_up_for(name, *lost, now); !made_up) return forward_error(made_up);
    active_before[name] = journal_.type(name).active;
  }
  if (auto met = reconcile_trials(now); !met) return forward_error(met);
  if (auto met = trials_.end_moved(now); !met) return forward_error(met);
  return active_before;
}

}  // namespace clm
