#include "learning/life_cycle/training_planner.hpp"

#include <algorithm>
#include <utility>

#include "learning/cycle/ensemble_lineup.hpp"
#include "learning/options/recipe_options.hpp"

namespace clm {

Result<std::optional<Trigger>> TrainingPlanner::due_trigger(const std::string& model_type, std::size_t bar) {
  TypeState& type = journal_.type(model_type);
  const Timestamp now = tape_.close(bar);
  const TriggerOptions& options = options_.triggers;
  const Timestamp before = journal_.state().last_look.value_or(Timestamp(0));
  const bool waits = is_in_cooldown(model_type, now);
  std::vector<TriggerKind> kinds;
  for (const TriggerType& one : trigger_types())
    if (is_listened_to(options, one.kind) && falls_due(one, before, now, options) &&
        (!waits || one.kind == TriggerKind::data_corrected))
      kinds.push_back(one.kind);
  if (waits && (kinds.empty() || is_vacant(type, now, options_.serving))) return std::optional<Trigger>();
  const auto seen = monitor_.look({model_type, type.active, type.active_as_of, type.active_learned_until,
                                   type.last_attempt, type.chart ? &*type.chart : nullptr},
                                  bar, kinds);
  if (!seen) return forward_error(seen);
  // One training answers all of them; the most urgent one gives it its reason.
  std::optional<Trigger> chosen;
  for (const TriggerReading& reading : *seen) {
    if (!reading.fired) continue;
    journal_.record_event(now, EventKind::trigger, model_type, type.active, sentence(reading.trigger));
    if (reading.trigger.kind == TriggerKind::performance_decay) type.chart->answer();
    if (!chosen || reading.trigger.priority > chosen->priority) chosen = reading.trigger;
  }
  return chosen;
}

bool TrainingPlanner::is_in_cooldown(const std::string& model_type, Timestamp now) const {
  const auto& types = journal_.state().types;
  const auto known = types.find(model_type);
  return known != types.end() && known->second.last_attempt &&
         now - *known->second.last_attempt < hours(options_.triggers.cooldown_hours);
}

bool TrainingPlanner::may_be_trained(const std::string& model_type, Timestamp now) const {
  const auto& types = journal_.state().types;
  const auto known = types.find(model_type);
  // Who is moved at this moment is given a chance first.
  if (std::any_of(jobs_.planned().begin(), jobs_.planned().end(), [&](const Job& job) {
        return job.model_type == model_type && (job.kind == JobKind::promote || job.kind == JobKind::roll_back);
      }))
    return false;
  // One that failed is tried again at its own time.
  if (jobs_.waiting_training(model_type) != nullptr) return false;
  // Nobody is served: whoever comes need not wait for a place.
  if (known != types.end() && is_vacant(known->second, now, options_.serving))
    return !trials_.is_cooling_down(known->second, now);
  return trials_.candidates(model_type) < options_.deployment.stages.shadow.places;
}

void TrainingPlanner::ask_for_lost(std::vector<Trigger>& wanted, Timestamp now) {
  for (auto& [name, type] : journal_.state().types) {
    if (is_paused(name)) continue;
    const std::string why = std::exchange(type.lost, {});
    if (name == kEnsembleType && !why.empty()) cycle_asked_ = true;
    const auto trained = trained_recipes(options_);
    if (why.empty() || std::find(trained.begin(), trained.end(), name) == trained.end()) continue;
    if (std::any_of(wanted.begin(), wanted.end(), [&](const Trigger& one) { return one.model_type == name; })) continue;
    wanted.push_back({name, TriggerKind::time_based, Priority::urgent, why});
    journal_.record_event(now, EventKind::trigger, name, {}, sentence(wanted.back()));
  }
}

Status TrainingPlanner::find_outdated_failures() {
  auto last_trainings = journal_.log().last_trainings();
  if (!last_trainings) return forward_error(last_trainings);
  outdated_failures_ = std::move(*last_trainings);
  std::erase_if(outdated_failures_, [&](const Job& job) {
    return job.state != JobState::failed || !was_begun_with_other_settings(job, jobs_.settings());
  });
  return {};
}

void TrainingPlanner::ask_for_outdated_failures(std::vector<Trigger>& wanted, Timestamp now) {
  for (Job& job : jobs_.open()) {
    if (job.kind != JobKind::train || job.attempts == 0 || !was_begun_with_other_settings(job, jobs_.settings()))
      continue;
    jobs_.bring_forward(job, now);
  }
  for (const Job& job : std::exchange(outdated_failures_, {})) {
    const std::string& name = job.model_type;
    const auto trained = trained_recipes(options_);
    const auto is_of_it = [&](const Trigger& one) { return one.model_type == name; };
    if (std::find(trained.begin(), trained.end(), name) == trained.end() || is_paused(name) ||
        std::any_of(wanted.begin(), wanted.end(), is_of_it) || jobs_.waiting_training(name) != nullptr)
      continue;
    wanted.push_back(
        {name, TriggerKind::manual, job.priority,
         "the settings have changed since job " + std::to_string(job.id) + " was given up: " + job.outcome});
    journal_.record_event(now, EventKind::trigger, name, {}, sentence(wanted.back()));
  }
}

Status TrainingPlanner::ask(std::size_t bar, std::vector<Trigger> wanted) {
  const Timestamp now = tape_.close(bar);
  auto pauses = journal_.log().refresh_pauses();
  if (!pauses) return forward_error(pauses);
  pauses_ = std::move(*pauses);
  for (Trigger& one : std::exchange(asked_, {})) {
    const auto is_of_it = [&](const Trigger& other) { return other.model_type == one.model_type; };
    if (std::none_of(wanted.begin(), wanted.end(), is_of_it)) wanted.push_back(std::move(one));
  }
  ask_for_lost(wanted, now);
  ask_for_outdated_failures(wanted, now);
  // Whoever asks for what is waiting to be tried again need not wait.
  for (Job& job : jobs_.open()) {
    const auto same = [&](const Trigger& trigger) {
      return job.kind == JobKind::train && trigger.model_type == job.model_type;
    };
    if (std::erase_if(wanted, same) > 0) jobs_.bring_forward(job, now);
  }
  for (const auto& model_type : trained_recipes(options_)) {
    const bool asked_for = std::any_of(wanted.begin(), wanted.end(),
                                       [&](const Trigger& trigger) { return trigger.model_type == model_type; });
    if (asked_for || is_paused(model_type) || !may_be_trained(model_type, now)) continue;
    auto trigger = due_trigger(model_type, bar);
    if (!trigger) return forward_error(trigger);
    if (!*trigger) continue;
    wanted.push_back(std::move(**trigger));
  }
  std::erase_if(wanted, [&](const Trigger& trigger) { return is_paused(trigger.model_type); });
  for (Trigger& trigger : wanted) {
    Job job;
    job.kind = JobKind::train;
    job.model_type = trigger.model_type;
    job.trigger = trigger.kind;
    job.priority = trigger.priority;
    job.reason = std::move(trigger.reason);
    jobs_.plan(std::move(job));
  }
  const bool looks_at_ensemble = std::exchange(cycle_asked_, false);
  // A training's cycle looks after the ensemble itself.
  return wanted.empty() ? plan_ensemble_job(looks_at_ensemble, now) : Status();
}

/// A version that becomes active may belong to an ensemble that is not made yet; what a person has moved, too.
Status TrainingPlanner::plan_ensemble_job(bool looks_at_it, Timestamp now) {
  const bool lineup_changes = std::any_of(jobs_.planned().begin(), jobs_.planned().end(), [](const Job& job) {
    return job.kind == JobKind::promote && job.approval == Approval::not_needed && job.model_type != kEnsembleType;
  });
  bool is_due = lineup_changes && options_.ensemble.mode != EnsembleMode::off;
  if (!is_due && looks_at_it) {
    const auto plan = plan_ensemble(registry_, cycle_log_, options_, {now, Force::no, "life cycle"});
    if (!plan) return forward_error(plan);
    is_due = plan->due;
  }
  if (!is_due) return {};
  Job job;
  job.kind = JobKind::ensemble;
  job.model_type = kEnsembleType;
  job.reason = lineup_changes ? "a version that may be its member becomes active" : "its members have changed";
  jobs_.plan(std::move(job));
  return {};
}

void TrainingPlanner::ask_for_cycle(std::vector<Trigger> trained) {
  asked_ = std::move(trained);
  cycle_asked_ = true;
}

}  // namespace clm
