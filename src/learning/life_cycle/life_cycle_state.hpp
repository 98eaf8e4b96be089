#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "learning/life_cycle/skill_watch.hpp"
#include "learning/life_cycle/withdrawal.hpp"
#include "learning/options/learning_options.hpp"
#include "learning/trials/trial.hpp"
#include "learning/triggers/trigger_performance.hpp"
#include "registry/version.hpp"
#include "serving/servable_version.hpp"

namespace clm {

/// What the life cycle knows of a model type beside the registry.
struct TypeState {
  /// What is active, as the registry had it when it was last read; empty: none. It is not stored: see
  /// `restore_active`.
  VersionId active;
  Timestamp active_as_of;          ///< as of when it was trained; meaningful with an active version, like the next
  Timestamp active_learned_until;  ///< `Manifest::learned_until`: its age
  /// The newest event of the type in the registry's audit trail by then; none: not read, or not noted before.
  std::optional<std::int64_t> registry_event;
  std::optional<Timestamp> last_attempt;  ///< as of when the last training was made, whatever became of it
  std::optional<Timestamp> rolled_back_at;
  /// What the active version delivers, against what was promised of it; none where nothing was.
  std::optional<PerformanceChart> chart;
  VersionId charted;                            ///< whose promise it is, also where there was none
  Timestamp charted_since;                      ///< decisions later than this are counted
  std::vector<EarlierVintage> earlier_charted;  ///< of the same promise, of whose decisions outcomes may still come
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
  /// Of what is served, and of everybody who has a vote (`HarmControl`); none: nobody of whom a rank IC was promised.
  std::optional<SkillWatch> served_watch;
  std::map<VersionId, SkillWatch> voter_watches;
  std::vector<Withdrawal> withdrawals;  ///< those that may be taken back, oldest first
  /// Who has no vote, as the registry had it when it was last read. It is not stored.
  SuspendedVersions suspended;
  /// Who was in service, by slot, at the first bar at which anybody accepted was: the static forecaster of
  /// `RegretTally`. Of a life cycle that an older release began, at the first bar since. Empty: nobody yet.
  std::map<std::string, VersionId> first_lineup;
};

std::string to_json_text(const LifeCycleState& state);
/// Without what is active, which the registry knows (`restore_active`); a state of a release that kept the active
/// version itself has it in `TypeState::active`. Error `life_cycle.state` (integrity).
Result<LifeCycleState> read_life_cycle_state(const std::string& text, const StageOptions& stages,
                                             const LabelOptions& label, Interval interval);

}  // namespace clm
