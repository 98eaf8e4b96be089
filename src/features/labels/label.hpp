#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "market/series/candle.hpp"

namespace clm {

/// What a model learns to forecast.
enum class LabelTarget {
  plain,     ///< the symbol's own return in units of its volatility
  relative,  ///< the return minus the universe's mean return over the same bars, in units of the symbol's volatility
  rank,      ///< the normal score of the return's rank in the universe at that time (van der Waerden)
  blend      ///< `rank_weight` of `rank` and the rest `relative`: rank finds the order, relative keeps the size
};
Result<LabelTarget> parse_label_target(const std::string& name);
std::string to_string(LabelTarget target);

/// Definition of the label. Stored with every model.
struct LabelOptions {
  int horizon_bars = 5;  ///< bars from entry to exit, >= 1
  LabelTarget target = LabelTarget::blend;
  double rank_weight = 0.2;  ///< of a blend, 0 to 1: more ranks better, less earns more a trade
  /// Bars by which the learned return begins after the next bar's open. Judged and traded is always the next open; to
  /// learn from a later entry keeps the bounce between bid and ask out of the label, which half of the apparent
  /// foresight over one bar consists of.
  int entry_delay_bars = 1;
  int volatility_bars = 168;  ///< span of one-bar log returns whose standard deviation is the unit
  double clip = 5.0;          ///< labels are limited to +-clip units
};

nlohmann::json to_json(const LabelOptions& options);
/// The inverse, from a manifest's text. Error `label.definition` (integrity).
Result<LabelOptions> read_label_options(std::string_view json_text);

/// Whether forecasts of both are about the same: the return from the next open over as many bars, the symbol's own or
/// relative to the universe, in the same unit. What else there is of a label says how that is learned.
bool are_judged_alike(const LabelOptions& a, const LabelOptions& b);

/// A label that is not known.
inline constexpr float kUnknownLabel = std::numeric_limits<float>::quiet_NaN();

/// Forward returns of one symbol, one entry per candle; NaN where not known (yet), across a gap, or not defined.
struct ForwardReturns {
  std::vector<float> log_return;          ///< log(open[t+1+d+h] / open[t+1+d])
  std::vector<std::int64_t> known_at_ms;  ///< close of bar t+1+d+h; meaningful where log_return is finite
};

/// The return from the open `1 + entry_delay_bars` bars after bar t to the open `horizon_bars` later. Every bar on the
/// way must exist; a candle of the series counts only once its close is not after `as_of`. Cost: O(bars).
ForwardReturns forward_returns(const CandleSeries& series, int horizon_bars, int entry_delay_bars, Timestamp as_of);

}  // namespace clm
