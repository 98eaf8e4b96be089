#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "features/labels/label.hpp"
#include "registry/version.hpp"
#include "serving/action.hpp"

namespace clm {

/// What was told with a forecast that was served. One value per symbol, as in the forecast beside it.
struct ServedTerms {
  VersionId lineup;    ///< the ensemble that spoke to all but a canary's share; empty: the active versions themselves
  LabelOptions label;  ///< what was forecast
  std::vector<float> expected_return_bps;  ///< over the horizon; less the universe's mean where the label is relative
  std::vector<float> up_probability;       ///< that the price rises
  std::vector<Action> actions;             ///< HOLD where nothing was forecast
};

/// Why a version is heard at a bar.
enum class Heard {
  in_service,   ///< it is active, or a member of the active ensemble
  for_a_trial,  ///< a trial compares it, or it is suspended and may come back; nothing else asks it
};

/// What one forecaster said at one close, before anybody could know what came of it. `who` is a version's id, or
/// `kServed` for what was served to the outside.
struct ForecastRow {
  Timestamp decided_at;
  std::string who;
  std::vector<float> forecast;  ///< one per symbol of the reader's universe, units of volatility; NaN = none
  Heard heard = Heard::in_service;
  std::optional<ServedTerms> terms = {};  ///< of what was served, where it is asked for and was noted
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
