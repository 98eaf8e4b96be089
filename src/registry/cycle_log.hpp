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

/// A record of a recipe that is not accepted, as it was begun: moments of the past at which it is fitted, to which
/// later tries add. A change of the recipe begins another one.
struct RecipeTry {
  Timestamp tried_at;      ///< when it was begun
  int year = 0;            ///< of that moment, UTC
  std::size_t number = 0;  ///< it was the so many-th to be begun in that year, in the whole workspace; 1, 2, ...
  Timestamp first_origin;
  Duration spacing;  ///< between origins
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

  /// The newest record of the recipe `id` in the slot that was begun at `as_of` or before.
  Result<std::optional<RecipeTry>> recipe_try(std::string_view slot, std::string_view recipe, Timestamp as_of) const;
  /// Begins one as of `at` and gives it its number. Where one was begun at that very moment, as by a cycle that was
  /// killed, it is that one, as it was.
  Result<RecipeTry> begin_recipe_try(std::string_view slot, std::string_view recipe, Timestamp at,
                                     Timestamp first_origin, Duration spacing);
  /// Its newest record begun at `at` or before led to its acceptance. Noting it again changes nothing; neither does
  /// noting it of a recipe without a record.
  Status note_acceptance(std::string_view slot, std::string_view recipe, Timestamp at);
  /// How many recipes whose records were begun in that year were accepted before `as_of`.
  Result<std::size_t> recipes_accepted(int year, Timestamp as_of) const;

 private:
  explicit CycleLog(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace clm
