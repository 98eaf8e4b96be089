#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evaluation/trials/behaviour.hpp"
#include "evaluation/trials/paired_trial.hpp"
#include "learning/options/learning_options.hpp"
#include "registry/version.hpp"
#include "serving/canary_share.hpp"

namespace clm {

/// What a version is going through.
enum class Stage {
  shadow,        ///< it predicts, and nobody is served
  canary_first,  ///< it serves the first share of the symbols
  canary_second,
  watch  ///< it is active, and held against the version it replaced
};
std::string_view to_string(Stage stage);
std::optional<Stage> parse_stage(std::string_view name);

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

/// A vintage that was active before the next one of its recipe was. What became of its last decisions is known later.
struct EarlierVintage {
  VersionId version;
  Timestamp until;  ///< its last decision
};
/// Whose decision of that moment is: of `earlier` (oldest first), or of the one that is active now.
const VersionId& vintage_at(const std::vector<EarlierVintage>& earlier, const VersionId& now_active,
                            Timestamp decided_at);
/// Forgets those whose last decision was before `oldest`.
void forget_before(Timestamp oldest, std::vector<EarlierVintage>& earlier);

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
  std::vector<EarlierVintage> earlier_references = {};  ///< of whose decisions outcomes may still come
};

/// Where the registry has a version that is in this stage.
VersionStatus status_in(Stage stage);

/// The share of the symbols that the challenger serves meanwhile: 0 but in the canary.
double canary_share(const Trial& trial, const CanaryOptions& canary);
/// Of every trial whose challenger serves some symbols, in their order.
std::vector<CanaryShare> canaries_of(const std::vector<Trial>& trials, const CanaryOptions& canary);

/// How a stage's trial is decided. `interval` is the length of a bar.
PairedTrialOptions trial_options(Stage stage, const StageOptions& stages, const LabelOptions& label, Interval interval);

}  // namespace clm
