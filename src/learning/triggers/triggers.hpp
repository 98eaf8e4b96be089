#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "learning/options/hours.hpp"
#include "learning/options/learning_options.hpp"
#include "learning/options/trigger_kind.hpp"

namespace clm {

enum class Priority { low, medium, high, urgent };
std::string_view to_string(Priority priority);

/// Why a model type is to be trained again.
struct Trigger {
  std::string model_type;
  TriggerKind kind = TriggerKind::manual;
  Priority priority = Priority::medium;
  std::string reason;  ///< a sentence with its numbers
};

/// "drift_detected (high): ..."
std::string sentence(const Trigger& trigger);

/// What is known of a model type when the question is asked. These are times of a schedule: as of when trainings were
/// made, from which on there is more to learn from. How old a version is, is another matter
/// (`Manifest::learned_until`): a new one has a holdout and a validation between its last fitted label and now.
struct ModelFreshness {
  std::string model_type;
  std::optional<Timestamp> active_as_of;  ///< as of when the active version was trained; none: no active version
  /// As of when a version was last trained and decided on, whatever the decision, and whether or not it was carried out
  /// (`canary`, `advisory`, `logging_only` leave a candidate where it is).
  std::optional<Timestamp> last_attempt;
  /// Where time and new bars are counted from, if not from `active_as_of`: a later training of something that is not
  /// active (it is on trial, or was refused).
  std::optional<Timestamp> newest_as_of = std::nullopt;
};

/// Whether a life cycle listens to triggers of this kind (`TriggerOptions::kinds`).
bool is_listened_to(const TriggerOptions& options, TriggerKind kind);

/// Whether the newest training is `retrain_hours` ago, where there was one: `time_based`.
std::optional<Trigger> check_age(const ModelFreshness& model, Timestamp as_of, const TriggerOptions& options);
/// Whether `new_bars` bars are enough to learn from anew, where something was learned: `data_volume`.
std::optional<Trigger> check_new_bars(const ModelFreshness& model, Timestamp as_of, std::int64_t new_bars,
                                      const TriggerOptions& options);

/// Where nobody is served: at once if nothing was tried yet, else when age or new bars since the last try say so. Each
/// try on nearly the same holdout asks more of the next one, so trying often is no remedy.
std::optional<Trigger> check_vacancy(const ModelFreshness& model, Timestamp as_of, std::int64_t new_bars,
                                     const TriggerOptions& options);

/// A person wants it, or them.
Trigger asked_by_hand(const std::string& model_type);
std::vector<Trigger> asked_by_hand(const std::vector<std::string>& model_types);

}  // namespace clm
