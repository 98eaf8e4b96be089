#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "base/time.hpp"
#include "learning/data/forecast_history.hpp"
#include "learning/jobs/job.hpp"
#include "learning/jobs/job_table.hpp"
#include "learning/life_cycle/refresh_pauses.hpp"
#include "learning/regret/regret.hpp"
#include "market/series/candle.hpp"
#include "registry/database.hpp"

namespace clm {

/// What may happen in a life cycle.
enum class EventKind {
  trigger,        ///< something calls for a training
  trained,        ///< a version was trained and judged
  shadow,         ///< a version begins this stage of its trial, or begins it over
  canary_first,   ///< likewise
  canary_second,  ///< likewise
  canary,         ///< the shadow was passed, or the canary serves more symbols
  promoted,       ///< a version became active
  watch,          ///< it is held against the one that it replaced
  watch_ended,
  rejected,     ///< in the shadow
  retreat,      ///< out of the canary
  rolled_back,  ///< out of the watch
  trial_ended,  ///< by what somebody did, or because a version is broken
  proposed,     ///< what is left to a person, or only said
  failed,       ///< a version is broken, or a job was given up
  suspended,    ///< versions have no vote until further notice, because what they say does harm
  reinstated,   ///< they have it again
  retired,      ///< out of service, and nobody takes its place: the floor, once a type is accepted
};
std::string_view to_string(EventKind kind);
std::optional<EventKind> parse_event_kind(std::string_view name);

/// Something that happened, in words; together, the timeline of a life cycle.
struct LifeEvent {
  std::int64_t sequence = 0;  ///< from 1 without gaps
  Timestamp at;
  EventKind kind = EventKind::trigger;
  std::string model_type, version;  ///< may be empty
  std::string text;                 ///< a sentence with its numbers
  std::string detail_json = "{}";
};

/// "2024-01-01T00:00:00Z  promoted lightgbm 0123456789ab: ..."
std::string to_line(const LifeEvent& event);
/// {at, kind, model_type, version, text, detail}
nlohmann::json to_json(const LifeEvent& event);

/// A forecast as it was logged, with the symbols that it is about, whatever the universe is today.
struct NamedForecast {
  ForecastRow row;
  std::shared_ptr<const std::vector<Symbol>> symbols;
};

/// The memory of a life cycle: forecasts as they were made, events, plans with their jobs, and the state from which it
/// goes on. A step is one transaction, so that a killed process finds all of the same moment.
/// As thread-safe as its database; borrows it.
class LifeCycleLog : public ForecastHistory {
 public:
  /// Brings the tables (component "life_cycle") up to date. Errors as `Database`.
  /// `clock`, if it is given, says when jobs are decided (`Job::decided_at`); it must outlive the log.
  static Result<LifeCycleLog> open(Database& database, const Clock* clock = nullptr);
  /// None without a clock.
  std::optional<Timestamp> time_by_the_clock() const;

  struct Step {
    std::string state_json;
    std::vector<ForecastRow> forecasts;
    std::vector<LifeEvent> events;
    std::vector<Plan> plans;
    std::vector<Job> jobs;               ///< new ones, and what has changed about known ones
    std::vector<RegretDay> regret = {};  ///< of bars whose truth became known; they are added to their days
  };
  /// All of it or nothing. A forecast that was logged is never changed: the first one stands; nor is a job that ended.
  Status commit(const Step& step);

  /// Which symbols forecasts are about from now on, in their order. What was logged of another universe is read as
  /// forecasts about this one: by name, and none about a symbol that was not in it. Needed before the first forecast
  /// is logged or read.
  Status set_universe(const std::vector<Symbol>& symbols);

  /// Empty before the first step.
  Result<std::optional<std::string>> state() const;
  /// Decided in [from, to), ascending in time, then by name; `who` empty: everybody.
  Result<std::vector<ForecastRow>> forecasts(Timestamp from, Timestamp to, const std::string& who = {}) const override;
  /// The same by name, with the terms of what was served where they were noted. What a release logged that did not
  /// note the universe is left out.
  Result<std::vector<NamedForecast>> named_forecasts(Timestamp from, Timestamp to, const std::string& who = {}) const;
  /// From the first forecast to one past the last; none: nothing was logged.
  Result<std::optional<TimeRange>> forecast_span() const;
  /// By day, then by forecaster, of all bars that were counted.
  Result<std::vector<RegretDay>> regret() const;
  /// From now on no vintage of the recipe is made; where it is paused already, the first pause stands.
  Status pause_refreshes(const RefreshPause& pause);
  /// Ends the pause of a recipe: by whom, when and why. Nothing where it is not paused.
  Status resume_refreshes(const RefreshPause& resumed);
  /// Those in force, by recipe. Cost: one query.
  Result<std::vector<RefreshPause>> refresh_pauses() const;
  Result<std::int64_t> event_count() const;
  /// In their order, from `sequence` on.
  Result<std::vector<LifeEvent>> events(std::int64_t from_sequence = 1) const;
  /// Brings one job up to date by itself: a person has carried it out.
  Status update(const Job& job);
  /// By number, ascending.
  Result<std::vector<Job>> jobs(WhichJobs which) const;
  /// Of every model type, the newest training that has ended, whatever came of it.
  Result<std::vector<Job>> last_trainings() const;
  Result<std::vector<Plan>> plans() const;
  /// Seconds that training a type takes: the median of its last five; none before the first.
  Result<std::optional<double>> typical_training_seconds(const std::string& model_type) const;

 private:
  LifeCycleLog(Database& database, const Clock* clock) : database_(&database), clock_(clock) {}
  /// The places of a stored universe's symbols in this one; -1: it has none.
  Result<std::vector<int>> places_of(std::int64_t universe) const;
  Database* database_;
  const Clock* clock_;
  std::int64_t universe_ = 0;  ///< its number; 0: not set
  std::vector<Symbol> symbols_;
};

}  // namespace clm
