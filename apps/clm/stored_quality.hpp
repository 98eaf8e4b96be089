#pragma once
#include <vector>

#include "base/run_context.hpp"
#include "market/candle_store.hpp"
#include "market/data_quality.hpp"

namespace clm::app {

/// A stored series, checked.
struct StoredQuality {
  QualityReport report;
  std::vector<TimeRange> missing;  ///< every stretch without a bar between first and last; ascending
};

/// The checks of every stored series, side by side; a series is stale against the typical end of its own venue and
/// interval. In the order of `CandleStore::list`. Errors: those of the store.
Result<std::vector<StoredQuality>> check_stored_series(const CandleStore& store, const QualityOptions& options,
                                                       const RunContext& run);

}  // namespace clm::app
