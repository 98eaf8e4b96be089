#pragma once
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "features/labels/dataset.hpp"
#include "features/labels/label.hpp"

namespace clm {

struct DatasetOptions {
  LabelOptions label;
  Timestamp as_of = Timestamp::max();  ///< candles that closed later do not exist
  /// Further returns to be judged on, each entered this many bars later than the next bar's open.
  std::vector<int> delays_bars;
};

/// What one entry delay would have earned, row by row of the dataset; NaN = not known.
struct DelayedColumn {
  int delay_bars = 0;
  std::vector<float> forward_return;
};

/// Which bars of a symbol's series have a label, in the dataset or not: how much of a label is its own depends on all
/// of them.
struct LabelledBars {
  struct WithoutRow {
    std::uint32_t bar;
    std::int64_t decided_at_ms;
  };
  std::vector<bool> has_label;          ///< one per candle
  std::vector<WithoutRow> without_row;  ///< candles that the frame has no row of, ascending; the others are its rows
};

struct LabelledRows {
  Dataset data;
  std::vector<DelayedColumn> delayed;  ///< one per `delays_bars`
};

/// Joins labels to a feature frame. Rows without a known label, or without a volatility unit, are left out; so are,
/// for the targets that compare symbols, times with fewer than `kMinCrossSection` labelled symbols.
///
/// Fed one symbol at a time, so that at most one candle series is in memory. Not thread-safe. Cost: O(rows log
/// symbols).
class DatasetBuilder {
 public:
  static constexpr std::size_t kMinCrossSection = 5;

  DatasetBuilder(std::shared_ptr<const FeatureFrame> frame, DatasetOptions options);

  /// The candles of the frame's next symbol, in the frame's order.
  void add(const CandleSeries& series);

  /// Of the symbols that were added, in their order.
  const std::vector<LabelledBars>& bars() const { return bars_; }

  /// After every symbol was added. Error `dataset.no_rows` (data).
  Result<LabelledRows> build() &&;

 private:
  std::shared_ptr<const FeatureFrame> frame_;
  DatasetOptions options_;
  std::size_t next_symbol_ = 0;
  std::vector<LabelledBars> bars_;
  // One entry per frame row.
  std::vector<float> forward_return_, volatility_, learned_return_, weight_;
  std::vector<std::int64_t> known_at_ms_;
  std::vector<std::vector<float>> delayed_;
};

/// Of a dataset without rows. `symbols`: of the frame.
tl::unexpected<Error> no_labelled_rows(const DatasetOptions& options, std::size_t symbols);

/// For each bar the mean over its label's bars of 1 / (number of labels of the series that span the bar): how much of
/// the label is its own (Lopez de Prado, Advances in Financial Machine Learning, 2018, ch. 4.4). `labelled[t]` says
/// whether bar t has a label, which spans bars t + first_offset .. t + first_offset + horizon - 1. Sums to about the
/// number of independent labels. Cost: O(bars).
std::vector<float> label_uniqueness(const std::vector<bool>& labelled, int first_offset_bars, int horizon_bars);

}  // namespace clm
