#include "learning/triggers/triggers.hpp"

#include <algorithm>

namespace clm {

bool is_listened_to(const TriggerOptions& options, TriggerKind kind) {
  return std::find(options.kinds.begin(), options.kinds.end(), to_string(kind)) != options.kinds.end();
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

namespace {

std::optional<Timestamp> counted_from(const ModelFreshness& model) {
  return model.newest_as_of ? model.newest_as_of : model.active_as_of;
}

/// Whether it is counted from another training than that of the active version.
bool is_newer_than_active(const ModelFreshness& model) {
  return model.newest_as_of && (!model.active_as_of || *model.newest_as_of > *model.active_as_of);
}

}  // namespace

std::optional<Trigger> check_age(const ModelFreshness& model, Timestamp as_of, const TriggerOptions& options) {
  const auto from = counted_from(model);
  if (!from || as_of - *from < hours(options.retrain_hours)) return std::nullopt;
  const std::string whose =
      is_newer_than_active(model) ? "the newest training was made " : "the active version was trained ";
  return Trigger{model.model_type, TriggerKind::time_based, Priority::medium,
                 whose + to_string(as_of - *from) + " ago, as of " + to_string(*from) + "; the limit is " +
                     to_string(hours(options.retrain_hours))};
}

std::optional<Trigger> check_new_bars(const ModelFreshness& model, Timestamp as_of, std::int64_t new_bars,
                                      const TriggerOptions& options) {
  const auto from = counted_from(model);
  if (!from || *from >= as_of || new_bars < options.new_bars) return std::nullopt;
  const std::string since =
      is_newer_than_active(model) ? "the newest training was made" : "the active version was trained";
  return Trigger{
      model.model_type, TriggerKind::data_volume, Priority::medium,
      std::to_string(new_bars) + " new bars since " + since + "; the limit is " + std::to_string(options.new_bars)};
}

Trigger asked_by_hand(const std::string& model_type) {
  return {model_type, TriggerKind::manual, Priority::high, "asked for by hand"};
}

std::vector<Trigger> asked_by_hand(const std::vector<std::string>& model_types) {
  std::vector<Trigger> triggers;
  for (const std::string& model_type : model_types) triggers.push_back(asked_by_hand(model_type));
  return triggers;
}

std::optional<Trigger> check_vacancy(const ModelFreshness& model, Timestamp as_of, std::int64_t new_bars,
                                     const TriggerOptions& options) {
  Trigger trigger{model.model_type, TriggerKind::time_based, Priority::urgent, "no version has a vote"};
  if (!model.last_attempt) return trigger;
  ModelFreshness tried = model;
  tried.newest_as_of = model.last_attempt;
  const auto worth_another = [&] {
    auto old = check_age(tried, as_of, options);
    return old ? old : check_new_bars(tried, as_of, new_bars, options);
  }();
  if (!worth_another) return std::nullopt;
  trigger.kind = worth_another->kind;
  trigger.reason += ", and " + worth_another->reason;
  return trigger;
}

std::string sentence(const Trigger& trigger) {
  return std::string(to_string(trigger.kind)) + " (" + std::string(to_string(trigger.priority)) +
         "): " + trigger.reason;
}

}  // namespace clm
