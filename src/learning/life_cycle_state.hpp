#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evaluation/behaviour.hpp"
#include "evaluation/paired_trial.hpp"
#include "learning/learning_options.hpp"
#include "learning/trigger_performance.hpp"
#include "learning/triggers.hpp"
#include "registry/version.hpp"

namespace clm {

/// What a version is going through.
enum class Stage {
  shadow,        ///< it predicts, and nobody is served
  canary_first,  ///< it serves the first share of the symbols
  canary_second,
  watch  ///< it is active, and held against the version it replaced
};
std::string_view to_string(Stage stage);

/// One version held against another on live bars.
struct Trial {
  std::string model_type;
  VersionId challenger;
  VersionId reference;  ///< the active version; in the watch, the one before
  Stage stage = Stage::shadow;
  Timestamp started;  ///< decisions from here on count
  PairedTrial losses;
  Behaviour challenger_behaviour, reference_behaviour;
};

/// What the life cycle knows of a model type beside the registry.
struct TypeState {
  VersionId active;                       ///< empty: none
  Timestamp active_data_end;              ///< meaningful with an active version
  std::optional<Timestamp> last_attempt;  ///< end of the data of the last training, whatever became of it
  std::optional<Timestamp> rolled_back_at;
  /// What the active version delivers, against what was promised of it; none where nothing was.
  std::optional<PerformanceChart> chart;
  VersionId charted;        ///< whose promise it is, also where there was none
  Timestamp charted_since;  ///< decisions later than this are counted
};

/// A change of the registry that was decided on and committed, but perhaps not carried out: whoever opens the life
/// cycle after a kill carries it out first. Each may be carried out twice.
struct PendingAction {
  enum class Kind { advance, promote, roll_back, learn };
  Kind kind = Kind::learn;
  std::string model_type;
  VersionId version;                           ///< what moves; of a roll-back, the version that is taken out
  VersionStatus to = VersionStatus::rejected;  ///< of `advance`
  std::string reason, evidence_json;
  std::vector<Trigger> triggers;  ///< of `learn`; may be empty: the ensemble alone
};

/// Everything from which a life cycle goes on to the same bits.
struct LifeCycleState {
  std::optional<Timestamp> last_close;  ///< of the last bar that was gone through
  std::int64_t events = 0;              ///< written so far
  std::map<std::string, TypeState> types;
  std::vector<Trial> trials;  ///< in the order they began
  std::vector<PendingAction> pending;
};

/// How a stage's trial is decided. `interval_ms` is the length of a bar.
PairedTrialOptions trial_options(Stage stage, const StageOptions& stages, const LabelOptions& label, Interval interval);

std::string to_json_text(const LifeCycleState& state);
/// Error `life_cycle.state` (integrity).
Result<LifeCycleState> read_life_cycle_state(const std::string& text, const StageOptions& stages,
                                             const LabelOptions& label, Interval interval);

}  // namespace clm
