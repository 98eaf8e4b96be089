#include "learning/life_cycle/job_queue.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "learning/jobs/job_approval.hpp"
#include "learning/options/hours.hpp"
#include "learning/options/recipe_options.hpp"
#include "learning/options/training_settings.hpp"

namespace clm {

JobQueue::JobQueue(LifeCycleJournal& journal, const Registry& registry, const LearningOptions& options)
    : journal_(journal), registry_(registry), options_(options), settings_(training_settings_fingerprint(options)) {}

bool JobQueue::is_due(const Job& job, Timestamp now) {
  return is_open(job) && job.approval != Approval::awaited && job.not_before <= now;
}

const Job* JobQueue::waiting_training(const std::string& model_type) const {
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const Job& job) {
    return job.kind == JobKind::train && job.model_type == model_type;
  });
  return found == open_.end() ? nullptr : &*found;
}

void JobQueue::bring_forward(Job& job, Timestamp now) {
  job.not_before = now;
  journal_.save(job);
}

Status JobQueue::recover() {
  auto jobs = journal_.log().jobs(WhichJobs::open);
  if (!jobs) return forward_error(jobs);
  open_ = std::move(*jobs);
  const auto pauses = journal_.log().refresh_pauses();
  if (!pauses) return forward_error(pauses);
  for (Job& job : open_) {
    if (const RefreshPause* pause = pause_of(*pauses, job.model_type); job.kind == JobKind::train && pause != nullptr) {
      job.state = JobState::cancelled;
      job.outcome = describe(*pause);
      journal_.save(job);
      continue;
    }
    if (job.kind == JobKind::train && !options_of(options_, job.model_type)) {
      job.state = JobState::cancelled;
      job.outcome = "the settings have no recipe " + job.model_type + " any more";
      journal_.save(job);
      continue;
    }
    if (job.state != JobState::running) continue;
    job.state = JobState::pending;
    if (++job.recoveries > options_.jobs.max_recoveries) {
      job.state = JobState::failed;
      job.outcome = "given up: begun " + std::to_string(job.recoveries) + " times, and each time its process ended";
      journal_.record_event(journal_.state().last_close.value_or(job.data_until), EventKind::failed, job.model_type,
                            job.version, describe(job) + ": " + job.outcome);
    }
    journal_.save(job);
  }
  return complete_what_is_done();
}

Status JobQueue::complete_what_is_done() {
  for (Job& job : open_) {
    if (job.approval != Approval::awaited || job.state != JobState::pending) continue;
    const auto done = event_that_did(registry_, job);
    if (!done) return forward_error(done);
    if (!*done) continue;
    complete_as_approved(job, "done by " + (*done)->actor + ": " + (*done)->reason);
    journal_.save(job);
  }
  return {};
}

Status JobQueue::make_plan(Timestamp now) {
  if (planned_.empty()) return {};
  Plan plan{++journal_.state().plans, now, std::nullopt};
  order(planned_);
  for (Job& job : planned_) {
    job.id = ++journal_.state().jobs;
    job.plan = plan.id;
    job.data_until = job.not_before = now;
    job.decided_at = journal_.log().time_by_the_clock();
    journal_.save(job);
    if (job.kind == JobKind::train) {
      const auto seconds = journal_.log().typical_training_seconds(job.model_type);
      if (!seconds) return forward_error(seconds);
      if (*seconds) plan.expected_seconds = std::max(plan.expected_seconds.value_or(0), **seconds);
    }
    open_.push_back(std::move(job));
  }
  planned_.clear();
  journal_.save(plan);
  return {};
}

JobQueue::Begun JobQueue::begin_due(Timestamp now) {
  Begun begun;
  for (Job& job : open_) {
    if (!is_due(job, now)) continue;
    job.state = JobState::running;
    if (job.kind == JobKind::train) job.settings = settings_;
    journal_.save(job);
    (moves_a_version(job) ? begun.moves : begun.trainings) = true;
  }
  return begun;
}

void JobQueue::end_attempt(Job& job, Timestamp now, const std::optional<std::string>& error, std::string outcome) {
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
    journal_.record_event(now, EventKind::failed, job.model_type, job.version, text);
  }
  journal_.save(job);
}

void JobQueue::cancel_proposals(const VersionId& version, const std::string& why) {
  for (Job& job : open_) {
    if (job.version != version || job.approval != Approval::awaited || job.state != JobState::pending) continue;
    job.state = JobState::cancelled;
    job.outcome = why;
    journal_.save(job);
  }
}

Status JobQueue::commit(std::vector<ForecastRow> forecasts) {
  if (auto committed = journal_.commit(std::move(forecasts)); !committed) return committed;
  // Only here: whoever goes through the jobs may end one on the way.
  std::erase_if(open_, [](const Job& job) { return !is_open(job); });
  return {};
}

}  // namespace clm
