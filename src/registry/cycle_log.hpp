#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_io.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "registry/database.hpp"
#include "registry/version.hpp"

namespace clm {

enum class CycleStatus { running, done, failed, interrupted };
std::string_view to_string(CycleStatus status);

/// One learning cycle as it was run.
struct CycleRecord {
  std::int64_t id = 0;
  Timestamp as_of;                      ///< the moment it stood at; nothing known later was read
  std::optional<Timestamp> decided_at;  ///< when it began, by the caller's clock; none: not given
  CycleStatus status = CycleStatus::running;
  std::string triggers_json = "[]";
  std::string results_json = "[]";
  double seconds = 0;  ///< of the clock on the wall
};

/// What cycles did, and how often a holdout was looked at. As thread-safe as its database; borrows it.
class CycleLog {
 public:
  static Result<CycleLog> open(Database& database);

  /// `triggers_json` is one JSON array as text. Errors as `Database`.
  Result<std::int64_t> begin(Timestamp as_of, std::string_view triggers_json,
                             std::optional<Timestamp> decided_at = std::nullopt);
  /// Ends a running cycle. Error `cycle.not_running` (refused).
  Status finish(std::int64_t id, CycleStatus how, std::string_view results_json, double seconds);
  /// Cycles that a killed process left as running become `interrupted`; returns how many.
  Result<int> close_interrupted(const FileLock& cycle_lock);
  /// Newest first.
  Result<std::vector<CycleRecord>> list(int limit = 100) const;
  Result<std::optional<CycleRecord>> find(std::int64_t id) const;
  /// Whether a cycle that ended as done names the version among its results: a candidate that was decided on and left
  /// where it is, and not one whose cycle was killed before. Cost: O(cycles), about 1 us each.
  Result<bool> is_settled(const VersionId& version) const;

  /// Notes that `version` was judged on the final holdout `span`. Noting the same use again changes nothing, so a
  /// cycle that was killed and run again is not counted twice.
  Status note_holdout_use(std::string_view model_type, TimeRange span, const VersionId& version, Timestamp at);
  /// How many candidates of the type other than `candidate` were ever judged on rows of `span` (on any span that
  /// touches it): with the candidate itself, the number of trials that enters the deflated Sharpe ratio. The same
  /// candidate judged again is no further trial.
  Result<int> other_holdout_uses(std::string_view model_type, TimeRange span, const VersionId& candidate) const;

 private:
  explicit CycleLog(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace clm
