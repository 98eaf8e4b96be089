#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "learning/data/candle_corrections.hpp"
#include "learning/jobs/job.hpp"
#include "learning/life_cycle/refresh_pauses.hpp"
#include "learning/life_cycle/unlisted_versions.hpp"
#include "learning/regret/regret.hpp"
#include "learning/trials/stage_decision.hpp"
#include "learning/triggers/next_training.hpp"
#include "serving/data_lateness.hpp"
#include "serving/predictor.hpp"
#include "serving/recipe_names.hpp"
#include "workspace/workspace.hpp"

namespace clm {

/// How a part of the workspace is.
struct SubsystemState {
  std::string name;                         ///< candles, database, registry, learning
  std::string state;                        ///< ok, empty, stale, damaged, unavailable, at work: who
  std::optional<std::int64_t> age_seconds;  ///< of its newest content, by the clock
  std::string age_of;                       ///< what that is; without an age, why there is none
  std::string waits_for;                    ///< empty: nothing
  std::string problem;                      ///< of one that is damaged or unavailable, with the remedy
};

struct WorkspaceStatus {
  /// The candles that are learned from; none: there are none, or they cannot be read (`subsystems` says so).
  struct Market {
    Venue venue;
    std::size_t symbols = 0;
    DataLateness lateness;
  };
  std::optional<Market> market;
  /// Stored files that cannot be read, and what else is to be said of the market (`MarketView`); none without a market.
  std::vector<DamagedFile> damaged;
  std::vector<std::string> notes;
  VersionId ensemble;                ///< as in Forecasts
  std::vector<LineupMember> lineup;  ///< those who have a vote: by model type, what was learned last first
  struct Voteless {
    std::string model_type;
    VersionId version;  ///< empty: there is none
    std::string why;
  };
  std::vector<Voteless> without_vote;
  RecipeNames recipes;  ///< of all of these
  /// Of those who have a vote, who learned from candles that were corrected since (`CandleCorrections::of`).
  std::map<VersionId, std::vector<CorrectedCandles>> corrected;
  std::vector<Suspension> suspended;  ///< members of the lineup or not
  std::vector<UnlistedVersion> unlisted;
  std::vector<NextTraining> due;
  std::vector<RefreshPause> paused;  ///< by a person
  std::vector<Job> waiting;          ///< for a person
  std::vector<TrialView> trials;
  RegretReport regret;
  std::vector<SubsystemState> subsystems;
  std::string holder;  ///< who holds the workspace's lock now; empty: nobody
};

/// What can be said without computing a feature, taking a lock or writing a byte of the workspace. What cannot be read
/// is a subsystem with a problem, and no error. Cost: 0.1 ms a file of the candle store, and the bytes of the active
/// versions, which are verified and loaded. `jobs`: series read side by side.
WorkspaceStatus survey_workspace(Workspace& workspace, int jobs);

/// {newest_bar, late_bars, stale, venue, interval, symbols, ensemble, lineup: [{model_type, version, recipe,
/// learned_until, weight, corrected: [{symbol, bars, from, to}]}], without_vote: [{recipe, model_type, version, why}],
/// suspended: [{version, at, changed_at, cause, reason}], unlisted: [{model_type, version, learned_until}], due:
/// [{model_type, at, trigger, new_bars, not_before, served, last_tried, waits_for, given_up}], paused: [{model_type,
/// at, by, reason}], waiting: [job], trials, regret, lock_held_by, subsystems: [{name, state, age_seconds, age_of,
/// waits_for, problem}]}
nlohmann::json to_json(const WorkspaceStatus& status);

}  // namespace clm
