// Whether something is to be learned: the triggers are asked, each at its own times.
#include <algorithm>

#include "learning/life_cycle.hpp"

namespace clm {
namespace {

bool is_on(const LearningOptions& options, TriggerKind kind) {
  const auto& kinds = options.triggers.kinds;
  return std::find(kinds.begin(), kinds.end(), to_string(kind)) != kinds.end();
}

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
  if (type.active.empty())
    return check_trigger({model_type, std::nullopt, type.last_attempt}, now, Force::no, 0, options_.triggers);
  const TriggerOptions& options = options_.triggers;
  const Timestamp before = state_.last_close.value_or(Timestamp(0));
  std::vector<TriggerKind> kinds;
  const auto ask = [&](TriggerKind kind, double period_hours) {
    if (is_on(options_, kind) && falls_due(before, now, period_hours)) kinds.push_back(kind);
  };
  ask(TriggerKind::time_based, 0);
  ask(TriggerKind::data_volume, 0);
  ask(TriggerKind::performance_decay, options.performance_hours);
  ask(TriggerKind::drift_detected, options.drift_hours);
  ask(TriggerKind::regime_shift, options.drift_hours);
  const auto seen = watch_->look(
      {model_type, type.active, type.active_data_end, type.last_attempt, type.chart ? &*type.chart : nullptr}, bar,
      kinds);
  if (!seen) return forward_error(seen);
  // One training answers all of them; the most urgent one gives it its reason.
  std::optional<Trigger> chosen;
  for (const Sighting& sighting : *seen) {
    if (!sighting.fired) continue;
    tell(now, "trigger", model_type, type.active, sentence(sighting.trigger));
    if (sighting.trigger.kind == TriggerKind::performance_decay) type.chart->answer();
    if (!chosen || sighting.trigger.priority > chosen->priority) chosen = sighting.trigger;
  }
  return chosen;
}

Status LifeCycle::ask_triggers(std::size_t bar) {
  const Timestamp now = tape_.close(bar);
  PendingAction learn;
  for (const auto& model_type : options_.training.models) {
    const TypeState& type = state_.types[model_type];
    if (type.last_attempt && now - *type.last_attempt < hours(options_.triggers.cooldown_hours)) continue;
    const auto in_shadow = std::count_if(state_.trials.begin(), state_.trials.end(), [&](const Trial& trial) {
      return trial.model_type == model_type && trial.stage == Stage::shadow;
    });
    if (in_shadow >= options_.deployment.stages.shadow.places) continue;
    const bool has_active = !type.active.empty();
    auto trigger = due_trigger(model_type, bar);
    if (!trigger) return forward_error(trigger);
    if (!*trigger) continue;
    if (!has_active) tell(now, "trigger", model_type, {}, sentence(**trigger));
    learn.triggers.push_back(std::move(**trigger));
  }
  std::stable_sort(learn.triggers.begin(), learn.triggers.end(),
                   [](const Trigger& a, const Trigger& b) { return a.priority > b.priority; });
  // A version that became active may belong to an ensemble that is not made yet.
  const bool lineup_changed =
      options_.ensemble.mode != "off" &&
      std::any_of(state_.pending.begin(), state_.pending.end(), [](const PendingAction& action) {
        return action.kind == PendingAction::Kind::promote && action.model_type != kEnsembleType;
      });
  if (!learn.triggers.empty() || lineup_changed) state_.pending.push_back(std::move(learn));
  return {};
}

}  // namespace clm
