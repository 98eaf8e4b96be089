#pragma once
#include <string>
#include <vector>

#include "base/run_context.hpp"
#include "learning/data/universe.hpp"
#include "market/quality/data_quality.hpp"
#include "market/store/candle_store.hpp"

namespace clm {

/// A stored series, checked.
struct StoredQuality {
  QualityReport report;            ///< of what of it is sound
  std::vector<TimeRange> missing;  ///< every stretch without a bar between first and last; ascending
  /// Why nothing of it is learned from, whatever its rows are like: "damaged", "not in universe.symbols"; else empty.
  std::string left_out_whole;

  /// Rows that training and forecasts read.
  std::int64_t used_rows() const { return left_out_whole.empty() ? report.use.used_rows : 0; }
};

struct StoredData {
  std::vector<StoredQuality> series;  ///< by venue, symbol, interval
  std::vector<DamagedFile> damaged;
  /// Why nothing at all is learned from as long as a setting does not choose among them; else empty. Then the rows of
  /// each series are told as if it were chosen.
  std::string undecided;
};

/// The checks of every stored series, side by side; a series is stale against the typical end of its own venue and
/// interval. `now`: bars that close later lie in the future. Which rows are used is what StoredUniverse says of the
/// same stores and settings. Errors: those of listing the store.
Result<StoredData> check_stored_series(const UniverseSources& sources, const UniverseOptions& options, Timestamp now,
                                       const RunContext& run);

}  // namespace clm
