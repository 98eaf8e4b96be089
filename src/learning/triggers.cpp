#include "learning/triggers.hpp"

namespace clm {

Duration hours(double count) { return Duration(static_cast<std::int64_t>(count * 3'600'000.0)); }

std::string_view to_string(TriggerKind kind) {
  switch (kind) {
    case TriggerKind::time_based: return "time_based";
    case TriggerKind::data_volume: return "data_volume";
    case TriggerKind::performance_decay: return "performance_decay";
    case TriggerKind::drift_detected: return "drift_detected";
    case TriggerKind::regime_shift: return "regime_shift";
    case TriggerKind::manual: return "manual";
  }
  return {};
}

std::string_view to_string(Priority priority) {
  switch (priority) {
    case Priority::low: return "low";
    case Priority::medium: return "medium";
    case Priority::high: return "high";
    case Priority::urgent: return "urgent";
  }
  return {};
}

std::optional<Trigger> check_trigger(const ModelFreshness& model, Timestamp as_of, Force force, std::int64_t new_bars,
                                     const TriggerOptions& options) {
  if (force == Force::yes) return Trigger{model.model_type, TriggerKind::manual, Priority::high, "asked for by hand"};
  if (model.last_attempt_data_end && *model.last_attempt_data_end >= as_of) return std::nullopt;
  if (!model.active_data_end)
    return Trigger{model.model_type, TriggerKind::time_based, Priority::urgent, "no version is active"};
  const Duration age = as_of - *model.active_data_end;
  if (age >= hours(options.retrain_hours))
    return Trigger{model.model_type, TriggerKind::time_based, Priority::medium,
                   "the data the active version has seen ended " + to_string(age) + " ago, at " +
                       to_string(*model.active_data_end) + "; the limit is " + to_string(hours(options.retrain_hours))};
  if (new_bars >= options.new_bars)
    return Trigger{model.model_type, TriggerKind::data_volume, Priority::medium,
                   std::to_string(new_bars) + " new bars since the active version's data ended; the limit is " +
                       std::to_string(options.new_bars)};
  return std::nullopt;
}

}  // namespace clm
