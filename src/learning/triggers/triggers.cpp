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

std::optional<Timestamp> learned_until(const ModelFreshness& model) {
  return model.newest_data_end ? model.newest_data_end : model.active_data_end;
}

/// Whether age is counted from data that the active version has not seen.
bool is_newer_than_active(const ModelFreshness& model) {
  return model.newest_data_end && (!model.active_data_end || *model.newest_data_end > *model.active_data_end);
}

}  // namespace

std::optional<Trigger> check_age(const ModelFreshness& model, Timestamp as_of, const TriggerOptions& options) {
  const auto from = learned_until(model);
  if (!from || as_of - *from < hours(options.retrain_hours)) return std::nullopt;
  const std::string whose = is_newer_than_active(model) ? "the data of the newest training ended "
                                                        : "the data the active version has seen ended ";
  return Trigger{model.model_type, TriggerKind::time_based, Priority::medium,
                 whose + to_string(as_of - *from) + " ago, at " + to_string(*from) + "; the limit is " +
                     to_string(hours(options.retrain_hours))};
}

std::optional<Trigger> check_new_bars(const ModelFreshness& model, Timestamp as_of, std::int64_t new_bars,
                                      const TriggerOptions& options) {
  const auto from = learned_until(model);
  if (!from || *from >= as_of || new_bars < options.new_bars) return std::nullopt;
  const std::string whose =
      is_newer_than_active(model) ? "the data of the newest training" : "the active version's data";
  return Trigger{model.model_type, TriggerKind::data_volume, Priority::medium,
                 std::to_string(new_bars) + " new bars since " + whose + " ended; the limit is " +
                     std::to_string(options.new_bars)};
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
  if (!model.last_attempt_data_end) return trigger;
  ModelFreshness tried = model;
  tried.newest_data_end = model.last_attempt_data_end;
  const auto worth_another = [&] {
    auto old = check_age(tried, as_of, options);
    return old ? old : check_new_bars(tried, as_of, new_bars, options);
  }();
  if (!worth_another) return std::nullopt;
  trigger.kind = worth_another->kind;
  trigger.reason += ", and " + worth_another->reason;
  return trigger;
}

}  // namespace clm
