#pragma once
#include <optional>
#include <vector>

#include "market/batches/undo.hpp"

namespace clm {

/// What a person wants gone.
struct RemovalRequest {
  Symbol symbol;
  std::optional<Venue> venue;
  std::optional<Interval> interval;
  TimeRange range;  ///< candles by their open, context series by the time of their event
  enum class What { all, candles, context } what = What::all;
};

struct RemovedSeries {
  TouchedSeries series;  ///< range: from the first to the last row removed
  std::int64_t rows = 0;
  int files_forgotten = 0;  ///< that were gone already, and are missed no longer
};

/// Removes rows of one symbol from both stores; series by series in the order of the stores' lists. Who may want it
/// back hands the stores a batch before (record_changes_in). Context series have no interval: they are left
/// alone where one is given. Errors: `data.nothing_to_delete` (usage); those of the stores.
Result<std::vector<RemovedSeries>> remove_rows(CandleStore& candles, ContextStore& context,
                                               const RemovalRequest& request);

}  // namespace clm
