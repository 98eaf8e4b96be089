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

/// What follows from a trial as it stands.
enum class StageMove {
  stay,
  go_on,    ///< to the next stage, or out of the watch
  refuse,   ///< a candidate is rejected
  retreat,  ///< a canary is taken back
  undo,     ///< a promotion is rolled back
  succeed   ///< a candidate takes the place of an active version that has expired
};

/// Where the shadow leads: a `deploy` verdict straight into service, a `canary` verdict through the canary. Whoever a
/// person put into the shadow goes the careful way.
enum class Route { direct, through_canary };

/// One version held against another on live bars.
struct Trial {
  std::string model_type;
  VersionId challenger;
  VersionId reference;  ///< the active version; in the watch, the one before
  Stage stage = Stage::shadow;
  Timestamp started;  ///< decisions from here on count
  PairedTrial losses;
  Behaviour challenger_behaviour, reference_behaviour;
  Route route = Route::through_canary;
  bool fit_alone = false;  ///< its evidence would have been enough with nothing active
  /// What was said of it, where this program does not move versions by itself: said once, not at every bar.
  StageMove proposed = StageMove::stay;
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
  /// Why it is trained at the next decision, whatever the triggers say: its active version is gone. Empty: nothing.
  std::string lost;
};

/// Whether nobody of the type has a vote at `now`: none is active, or it has expired (`is_expired`).
bool is_vacant(const TypeState& type, Timestamp now, const ServingOptions& options);

/// Everything from which a life cycle goes on to the same bits, but for the jobs, which have a table of their own.
struct LifeCycleState {
  std::optional<Timestamp> last_close;  ///< of the last bar that was gone through
  std::optional<Timestamp> last_look;   ///< of the last one at which something was decided
  std::int64_t events = 0;              ///< written so far
  std::int64_t plans = 0, jobs = 0;     ///< likewise
  std::map<std::string, TypeState> types;
  std::vector<Trial> trials;  ///< in the order they began
};

/// Where the registry has a version that is in this stage.
VersionStatus status_in(Stage stage);

/// The share of the symbols that the challenger serves meanwhile: 0 but in the canary.
double canary_share(const Trial& trial, const CanaryOptions& canary);

/// How a stage's trial is decided. `interval` is the length of a bar.
PairedTrialOptions trial_options(Stage stage, const StageOptions& stages, const LabelOptions& label, Interval interval);

std::string to_json_text(const LifeCycleState& state);
/// Error `life_cycle.state` (integrity).
Result<LifeCycleState> read_life_cycle_state(const std::string& text, const StageOptions& stages,
                                             const LabelOptions& label, Interval interval);

}  // namespace clm
