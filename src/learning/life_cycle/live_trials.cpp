#include "learning/life_cycle/live_trials.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "learning/options/hours.hpp"
#include "learning/trials/trial_evidence.hpp"
#include "serving/expiry.hpp"

namespace clm {
namespace {

/// That a trial begins this stage.
EventKind event_of(Stage stage) {
  switch (stage) {
    case Stage::shadow: return EventKind::shadow;
    case Stage::canary_first: return EventKind::canary_first;
    case Stage::canary_second: return EventKind::canary_second;
    case Stage::watch: break;
  }
  return EventKind::watch;
}

}  // namespace

std::vector<TrialView> LiveTrials::views() const {
  std::vector<TrialView> views;
  for (const Trial& trial : journal_.state().trials)
    views.push_back(view_of(trial, options_.deployment.stages, options_.label, interval_));
  return views;
}

bool LiveTrials::is_cooling_down(const TypeState& type, Timestamp now) const {
  return type.rolled_back_at && now - *type.rolled_back_at < hours(options_.deployment.stages.watch.cooldown_hours);
}

void LiveTrials::start_stage(Trial& trial, Stage stage, const VersionId& reference, Timestamp now) {
  trial.stage = stage;
  trial.reference = reference;
  trial.started = now;
  trial.losses = PairedTrial(trial_options(stage, options_.deployment.stages, options_.label, interval_));
  trial.challenger_behaviour = {};
  trial.reference_behaviour = {};
  trial.earlier_references.clear();
  if (trial.proposed != StageMove::stay) jobs_.cancel_proposals(trial.challenger, "its trial started over");
  trial.proposed = StageMove::stay;
}

void LiveTrials::begin(const std::string& model_type, const VersionId& challenger, Stage stage,
                       const VersionId& reference, const VersionVerdict& verdict, Timestamp now) {
  Trial trial{model_type, challenger, reference, stage, now, PairedTrial({}), {}, {}, verdict.route()};
  trial.fit_alone = verdict.fit_alone;
  start_stage(trial, stage, reference, now);
  journal_.state().trials.push_back(std::move(trial));
  journal_.record_event(now, event_of(stage), model_type, challenger,
                        reference.empty() ? "begins; it is held against nobody before a version of its type is active"
                                          : "begins beside " + reference.str());
}

void LiveTrials::end(Trial& trial) {
  if (trial.proposed != StageMove::stay) jobs_.cancel_proposals(trial.challenger, "its trial is over");
  trial.challenger = VersionId();
}

void LiveTrials::restart_against(const std::string& model_type, const VersionId& active, Timestamp now) {
  for (Trial& trial : journal_.state().trials) {
    if (trial.model_type != model_type || trial.challenger == active || trial.challenger.empty()) continue;
    if (trial.stage == Stage::watch) {
      journal_.record_event(now, EventKind::watch_ended, model_type, trial.challenger, active.str() + " is active now",
                            TrialEvidence(trial).text());
      end(trial);
      continue;
    }
    start_stage(trial, trial.stage, active, now);
    journal_.record_event(now, event_of(trial.stage), model_type, trial.challenger,
                          active.empty()
                              ? "starts over; it is held against nobody before a version of its type is active"
                              : "starts over beside " + active.str() + ", which is active now");
  }
}

void LiveTrials::go_on_beside(const std::string& model_type, const VersionId& active, Timestamp now) {
  for (Trial& trial : journal_.state().trials) {
    if (trial.model_type != model_type || trial.challenger == active || trial.challenger.empty()) continue;
    if (trial.stage != Stage::watch) {
      trial.earlier_references.push_back({trial.reference, now});
      trial.reference = active;
      continue;
    }
    journal_.record_event(now, EventKind::watch_ended, model_type, trial.challenger,
                          active.str() + ", a refresh, is active now", TrialEvidence(trial).text());
    end(trial);
  }
}

Job LiveTrials::job_of(const Trial& trial, const StageDecision& decision) const {
  Job job;
  job.model_type = trial.model_type;
  job.version = trial.challenger;
  job.reason = decision.reason;
  job.evidence_json = TrialEvidence(trial).text();
  job.kind = JobKind::advance;
  switch (decision.move) {
    case StageMove::stay: break;
    case StageMove::refuse: job.to = VersionStatus::rejected; break;
    case StageMove::retreat:
      job.to = VersionStatus::rolled_back;
      job.priority = Priority::high;
      break;
    case StageMove::undo:
      job.kind = JobKind::roll_back;
      job.to = VersionStatus::rolled_back;
      job.priority = Priority::urgent;
      break;
    case StageMove::go_on:
      if (trial.stage == Stage::shadow && trial.route == Route::through_canary &&
          options_.deployment.stages.canary.enabled) {
        job.to = VersionStatus::canary;
      } else {
        job.kind = JobKind::promote;
        job.to = VersionStatus::active;
      }
      break;
    case StageMove::succeed:
      job.kind = JobKind::promote;
      job.to = VersionStatus::active;
      job.priority = Priority::urgent;
  }
  return job;
}

void LiveTrials::propose(Trial& trial, const StageDecision& decision, Timestamp now) {
  if (trial.proposed == decision.move) return;
  if (trial.proposed != StageMove::stay) jobs_.cancel_proposals(trial.challenger, "it has come to look different");
  trial.proposed = decision.move;
  Job job = job_of(trial, decision);
  const bool asks = options_.deployment.mode == PolicyMode::advisory;
  journal_.record_event(now, EventKind::proposed, trial.model_type, trial.challenger,
                        (asks ? "waits for approval: " : "mode logging_only, so nothing is done: ") + describe(job) +
                            "; " + decision.reason,
                        job.evidence_json);
  if (!asks) return;
  job.approval = Approval::awaited;
  jobs_.plan(std::move(job));
}

void LiveTrials::move_on(Trial& trial, const StageDecision& decision, Timestamp now) {
  const bool ends_watch = trial.stage == Stage::watch && decision.move == StageMove::go_on;
  const bool grows_share = trial.stage == Stage::canary_first && decision.move == StageMove::go_on;
  const PolicyMode mode = options_.deployment.mode;
  // Whoever approved the canary approved both of its shares.
  if (!ends_watch && mode != PolicyMode::enforced && !(grows_share && mode == PolicyMode::advisory))
    return propose(trial, decision, now);

  const std::string evidence = TrialEvidence(trial).text();
  const auto say = [&](EventKind kind) {
    journal_.record_event(now, kind, trial.model_type, trial.challenger, decision.reason, evidence);
  };
  if (ends_watch) {
    say(EventKind::watch_ended);
    return end(trial);
  }
  if (grows_share) {
    say(EventKind::canary);
    return start_stage(trial, Stage::canary_second, trial.reference, now);
  }
  Job job = job_of(trial, decision);
  const JobKind kind = job.kind;
  jobs_.plan(std::move(job));
  switch (decision.move) {
    case StageMove::stay: return;
    case StageMove::refuse: say(EventKind::rejected); return end(trial);
    case StageMove::retreat: say(EventKind::retreat); return end(trial);
    case StageMove::undo:
      say(EventKind::rolled_back);
      journal_.type(trial.model_type).rolled_back_at = now;
      end(trial);
      return restart_against(trial.model_type, trial.reference, now);
    case StageMove::go_on:
    case StageMove::succeed: break;
  }
  if (kind == JobKind::advance) {
    say(EventKind::canary);
    return start_stage(trial, Stage::canary_first, trial.reference, now);
  }
  say(EventKind::promoted);
  restart_against(trial.model_type, trial.challenger, now);
  // As in `has_vote`: the version that it replaces is active until the job is done.
  const bool is_a_way_back = !is_vacant(journal_.type(trial.model_type), now, options_.serving);
  if (!options_.deployment.stages.watch.enabled || !is_a_way_back) return end(trial);
  start_stage(trial, Stage::watch, trial.reference, now);
}

/// Nobody is served by the version that it is held against: what was shown before its trial counts, unless the trial
/// speaks against it.
Result<std::optional<StageDecision>> LiveTrials::succession(const Trial& trial, Timestamp now) {
  const TypeState& type = journal_.type(trial.model_type);
  if (trial.stage == Stage::watch || !trial.fit_alone || type.active != trial.reference ||
      !is_vacant(type, now, options_.serving))
    return std::optional<StageDecision>();
  const auto can_serve = types_.has_vote(trial.challenger, now);
  if (!can_serve) return forward_error(can_serve);
  const TrialReport report = trial.losses.report();
  if (!*can_serve || report.outcome == TrialOutcome::worse || report.hi < 0) return std::optional<StageDecision>();
  if (type.active.empty())
    return std::optional(StageDecision{StageMove::succeed,
                                       "nobody is served by this type any more; what was found when it was judged is "
                                       "enough for a first version"});
  const BarLoss loss = trial_options(trial.stage, options_.deployment.stages, options_.label, interval_).loss;
  return std::optional(StageDecision{
      StageMove::succeed, "nobody is served by " + trial.reference.str() + " any more, which has expired: " +
                              describe_age({type.active_learned_until, type.active_as_of}, now) +
                              "; what was found when it was judged is enough for a first version, and beside the old "
                              "one it is not shown to be worse: " +
                              (report.bars == 0 ? std::string("no outcomes yet") : describe(report, loss))});
}

Status LiveTrials::decide(Timestamp now) {
  std::set<std::string> moved;  // one move of a type's alias a bar
  for (Trial& trial : journal_.state().trials) {
    if (trial.challenger.empty()) continue;  // ended by a move earlier in this loop
    auto decision = decide_stage(trial, options_.deployment.stages, options_.label, interval_);
    if (decision.move != StageMove::retreat) {
      const auto heir = succession(trial, now);
      if (!heir) return forward_error(heir);
      if (*heir) decision = **heir;
    }
    if (decision.move == StageMove::stay) continue;
    const bool moves_alias = decision.move == StageMove::undo || decision.move == StageMove::succeed ||
                             (decision.move == StageMove::go_on && trial.stage != Stage::watch);
    if (moves_alias &&
        (is_cooling_down(journal_.type(trial.model_type), now) || !moved.insert(trial.model_type).second))
      continue;
    move_on(trial, decision, now);
  }
  forget_ended();
  return {};
}

bool LiveTrials::is_on_trial(const VersionId& version) const {
  const auto& trials = journal_.state().trials;
  return std::any_of(trials.begin(), trials.end(), [&](const Trial& trial) { return trial.challenger == version; });
}

std::int64_t LiveTrials::candidates(const std::string& model_type) const {
  const auto& trials = journal_.state().trials;
  return std::count_if(trials.begin(), trials.end(), [&](const Trial& trial) {
    return trial.model_type == model_type && trial.stage != Stage::watch;
  });
}

Status LiveTrials::end_moved(Timestamp now) {
  for (Trial& trial : journal_.state().trials) {
    if (trial.challenger.empty()) continue;
    const auto record = registry_.find(trial.challenger.str());
    if (!record) return forward_error(record);
    if (record->status == status_in(trial.stage)) continue;
    // What was decided at this bar may not be carried out yet.
    const bool on_its_way = std::any_of(jobs_.open().begin(), jobs_.open().end(), [&](const Job& job) {
      return job.version == trial.challenger && job.approval != Approval::awaited &&
             (job.state == JobState::running || JobQueue::is_due(job, now));
    });
    if (on_its_way) continue;
    journal_.record_event(now, EventKind::trial_ended, trial.model_type, trial.challenger,
                          "it was made " + std::string(to_string(record->status)) + "; its " +
                              std::string(to_string(trial.stage)) + " is over");
    end(trial);
  }
  forget_ended();
  return {};
}

void LiveTrials::forget_ended() {
  std::erase_if(journal_.state().trials, [](const Trial& trial) { return trial.challenger.empty(); });
}

}  // namespace clm
