// What becomes of versions on trial: outcomes heard, stages begun and ended.
#include <algorithm>
#include <limits>
#include <set>

#include <nlohmann/json.hpp>

#include "learning/life_cycle.hpp"

namespace clm {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

const ForecastRow* row_of(const std::vector<ForecastRow>& rows, const VersionId& version) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const ForecastRow& row) { return row.who == version.str(); });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

void LifeCycle::hear_outcomes(Timestamp now) {
  const Dataset& rows = tape_.rows();
  std::vector<float> labels(tape_.symbols().size());
  for (; !waiting_.empty() && tape_.known_at(waiting_.front().bar) <= now; waiting_.pop_front()) {
    const Waiting& due = waiting_.front();
    std::fill(labels.begin(), labels.end(), kNone);
    for (std::size_t row = tape_.row_begin(due.bar); row < tape_.row_end(due.bar); ++row)
      if (rows.known_at_ms[row] <= now.ms()) labels[rows.symbol[row]] = rows.label[row];
    const Timestamp decided_at = tape_.close(due.bar);
    for (auto& [name, type] : state_.types) {
      if (!type.chart || decided_at <= type.charted_since) continue;
      if (const ForecastRow* said = row_of(due.rows, type.charted))
        type.chart->add(score_bar(said->forecast, labels, options_.judging.min_symbols));
    }
    for (Trial& trial : state_.trials) {
      if (decided_at <= trial.started) continue;
      const ForecastRow* challenger = row_of(due.rows, trial.challenger);
      const ForecastRow* reference = row_of(due.rows, trial.reference);
      if (challenger == nullptr || reference == nullptr) continue;
      const BarScore theirs = score_bar(reference->forecast, labels, options_.judging.min_symbols);
      const BarScore own = score_bar(challenger->forecast, labels, options_.judging.min_symbols);
      trial.losses.add(theirs, own);
      trial.challenger_behaviour.add(own);
      trial.reference_behaviour.add(theirs);
    }
  }
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
}

void LifeCycle::begin_trial(const std::string& model_type, const VersionId& challenger, Stage stage,
                            const VersionId& reference, Timestamp now) {
  Trial trial{model_type, challenger, reference, stage, now, PairedTrial({}), {}, {}};
  start_stage(trial, stage, reference, now);
  state_.trials.push_back(std::move(trial));
  tell(now, std::string(to_string(stage)), model_type, challenger, "begins beside " + reference.str());
}

void LifeCycle::restart_trials_against(const std::string& model_type, const VersionId& active, Timestamp now) {
  for (Trial& trial : state_.trials) {
    if (trial.model_type != model_type || trial.challenger == active || trial.challenger.empty()) continue;
    if (trial.stage == Stage::watch) {
      tell(now, "watch_ended", model_type, trial.challenger, active.str() + " is active now",
           evidence_of(trial).dump());
      trial.challenger = VersionId();
      continue;
    }
    start_stage(trial, trial.stage, active, now);
    tell(now, std::string(to_string(trial.stage)), model_type, trial.challenger,
         "starts over beside " + active.str() + ", which is active now");
  }
}

void LifeCycle::move_on(Trial& trial, const StageDecision& decision, Timestamp now) {
  const std::string evidence = evidence_of(trial).dump();
  TypeState& type = state_.types[trial.model_type];
  const auto act = [&](PendingAction::Kind kind, VersionStatus to) {
    state_.pending.push_back({kind, trial.model_type, trial.challenger, to, decision.reason, evidence, {}});
  };
  const auto tell_it = [&](const char* kind) {
    tell(now, kind, trial.model_type, trial.challenger, decision.reason, evidence);
  };
  const bool canary_next = trial.stage == Stage::shadow && options_.deployment.stages.canary.enabled;
  switch (decision.move) {
    case StageMove::stay: return;
    case StageMove::refuse:
      act(PendingAction::Kind::advance, VersionStatus::rejected);
      tell_it("rejected");
      return;
    case StageMove::retreat:
      act(PendingAction::Kind::advance, VersionStatus::rolled_back);
      tell_it("retreat");
      return;
    case StageMove::undo:
      act(PendingAction::Kind::roll_back, VersionStatus::rolled_back);
      tell_it("rolled_back");
      type.rolled_back_at = now;
      trial.challenger = VersionId();
      restart_trials_against(trial.model_type, trial.reference, now);
      return;
    case StageMove::go_on: break;
  }
  if (trial.stage == Stage::watch) {
    tell_it("watch_ended");
  } else if (canary_next) {
    act(PendingAction::Kind::advance, VersionStatus::canary);
    tell_it("canary");
    start_stage(trial, Stage::canary_first, trial.reference, now);
  } else if (trial.stage == Stage::canary_first) {
    tell_it("canary");
    start_stage(trial, Stage::canary_second, trial.reference, now);
  } else {
    act(PendingAction::Kind::promote, VersionStatus::active);
    tell_it("promoted");
    start_stage(trial, Stage::watch, trial.reference, now);
    restart_trials_against(trial.model_type, trial.challenger, now);
  }
}

void LifeCycle::decide_trials(Timestamp now) {
  std::set<std::string> moved;  // one move of a type's alias a bar
  for (Trial& trial : state_.trials) {
    if (trial.challenger.empty()) continue;  // ended by a move earlier in this loop
    const auto decision = decide_stage(trial, options_.deployment.stages, options_.label, tape_.interval());
    if (decision.move == StageMove::stay) continue;
    const bool moves_alias =
        decision.move == StageMove::undo || (decision.move == StageMove::go_on && trial.stage != Stage::watch);
    if (moves_alias && (is_cooling_down(state_.types[trial.model_type], now) || !moved.insert(trial.model_type).second))
      continue;
    const bool ends = decision.move != StageMove::go_on || trial.stage == Stage::watch ||
                      (trial.stage != Stage::canary_first && !options_.deployment.stages.watch.enabled &&
                       !(trial.stage == Stage::shadow && options_.deployment.stages.canary.enabled));
    move_on(trial, decision, now);
    if (ends) trial.challenger = VersionId();
  }
  forget_ended_trials();
}

void LifeCycle::forget_ended_trials() {
  std::erase_if(state_.trials, [](const Trial& trial) { return trial.challenger.empty(); });
}

}  // namespace clm
