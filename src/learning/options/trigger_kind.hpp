#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace clm {

/// What may call for a training. Each but `manual`, which is a person's wish, has its row in `trigger_types()`. The
/// numbers are stored with jobs: a new kind goes to the end.
enum class TriggerKind {
  time_based,
  data_volume,
  performance_decay,
  drift_detected,
  regime_shift,
  manual,
  data_corrected
};
std::string_view to_string(TriggerKind kind);

/// The names of all that are listened to by default, and that `triggers.kinds` may name.
std::vector<std::string> trigger_names();

}  // namespace clm
