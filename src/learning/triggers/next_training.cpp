#include "learning/triggers/next_training.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace clm {
namespace {

nlohmann::json time_or_null(const std::optional<Timestamp>& time) {
  return time ? nlohmann::json(to_string(*time)) : nlohmann::json();
}

}  // namespace

NextTraining next_training(const ModelFreshness& model, std::int64_t new_bars, const TriggerOptions& options) {
  NextTraining next{model.model_type, model.active_as_of.has_value(), model.last_attempt, {}, {}, {}, {}, {}};
  if (next.last_tried) next.not_before = *next.last_tried + hours(options.cooldown_hours);
  const auto newest = model.newest_as_of ? model.newest_as_of : model.active_as_of;
  const auto from = next.served ? newest : model.last_attempt;
  if (!from) return next;
  // The first try, and the next one after a refusal, ask nobody which triggers are listened to.
  if (!next.served || is_listened_to(options, TriggerKind::time_based)) {
    next.at = *from + hours(options.retrain_hours);
    if (next.not_before) next.at = std::max(*next.at, *next.not_before);
  }
  if (!next.served || is_listened_to(options, TriggerKind::data_volume))
    next.new_bars = std::max<std::int64_t>(0, options.new_bars - new_bars);
  return next;
}

namespace {

/// From when, after how many more bars, and not before when; empty where nothing will call for it.
std::string when(const NextTraining& next) {
  std::string text;
  if (next.at) text = " from " + to_string(*next.at);
  const bool too_soon_anyhow = next.at && next.not_before && *next.at <= *next.not_before;
  if (next.new_bars && !too_soon_anyhow) {
    text += std::string(next.at ? " or" : "") + " after " + std::to_string(*next.new_bars) + " more bars";
    if (next.not_before) text += ", though not before " + to_string(*next.not_before);
  }
  return text;
}

/// Who is served is followed by the next vintage.
std::string describe_served(const NextTraining& next) {
  const std::string due = when(next);
  std::string text = next.model_type + ": the next vintage ";
  if (!next.waits_for.empty())
    text += "waits: " + next.waits_for;
  else
    text += due.empty() ? "has no date, for neither time nor new bars are listened to" : "is due" + due;
  return text + (next.last_tried ? "; the newest training was as of " + to_string(*next.last_tried) : "");
}

std::string describe_unserved(const NextTraining& next) {
  std::string text = next.model_type + ": no version is served";
  if (next.last_tried) text += "; last tried as of " + to_string(*next.last_tried);
  if (!next.waits_for.empty()) return text + "; waits: " + next.waits_for;
  const std::string due = when(next);
  if (!due.empty()) return text + "; tried again" + due;
  return text + (next.last_tried ? "; neither time nor new bars are listened to" : "; not tried yet");
}

}  // namespace

std::string describe(const NextTraining& next) {
  std::string text = next.served ? describe_served(next) : describe_unserved(next);
  if (!next.waits_for.empty()) return text;
  if (!next.given_up) return text;
  text += next.given_up->have_settings_changed
              ? "; the settings have changed since, so the next clm cycle tries again; job "
              : ", or at once with clm cycle --force; job " + std::to_string(next.given_up->job) + " was ";
  // Where its process ended each time, no attempt ended, and the reason says all of it.
  if (const int attempts = next.given_up->attempts; attempts > 0)
    text += "given up after " + std::to_string(attempts) + (attempts == 1 ? " attempt: " : " attempts: ");
  return text + next.given_up->why;
}

nlohmann::json to_json(const NextTraining& next) {
  nlohmann::json given_up;
  if (next.given_up)
    given_up = {{"job", next.given_up->job}, {"attempts", next.given_up->attempts}, {"why", next.given_up->why}};
  return {{"model_type", next.model_type},
          {"served", next.served},
          {"last_tried", time_or_null(next.last_tried)},
          {"at", time_or_null(next.at)},
          {"new_bars", next.new_bars ? nlohmann::json(*next.new_bars) : nlohmann::json()},
          {"not_before", time_or_null(next.not_before)},
          {"waits_for", next.waits_for.empty() ? nlohmann::json() : nlohmann::json(next.waits_for)},
          {"given_up", std::move(given_up)}};
}

}  // namespace clm
