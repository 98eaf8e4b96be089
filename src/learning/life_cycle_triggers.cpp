// Whether something is to be learned: the triggers are asked, each at its own times.
#include <algorithm>
#include <utility>

#include "learning/life_cycle.hpp"

namespace clm {
namespace {

std::string sentence(const Trigger& trigger) {
  return std::string(to_string(trigger.kind)) + " (" + std::string(to_string(trigger.priority)) +
         "): " + trigger.reason;
}

}  // namespace

Status LifeCycle::begin_chart(TypeState& type) {
  if (type.charted == type.active) return {};
  const auto promise = watch_->promise_of(type.active);
  if (!promise) return forward_error(promise);
  type.charted = type.active;
  type.charted_since = state_.last_close.value_or(Timestamp(0));
  type.chart.reset();
  if (*promise) type.chart.emplace(**promise, watch_->performance_options());
  return {};
}

Result<std::optional<Trigger>> LifeCycle::due_trigger(const std::string& model_type, std::size_t bar) {
  TypeState& type = state_.types[model_type];
  const Timestamp now = tape_.close(bar);
  const TriggerOptions& options = options_.triggers;
  const Timestamp before = state_.last_look.value_or(Timestamp(0));
  std::vector<TriggerKind> kinds;
  for (const TriggerType& one : trigger_types())
    if (is_listened_to(options, one.kind) && falls_due(one, before, now, options)) kinds.push_back(one.kind);
  const auto seen = watch_->look(
      {model_type, type.active, type.active_data_end, type.last_attempt, type.chart ? &*type.chart : nullptr}, bar,
      kinds);
  if (!seen) return forward_error(seen);
  // One training answers all of them; the most urgent one gives it its reason.
  std::optional<Trigger> chosen;
  for (const Sighting& sighting : *seen) {
    if (!sighting.fired) continue;
    tell(now, EventKind::trigger, model_type, type.active, sentence(sighting.trigger));
    if (sighting.trigger.kind == TriggerKind::performance_decay) type.chart->answer();
    if (!chosen || sighting.trigger.priority > chosen->priority) chosen = sighting.trigger;
  }
  return chosen;
}

bool LifeCycle::may_be_trained(const std::string& model_type, Timestamp now) const {
  const auto known = state_.types.find(model_type);
  if (known != state_.types.end() && known->second.last_attempt &&
      now - *known->second.last_attempt < hours(options_.triggers.cooldown_hours))
    return false;
  // Who is moved at this moment is given a chance first.
  if (std::any_of(planned_.begin(), planned_.end(), [&](const Job& job) {
        return job.model_type == model_type && (job.kind == JobKind::promote || job.kind == JobKind::roll_back);
      }))
    return false;
  // One that failed is tried again at its own time.
  if (std::any_of(open_jobs_.begin(), open_jobs_.end(),
                  [&](const Job& job) { return job.kind == JobKind::train && job.model_type == model_type; }))
    return false;
  // Nobody is served: whoever comes need not wait for a place.
  if (known != state_.types.end() && is_vacant(known->second, now, options_.serving))
    return !is_cooling_down(known->second, now);
  const auto on_trial = std::count_if(state_.trials.begin(), state_.trials.end(), [&](const Trial& trial) {
    return trial.model_type == model_type && trial.stage != Stage::watch;
  });
  return on_trial < options_.deployment.stages.shadow.places;
}

void LifeCycle::ask_for_lost(std::vector<Trigger>& wanted, Timestamp now) {
  for (auto& [name, type] : state_.types) {
    const std::string why = std::exchange(type.lost, {});
    const auto& trained = options_.training.models;
    if (why.empty() || std::find(trained.begin(), trained.end(), name) == trained.end()) continue;
    if (std::any_of(wanted.begin(), wanted.end(), [&](const Trigger& one) { return one.model_type == name; })) continue;
    wanted.push_back({name, TriggerKind::time_based, Priority::urgent, why});
    tell(now, EventKind::trigger, name, {}, sentence(wanted.back()));
  }
}

Status LifeCycle::find_outdated_failures() {
  auto last_trainings = log_.last_trainings();
  if (!last_trainings) return forward_error(last_trainings);
  outdated_failures_ = std::move(*last_trainings);
  std::erase_if(outdated_failures_, [&](const Job& job) {
    return job.state != JobState::failed || !was_begun_with_other_settings(job, settings_);
  });
  return {};
}

void LifeCycle::ask_for_outdated_failures(std::vector<Trigger>& wanted, Timestamp now) {
  for (Job& job : open_jobs_) {
    if (job.kind != JobKind::train || job.attempts == 0 || !was_begun_with_other_settings(job, settings_)) continue;
    job.not_before = std::min(job.not_before, now);
    save(job);
  }
  for (const Job& job : std::exchange(outdated_failures_, {})) {
    const std::string& name = job.model_type;
    const auto& trained = options_.training.models;
    const auto is_of_it = [&](const auto& one) { return one.model_type == name; };
    if (std::find(trained.begin(), trained.end(), name) == trained.end() ||
        std::any_of(wanted.begin(), wanted.end(), is_of_it) ||
        std::any_of(open_jobs_.begin(), open_jobs_.end(),
                    [&](const Job& open) { return open.kind == JobKind::train && is_of_it(open); }))
      continue;
    wanted.push_back(
        {name, TriggerKind::manual, job.priority,
         "the settings have changed since job " + std::to_string(job.id) + " was given up: " + job.outcome});
    tell(now, EventKind::trigger, name, {}, sentence(wanted.back()));
  }
}

Status LifeCycle::ask_triggers(std::size_t bar) {
  const Timestamp now = tape_.close(bar);
  std::vector<Trigger> wanted = std::move(asked_);
  asked_.clear();
  ask_for_lost(wanted, now);
  ask_for_outdated_failures(wanted, now);
  // Whoever asks for what is waiting to be tried again need not wait.
  for (Job& job : open_jobs_) {
    const auto same = [&](const Trigger& trigger) {
      return job.kind == JobKind::train && trigger.model_type == job.model_type;
    };
    if (std::erase_if(wanted, same) == 0) continue;
    job.not_before = now;
    save(job);
  }
  for (const auto& model_type : options_.training.models) {
    const bool asked_for = std::any_of(wanted.begin(), wanted.end(),
                                       [&](const Trigger& trigger) { return trigger.model_type == model_type; });
    if (asked_for || !may_be_trained(model_type, now)) continue;
    auto trigger = due_trigger(model_type, bar);
    if (!trigger) return forward_error(trigger);
    if (!*trigger) continue;
    wanted.push_back(std::move(**trigger));
  }
  for (Trigger& trigger : wanted) {
    Job job;
    job.kind = JobKind::train;
    job.model_type = trigger.model_type;
    job.trigger = trigger.kind;
    job.priority = trigger.priority;
    job.reason = std::move(trigger.reason);
    planned_.push_back(std::move(job));
  }
  // A version that becomes active may belong to an ensemble that is not made yet; what a person has moved, too.
  const bool lineup_changes = std::any_of(planned_.begin(), planned_.end(), [](const Job& job) {
    return job.kind == JobKind::promote && job.approval == Approval::not_needed && job.model_type != kEnsembleType;
  });
  bool ensemble_due = wanted.empty() && lineup_changes && options_.ensemble.mode != EnsembleMode::off;
  if (wanted.empty() && !ensemble_due && cycle_asked_) {
    const auto plan = plan_ensemble(place_.registry, place_.log, options_, {now, Force::no, "life cycle"});
    if (!plan) return forward_error(plan);
    ensemble_due = plan->due;
  }
  cycle_asked_ = false;
  if (ensemble_due) {
    Job job;
    job.kind = JobKind::ensemble;
    job.model_type = kEnsembleType;
    job.reason = lineup_changes ? "a version that may be its member becomes active" : "its members have changed";
    planned_.push_back(std::move(job));
  }
  return {};
}

void LifeCycle::ask_for_cycle(std::vector<Trigger> trained) {
  asked_ = std::move(trained);
  cycle_asked_ = true;
}

}  // namespace clm
