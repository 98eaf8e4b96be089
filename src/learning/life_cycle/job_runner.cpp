#include "learning/life_cycle/job_runner.hpp"

#include <algorithm>

namespace clm {

Status JobRunner::carry_out(Timestamp now, const RunContext& run) {
  const JobQueue::Begun begun = jobs_.begin_due(now);
  if (!begun.moves && !begun.trainings) return journal_.has_news() ? jobs_.commit({}) : Status();
  if (auto committed = jobs_.commit({}); !committed) return committed;
  for (Job& job : jobs_.open())
    if (job.state == JobState::running && moves_a_version(job))
      if (auto moved = move(job, now); !moved) return moved;
  if (begun.trainings)
    if (auto learned = learn(now, run); !learned) return learned;
  return jobs_.commit({});
}

Status JobRunner::promote(const VersionRecord& record, const Decision& decision) {
  if (record.status == VersionStatus::active) return {};
  if (record.status != VersionStatus::failed) {
    const auto done = place_.registry.promote(record.version, decision);
    if (done) return {};
    if (done.error().kind != ErrorKind::integrity) return forward_error(done);
    // Whose bytes are not what was judged can do nothing any more: on trial it would only break the next step.
    const Decision failure{decision.at, decision.actor, to_string(done.error()), {}};
    if (auto failed = place_.registry.advance(record.version, VersionStatus::failed, failure); !failed)
      return forward_error(failed);
  }
  // As the registry has it, so that a job that is carried out a second time says the same.
  const auto events = place_.registry.events_of(record.version);
  if (!events) return forward_error(events);
  return fail(ErrorKind::integrity, "life_cycle.broken", "it is not promoted: " + events->back().reason,
              record.version.str(), "clm verify names every altered file.");
}

Result<std::string> JobRunner::roll_back(const VersionRecord& record, const Decision& decision) {
  if (record.status == VersionStatus::active) {
    Registry::RollbackOptions options;
    options.if_broken = Registry::IfBroken::next_older;
    if (auto done = place_.registry.rollback(record.slot, decision, options); !done) return forward_error(done);
  }
  // Likewise.
  const auto history = place_.registry.history_of(record.slot);
  if (!history) return forward_error(history);
  std::string outcome = "done";
  for (const Event& event : *history) {
    if (event.at != decision.at || event.actor != decision.actor) continue;
    if (event.to == VersionStatus::failed) {
      outcome += "; " + event.version.str() + " is broken and was passed over";
      journal_.record_event(decision.at, EventKind::failed, slot_name(record.slot), event.version, event.reason);
    }
    if (event.to == VersionStatus::active) outcome += "; " + event.version.str() + " is active again";
  }
  return outcome;
}

Result<std::string> JobRunner::carry_out_move(const Job& job, Timestamp now) {
  const auto record = place_.registry.find(job.version.str());
  if (!record) return forward_error(record);
  const Decision decision{now, "life cycle, job " + std::to_string(job.id), job.reason, job.evidence_json};
  if (job.kind == JobKind::roll_back) return roll_back(*record, decision);
  if (job.kind == JobKind::promote) {
    if (auto done = promote(*record, decision); !done) return forward_error(done);
  } else if (record->status != job.to) {
    if (auto done = place_.registry.advance(job.version, job.to, decision); !done) return forward_error(done);
  }
  return std::string("done");
}

Status JobRunner::move(Job& job, Timestamp now) {
  const auto moved = carry_out_move(job, now);
  // A version that is broken or was moved meanwhile is not moved, and that is known from now on; the rest goes on.
  if (!moved && moved.error().kind != ErrorKind::integrity && moved.error().kind != ErrorKind::refused)
    return forward_error(moved);
  jobs_.end_attempt(job, now, moved ? std::nullopt : std::optional(to_string(moved.error())), moved.value_or(""));
  // With no way back it stays, and whoever comes after it need not wait.
  if (!moved && job.kind == JobKind::roll_back) journal_.type(job.model_type).rolled_back_at.reset();
  if (auto read = types_.read(job.model_type); !read) return read;
  if (auto met = trials_.end_moved(now); !met) return met;
  const VersionId active = journal_.type(job.model_type).active;
  const bool another =
      std::any_of(journal_.state().trials.begin(), journal_.state().trials.end(), [&](const Trial& trial) {
        return trial.model_type == job.model_type && trial.stage != Stage::watch && trial.reference != active;
      });
  if (another && !active.empty()) trials_.restart_against(job.model_type, active, now);
  return {};
}

Status JobRunner::learn(Timestamp now, const RunContext& run) {
  std::vector<Trigger> triggers;
  for (const Job& job : jobs_.open())
    if (job.state == JobState::running && job.kind == JobKind::train)
      triggers.push_back({job.model_type, job.trigger, job.priority, job.reason});
  const CycleRequest request{now, Force::no, "life cycle", triggers};
  last_cycle_.emplace(run_cycle(place_, options_, request, run));
  const Result<CycleReport>& report = *last_cycle_;
  // What is the data's fault is a failed attempt. Anything else stops the life cycle with its jobs still running.
  if (!report && report.error().kind != ErrorKind::data) return forward_error(report);
  for (Job& job : jobs_.open()) {
    if (job.state != JobState::running || moves_a_version(job)) continue;
    if (job.kind == JobKind::train) journal_.type(job.model_type).last_attempt = now;
    if (!report) {
      jobs_.end_attempt(job, now, to_string(report.error()), {});
      continue;
    }
    job.seconds = report->seconds;
    const auto result = std::find_if(report->results.begin(), report->results.end(),
                                     [&](const CycleResult& one) { return one.model_type == job.model_type; });
    if (result == report->results.end()) {
      jobs_.end_attempt(job, now, std::nullopt, report->ensemble.why);
    } else if (result->version.empty()) {
      jobs_.end_attempt(job, now, result->reasons.empty() ? "the training failed" : result->reasons.front(), {});
    } else {
      jobs_.end_attempt(job, now, std::nullopt, result->version.str() + ": " + result->decision);
    }
  }
  return report ? reconciler_.reconcile_trained(report->results, now) : Status();
}

}  // namespace clm
