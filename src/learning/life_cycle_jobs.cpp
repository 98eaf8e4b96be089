// What was decided becomes a plan of jobs, and the jobs are carried out.
#include <algorithm>
#include <cmath>

#include "learning/job_approval.hpp"
#include "learning/life_cycle.hpp"

namespace clm {

void LifeCycle::save(const Job& job) {
  const auto known = std::find_if(unsaved_jobs_.begin(), unsaved_jobs_.end(),
                                  [&](const Job& unsaved) { return unsaved.id == job.id; });
  if (known == unsaved_jobs_.end()) {
    unsaved_jobs_.push_back(job);
  } else {
    *known = job;
  }
}

bool LifeCycle::is_due(const Job& job, Timestamp now) {
  return is_open(job) && job.approval != Approval::awaited && job.not_before <= now;
}

Status LifeCycle::recover_jobs() {
  auto jobs = log_.jobs(WhichJobs::open);
  if (!jobs) return forward_error(jobs);
  open_jobs_ = std::move(*jobs);
  for (Job& job : open_jobs_) {
    if (job.state != JobState::running) continue;
    job.state = JobState::pending;
    if (++job.recoveries > options_.jobs.max_recoveries) {
      job.state = JobState::failed;
      job.outcome = "given up: begun " + std::to_string(job.recoveries) + " times, and each time its process ended";
      tell(state_.last_close.value_or(job.data_until), EventKind::failed, job.model_type, job.version,
           describe(job) + ": " + job.outcome);
    }
    save(job);
  }
  return complete_what_is_done();
}

Status LifeCycle::complete_what_is_done() {
  for (Job& job : open_jobs_) {
    if (job.approval != Approval::awaited || job.state != JobState::pending) continue;
    const auto done = event_that_did(place_.registry, job);
    if (!done) return forward_error(done);
    if (!*done) continue;
    complete_as_approved(job, "done by " + (*done)->actor + ": " + (*done)->reason);
    save(job);
  }
  return {};
}

Status LifeCycle::make_plan(Timestamp now) {
  if (planned_.empty()) return {};
  Plan plan{++state_.plans, now, std::nullopt};
  order(planned_);
  for (Job& job : planned_) {
    job.id = ++state_.jobs;
    job.plan = plan.id;
    job.data_until = job.not_before = now;
    job.decided_at = log_.time_by_the_clock();
    save(job);
    if (job.kind == JobKind::train) {
      const auto seconds = log_.typical_training_seconds(job.model_type);
      if (!seconds) return forward_error(seconds);
      if (*seconds) plan.expected_seconds = std::max(plan.expected_seconds.value_or(0), **seconds);
    }
    open_jobs_.push_back(std::move(job));
  }
  planned_.clear();
  unsaved_plans_.push_back(plan);
  return {};
}

void LifeCycle::cancel_proposals(const VersionId& version, const std::string& why) {
  for (Job& job : open_jobs_) {
    if (job.version != version || job.approval != Approval::awaited || job.state != JobState::pending) continue;
    job.state = JobState::cancelled;
    job.outcome = why;
    save(job);
  }
}

void LifeCycle::end_attempt(Job& job, Timestamp now, const std::optional<std::string>& error, std::string outcome) {
  ++job.attempts;
  job.state = error ? JobState::failed : JobState::completed;
  job.outcome = error ? *error : std::move(outcome);
  if (error) {
    std::string text = describe(job) + ": " + *error;
    if (job.kind == JobKind::train && job.attempts < options_.jobs.max_attempts) {
      job.state = JobState::pending;
      job.not_before = now + hours(options_.jobs.backoff_hours * std::exp2(job.attempts - 1));
      text += "; tried again from " + to_string(job.not_before);
    }
    tell(now, EventKind::failed, job.model_type, job.version, text);
  }
  save(job);
}

Status LifeCycle::carry_out(Timestamp now, const RunContext& run) {
  bool moves = false, trains = false;
  for (Job& job : open_jobs_) {
    if (!is_due(job, now)) continue;
    job.state = JobState::running;
    if (job.kind == JobKind::train) job.settings = settings_;
    save(job);
    (moves_a_version(job) ? moves : trains) = true;
  }
  if (!moves && !trains) return untold_.empty() && unsaved_jobs_.empty() ? Status() : commit({});
  if (auto begun = commit({}); !begun) return begun;
  for (Job& job : open_jobs_)
    if (job.state == JobState::running && moves_a_version(job))
      if (auto moved = move(job, now); !moved) return moved;
  if (trains)
    if (auto learned = learn(now, run); !learned) return learned;
  book_->keep_only(versions_concerned());
  return commit({});
}

Status LifeCycle::promote(const VersionRecord& record, const Decision& decision) {
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

Result<std::string> LifeCycle::roll_back(const VersionRecord& record, const Decision& decision) {
  if (record.status == VersionStatus::active) {
    Registry::RollbackOptions options;
    options.if_broken = Registry::IfBroken::next_older;
    if (auto done = place_.registry.rollback(record.slot, decision, options); !done) return forward_error(done);
  }
  // Likewise.
  const auto history = place_.registry.history(record.slot.model_type);
  if (!history) return forward_error(history);
  std::string outcome = "done";
  for (const Event& event : *history) {
    if (event.at != decision.at || event.actor != decision.actor) continue;
    if (event.to == VersionStatus::failed) {
      outcome += "; " + event.version.str() + " is broken and was passed over";
      tell(decision.at, EventKind::failed, record.slot.model_type, event.version, event.reason);
    }
    if (event.to == VersionStatus::active) outcome += "; " + event.version.str() + " is active again";
  }
  return outcome;
}

Result<std::string> LifeCycle::carry_out_move(const Job& job, Timestamp now) {
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

Status LifeCycle::move(Job& job, Timestamp now) {
  const auto moved = carry_out_move(job, now);
  // A version that is broken or was moved meanwhile is not moved, and that is known from now on; the rest goes on.
  if (!moved && moved.error().kind != ErrorKind::integrity && moved.error().kind != ErrorKind::refused)
    return forward_error(moved);
  end_attempt(job, now, moved ? std::nullopt : std::optional(to_string(moved.error())), moved.value_or(""));
  // With no way back it stays, and whoever comes after it need not wait.
  if (!moved && job.kind == JobKind::roll_back) state_.types[job.model_type].rolled_back_at.reset();
  if (auto read = read_active(job.model_type); !read) return read;
  if (auto met = meet_moved_trials(now); !met) return met;
  const VersionId active = state_.types[job.model_type].active;
  const bool another = std::any_of(state_.trials.begin(), state_.trials.end(), [&](const Trial& trial) {
    return trial.model_type == job.model_type && trial.stage != Stage::watch && trial.reference != active;
  });
  if (another && !active.empty()) restart_trials_against(job.model_type, active, now);
  return {};
}

Status LifeCycle::learn(Timestamp now, const RunContext& run) {
  std::vector<Trigger> triggers;
  for (const Job& job : open_jobs_)
    if (job.state == JobState::running && job.kind == JobKind::train)
      triggers.push_back({job.model_type, job.trigger, job.priority, job.reason});
  const CycleRequest request{now, Force::no, "life cycle", triggers};
  last_cycle_.emplace(run_cycle(place_, options_, request, run));
  const Result<CycleReport>& report = *last_cycle_;
  // What is the data's fault is a failed attempt. Anything else stops the life cycle with its jobs still running.
  if (!report && report.error().kind != ErrorKind::data) return forward_error(report);
  for (Job& job : open_jobs_) {
    if (job.state != JobState::running || moves_a_version(job)) continue;
    if (job.kind == JobKind::train) state_.types[job.model_type].last_attempt = now;
    if (!report) {
      end_attempt(job, now, to_string(report.error()), {});
      continue;
    }
    job.seconds = report->seconds;
    const auto result = std::find_if(report->results.begin(), report->results.end(),
                                     [&](const CycleResult& one) { return one.model_type == job.model_type; });
    if (result == report->results.end()) {
      end_attempt(job, now, std::nullopt, report->ensemble.why);
    } else if (result->version.empty()) {
      end_attempt(job, now, result->reasons.empty() ? "the training failed" : result->reasons.front(), {});
    } else {
      end_attempt(job, now, std::nullopt, result->version.str() + ": " + result->decision);
    }
  }
  return report ? meet_newcomers(report->results, now) : Status();
}

}  // namespace clm
