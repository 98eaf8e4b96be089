// What becomes of versions on trial: outcomes heard, stages begun and ended.
#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "learning/life_cycle.hpp"

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

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

}  // namespace

void LifeCycle::hear_outcomes(Timestamp now) {
  const Dataset& rows = tape_.rows();
  std::vector<float> labels(tape_.symbols().size());
  for (; !waiting_.empty() && tape_.known_at(waiting_.front().bar) <= now; waiting_.pop_front()) {
    const Waiting& due = waiting_.front();
    std::fill(labels.begin(), labels.end(), kNone);
    for (std::size_t row = tape_.row_begin(due.bar); row < tape_.row_end(due.bar); ++row)
      if (rows.known_at_ms[row] <= now.ms()) labels[rows.symbol[row]] = rows.label[row];
    std::map<VersionId, BarScore> scores;
    const auto score_of = [&](const VersionId& version) -> const BarScore* {
      const auto known = scores.find(version);
      if (known != scores.end()) return &known->second;
      const ForecastRow* said = row_of(due.rows, version);
      if (said == nullptr) return nullptr;
      return &scores.emplace(version, score_bar(said->forecast, labels, options_.judging.min_symbols)).first->second;
    };
    const Timestamp decided_at = tape_.close(due.bar);
    for (auto& [name, type] : state_.types) {
      if (!type.chart || decided_at <= type.charted_since) continue;
      if (const BarScore* score = score_of(type.charted)) type.chart->add(*score);
    }
    for (Trial& trial : state_.trials) {
      if (decided_at <= trial.started) continue;
      const BarScore* challenger = score_of(trial.challenger);
      const BarScore* reference = score_of(trial.reference);
      if (challenger == nullptr || reference == nullptr) continue;
      trial.losses.add(*reference, *challenger);
      trial.challenger_behaviour.add(*challenger);
      trial.reference_behaviour.add(*reference);
    }
  }
}

std::vector<TrialView> LifeCycle::trials() const {
  std::vector<TrialView> views;
  for (const Trial& trial : state_.trials)
    views.push_back(view_of(trial, options_.deployment.stages, options_.label, tape_.interval()));
  return views;
}

bool LifeCycle::is_cooling_down(const TypeState& type, Timestamp now) const {
  return type.rolled_back_at && now - *type.rolled_back_at < hours(options_.deployment.stages.watch.cooldown_hours);
}

void LifeCycle::start_stage(Trial& trial, Stage stage, const VersionId& reference, Timestamp now) {
  trial.stage = stage;
  trial.reference = reference;
  trial.started = now;
  trial.losses = PairedTrial(trial_options(stage, options_.deployment.stages, options_.label, tape_.interval()));
  trial.challenger_behaviour = {};
  trial.reference_behaviour = {};
  if (trial.proposed != StageMove::stay) cancel_proposals(trial.challenger, "its trial started over");
  trial.proposed = StageMove::stay;
}

void LifeCycle::begin_trial(const std::string& model_type, const VersionId& challenger, Stage stage,
                            const VersionId& reference, const VersionVerdict& verdict, Timestamp now) {
  Trial trial{model_type, challenger, reference, stage, now, PairedTrial({}), {}, {}, verdict.route()};
  trial.fit_alone = verdict.fit_alone;
  start_stage(trial, stage, reference, now);
  state_.trials.push_back(std::move(trial));
  tell(now, event_of(stage), model_type, challenger,
       reference.empty() ? "begins; it is held against nobody before a version of its type is active"
                         : "begins beside " + reference.str());
}

void LifeCycle::end_trial(Trial& trial) {
  if (trial.proposed != StageMove::stay) cancel_proposals(trial.challenger, "its trial is over");
  trial.challenger = VersionId();
}

void LifeCycle::restart_trials_against(const std::string& model_type, const VersionId& active, Timestamp now) {
  for (Trial& trial : state_.trials) {
    if (trial.model_type != model_type || trial.challenger == active || trial.challenger.empty()) continue;
    if (trial.stage == Stage::watch) {
      tell(now, EventKind::watch_ended, model_type, trial.challenger, active.str() + " is active now",
           evidence_of(trial).dump());
      end_trial(trial);
      continue;
    }
    start_stage(trial, trial.stage, active, now);
    tell(now, event_of(trial.stage), model_type, trial.challenger,
         active.empty() ? "starts over; it is held against nobody before a version of its type is active"
                        : "starts over beside " + active.str() + ", which is active now");
  }
}

