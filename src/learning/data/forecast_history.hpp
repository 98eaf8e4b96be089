#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "registry/version.hpp"

namespace clm {

/// What one forecaster said at one close, before anybody could know what came of it. `who` is a version's id, or
/// `kServed` for what was served to the outside.
struct ForecastRow {
  Timestamp decided_at;
  std::string who;
  std::vector<float> forecast;  ///< one per symbol of the reader's universe, units of volatility; NaN = none
};
inline constexpr const char* kServed = "served";
/// What a version said; null if nothing.
const ForecastRow* row_of(const std::vector<ForecastRow>& rows, const VersionId& version);

/// Forecasts as they were made, for whoever only reads them.
class ForecastHistory {
 public:
  virtual ~ForecastHistory() = default;
  /// Decided in [from, to), ascending in time, then by name; `who` empty: everybody. Errors: those of the store.
  virtual Result<std::vector<ForecastRow>> forecasts(Timestamp from, Timestamp to, const std::string& who) const = 0;
};

}  // namespace clm
