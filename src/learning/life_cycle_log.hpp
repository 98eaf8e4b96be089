#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "registry/database.hpp"

namespace clm {

/// What one forecaster said at one close, before anybody could know what came of it. `who` is a version's id, or
/// `kServed` for what was served to the outside.
struct ForecastRow {
  Timestamp decided_at;
  std::string who;
  std::vector<float> forecast;  ///< one per symbol of the universe, units of volatility; NaN = none
};
inline constexpr const char* kServed = "served";

/// Something that happened, in words; together, the timeline of a life cycle.
struct LifeEvent {
  std::int64_t sequence = 0;  ///< from 1 without gaps
  Timestamp at;
  std::string kind;  ///< trigger, trained, shadow, canary, promoted, rejected, retreat, watch, rolled_back, ...
  std::string model_type, version;  ///< may be empty
  std::string text;                 ///< a sentence with its numbers
  std::string detail_json = "{}";
};

/// The memory of a life cycle: forecasts as they were made, events, and the state from which it goes on. A step is one
/// transaction, so that a killed process finds the state, the forecasts and the events of the same moment.
/// As thread-safe as its database; borrows it.
class LifeCycleLog {
 public:
  /// Brings the tables (component "life_cycle") up to date. Errors as `Database`.
  static Result<LifeCycleLog> open(Database& database);

  struct Step {
    std::string state_json;
    std::vector<ForecastRow> forecasts;
    std::vector<LifeEvent> events;
  };
  /// All of it or nothing. A forecast that was logged is never changed: the first one stands.
  Status commit(const Step& step);

  /// Empty before the first step.
  Result<std::optional<std::string>> state() const;
  /// Decided in [from, to), ascending in time, then by name; `who` empty: everybody.
  Result<std::vector<ForecastRow>> forecasts(Timestamp from, Timestamp to, const std::string& who = {}) const;
  /// In their order, from `sequence` on.
  Result<std::vector<LifeEvent>> events(std::int64_t from_sequence = 1) const;
  /// Forgets forecasts decided before `before`, but for what was served.
  Status prune(Timestamp before);

 private:
  explicit LifeCycleLog(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace clm
