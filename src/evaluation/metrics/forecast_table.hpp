#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "features/labels/dataset.hpp"

namespace clm {

/// What would have been earned by entering `delay_bars` bars later than the next bar's open.
struct DelayedReturns {
  int delay_bars = 0;
  std::vector<float> forward_return;  ///< log return over the same number of bars; NaN = not known
};

/// The truth that forecasts are held against, shared by all forecasters that are judged beside each other. Columns
/// have `size()` entries, ordered by decision time, then symbol.
struct JudgedRows {
  Interval interval;
  int horizon_bars = 1;
  std::vector<Symbol> symbols;
  std::vector<std::int64_t> decided_at_ms;
  std::vector<std::int64_t> known_at_ms;
  std::vector<std::uint16_t> symbol;    ///< index into `symbols`
  std::vector<float> label;             ///< in units of recent volatility
  std::vector<float> forward_return;    ///< plain log return from the next bar's open to the exit
  std::vector<float> volatility;        ///< over the horizon, known at the decision
  std::vector<DelayedReturns> delayed;  ///< optional, ascending in delay; delay 0 is `forward_return` and not repeated

  std::size_t size() const { return decided_at_ms.size(); }
};

/// The truth of a choice of rows; `delayed` stays empty for the caller to fill.
std::shared_ptr<JudgedRows> judged_rows(const RowSet& rows, int horizon_bars);

/// What one forecaster said about the judged rows: label units, NaN = it abstained. Tables that are compared share
/// the same `rows` object: "judged on the same rows" is a matter of pointers, not of trust.
struct ForecastTable {
  std::string name;  ///< "xgboost", "reversal", ...
  std::shared_ptr<const JudgedRows> rows;
  std::vector<float> forecast;
};

/// Rows [begin[t], begin[t + 1]) were decided at `time_ms[t]`, strictly ascending.
struct TimeIndex {
  std::vector<std::int64_t> time_ms;
  std::vector<std::size_t> begin;

  std::size_t size() const { return time_ms.size(); }
};
/// `decided_at_ms` ascending. Cost O(rows).
TimeIndex index_times(std::span<const std::int64_t> decided_at_ms);

/// Values at strictly ascending times.
struct TimedSeries {
  std::vector<std::int64_t> time_ms;
  std::vector<double> value;

  std::size_t size() const { return value.size(); }
};

/// The rows where every one of the tables has a forecast, with those rows' truth and forecasts, in the tables' order.
/// The tables share one `rows`.
std::vector<ForecastTable> common_rows(std::span<const ForecastTable* const> tables);

}  // namespace clm
