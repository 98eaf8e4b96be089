#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "features/labels/dataset.hpp"

namespace clm {

/// What would have been earned by entering `delay_bars` bars later than the next bar's open.
struct DelayedReturns {
  int delay_bars = 0;
  std::vector<float> forward_return;  ///< log return over the same number of bars; NaN = not known
};

/// Whether forecasts are about the symbol's own return or about its return less the universe's mean.
enum class ReturnBasis { own, relative };
/// What forecasts of a label are about.
ReturnBasis return_basis(LabelTarget target);
/// "own", "relative".
std::string_view to_string(ReturnBasis basis);

/// The truth that forecasts are held against, shared by all forecasters that are judged beside each other. Columns
/// have `size()` entries, ordered by decision time, then symbol.
struct JudgedRows {
  Interval interval;
  int horizon_bars = 1;
  ReturnBasis basis = ReturnBasis::own;  ///< what the forecasts are about
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

/// The mean of `returns` over the rows of every decision time that have one, row by row; NaN where none has one.
std::vector<double> universe_return(const JudgedRows& rows, std::span<const float> returns);

/// `returns` as the forecasts are about them: less the universe's mean of their time where the basis is relative.
std::vector<float> judged_return(const JudgedRows& rows, std::span<const float> returns);

/// The truth of a choice of rows; `delayed` stays empty for the caller to fill.
std::shared_ptr<JudgedRows> judged_rows(const RowSet& rows, int horizon_bars);

/// What one forecaster said about the judged rows: label units, NaN = it abstained. Tables that are compared share
/// the same `rows` object: "judged on the same rows" is a matter of pointers, not of trust.
struct ForecastTable {
  std::string name;  ///< "xgboost", "reversal", ...
  std::shared_ptr<const JudgedRows> rows;
  std::vector<float> forecast;
  /// The probability that the price rises from the next open to the exit, as it would be served beside the forecast;
  /// one per row, strictly inside (0, 1). Empty: nothing of the kind was said.
  std::vector<double> up_probability = {};
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