Job LifeCycle::job_of(const Trial& trial, const StageDecision& decision) const {
  Job job;
  job.model_type = trial.model_type;
  job.version = trial.challenger;
  job.reason = decision.reason;
  job.evidence_json = evidence_of(trial).dump();
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

void LifeCycle::propose(Trial& trial, const StageDecision& decision, Timestamp now) {
  if (trial.proposed == decision.move) return;
  if (trial.proposed != StageMove::stay) cancel_proposals(trial.challenger, "it has come to look different");
  trial.proposed = decision.move;
  Job job = job_of(trial, decision);
  const bool asks = options_.deployment.mode == PolicyMode::advisory;
  tell(now, EventKind::proposed, trial.model_type, trial.challenger,
       (asks ? "waits for approval: " : "mode logging_only, so nothing is done: ") + describe(job) + "; " +
           decision.reason,
       job.evidence_json);
  if (!asks) return;
  job.approval = Approval::awaited;
  planned_.push_back(std::move(job));
}

void LifeCycle::move_on(Trial& trial, const StageDecision& decision, Timestamp now) {
  const bool ends_watch = trial.stage == Stage::watch && decision.move == StageMove::go_on;
  const bool grows_share = trial.stage == Stage::canary_first && decision.move == StageMove::go_on;
  const PolicyMode mode = options_.deployment.mode;
  // Whoever approved the canary approved both of its shares.
  if (!ends_watch && mode != PolicyMode::enforced && !(grows_share && mode == PolicyMode::advisory))
    return propose(trial, decision, now);

  const std::string evidence = evidence_of(trial).dump();
  const auto tell_it = [&](EventKind kind) {
    tell(now, kind, trial.model_type, trial.challenger, decision.reason, evidence);
  };
  if (ends_watch) {
    tell_it(EventKind::watch_ended);
    return end_trial(trial);
  }
  if (grows_share) {
    tell_it(EventKind::canary);
    return start_stage(trial, Stage::canary_second, trial.reference, now);
  }
  planned_.push_back(job_of(trial, decision));
  const Job& job = planned_.back();
  switch (decision.move) {
    case StageMove::stay: return;
    case StageMove::refuse: tell_it(EventKind::rejected); return end_trial(trial);
    case StageMove::retreat: tell_it(EventKind::retreat); return end_trial(trial);
    case StageMove::undo:
      tell_it(EventKind::rolled_back);
      state_.types[trial.model_type].rolled_back_at = now;
      end_trial(trial);
      return restart_trials_against(trial.model_type, trial.reference, now);
    case StageMove::go_on:
    case StageMove::succeed: break;
  }
  if (job.kind == JobKind::advance) {
    tell_it(EventKind::canary);
    return start_stage(trial, Stage::canary_first, trial.reference, now);
  }
  tell_it(EventKind::promoted);
  restart_trials_against(trial.model_type, trial.challenger, now);
  // As in `has_vote`: the version that it replaces is active until the job is done.
  const bool is_a_way_back = !is_vacant(state_.types[trial.model_type], now, options_.serving);
  if (!options_.deployment.stages.watch.enabled || !is_a_way_back) return end_trial(trial);
  start_stage(trial, Stage::watch, trial.reference, now);
}

/// Nobody is served by the version that it is held against: what was shown before its trial counts, unless the trial
/// speaks against it.
Result<std::optional<StageDecision>> LifeCycle::succession(const Trial& trial, Timestamp now) {
  const TypeState& type = state_.types[trial.model_type];
  if (trial.stage == Stage::watch || !trial.fit_alone || type.active != trial.reference ||
      !is_vacant(type, now, options_.serving))
    return std::optional<StageDecision>();
  const auto can_serve = has_vote(trial.challenger, now);
  if (!can_serve) return forward_error(can_serve);
  const TrialReport report = trial.losses.report();
  if (!*can_serve || report.outcome == TrialOutcome::worse || report.hi < 0) return std::optional<StageDecision>();
  if (type.active.empty())
    return std::optional(StageDecision{StageMove::succeed,
                                       "nobody is served by this type any more; what was found when it was judged is "
                                       "enough for a first version"});
  const BarLoss loss = trial_options(trial.stage, options_.deployment.stages, options_.label, tape_.interval()).loss;
  return std::optional(
      StageDecision{StageMove::succeed,
                    "nobody is served by " + trial.reference.str() + " any more, whose data ended " +
                        to_string(now - type.active_data_end) +
                        " ago; what was found when it was judged is enough for a first version, and beside the old "
                        "one it is not shown to be worse: " +
                        (report.bars == 0 ? std::string("no outcomes yet") : describe(report, loss))});
}

Status LifeCycle::decide_trials(Timestamp now) {
  std::set<std::string> moved;  // one move of a type's alias a bar
  for (Trial& trial : state_.trials) {
    if (trial.challenger.empty()) continue;  // ended by a move earlier in this loop
    auto decision = decide_stage(trial, options_.deployment.stages, options_.label, tape_.interval());
    if (decision.move != StageMove::retreat) {
      const auto heir = succession(trial, now);
      if (!heir) return forward_error(heir);
      if (*heir) decision = **heir;
    }
    if (decision.move == StageMove::stay) continue;
    const bool moves_alias = decision.move == StageMove::undo || decision.move == StageMove::succeed ||
                             (decision.move == StageMove::go_on && trial.stage != Stage::watch);
    if (moves_alias && (is_cooling_down(state_.types[trial.model_type], now) || !moved.insert(trial.model_type).second))
      continue;
    move_on(trial, decision, now);
  }
  forget_ended_trials();
  return {};
}

void LifeCycle::forget_ended_trials() {
  std::erase_if(state_.trials, [](const Trial& trial) { return trial.challenger.empty(); });
}

}  // namespace clm
