#pragma once
#include <array>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/run_context.hpp"
#include "features/inputs/candle_source.hpp"
#include "features/inputs/context_source.hpp"
#include "features/labels/dataset_builder.hpp"
#include "features/sets/feature_set.hpp"

namespace clm {

/// A market bar by bar: the features known at each close, and the labels as they became known later. Live operation and
/// replay use the same class; live, the tape ends at the newest bar.
///
/// Rows are ordered by time, then by symbol; the rows of one bar are neighbours. Thread-safe as long as nothing is
/// added. Memory: the feature frame and some 55 bytes a row.
class MarketTape {
 public:
  /// Later entries that rows are judged by beside the label's own, in bars.
  static constexpr std::array kJudgedDelays{1, 2, 5};

  /// Everything known at `as_of`. Errors: those of the source and of `compute_features`; `tape.no_rows` (data).
  static Result<MarketTape> record(const FeatureSet& features, const CandleSource& candles,
                                   const ContextSource* context, const LabelOptions& label, Timestamp as_of,
                                   const RunContext& run);

  /// Shows the same bars under another feature set too, to versions that read it. Errors: those of the source and of
  /// `compute_features`. Memory: as much again.
  Status add_features(const FeatureSet& features, const CandleSource& candles, const ContextSource* context,
                      const RunContext& run);

  std::size_t bars() const { return closes_.size(); }
  /// Ascending.
  Timestamp close(std::size_t bar) const { return closes_[bar]; }
  /// The first bar that closes at `time` or later; `bars()` where none does.
  std::size_t bar_at_or_after(Timestamp time) const;

  const std::vector<Symbol>& symbols() const { return rows_->frame->symbols; }
  const std::shared_ptr<const FeatureFrame>& frame() const { return rows_->frame; }
  const LabelOptions& label() const { return rows_->definition; }
  Interval interval() const { return rows_->frame->interval; }
  /// Every row, labelled or not; `volatility` is known for all that have one, `label` and `forward_return` are NaN, and
  /// `known_at_ms` is far in the future, where the truth is not known by the end of the tape.
  const Dataset& rows() const { return *rows_; }
  /// The same rows under the feature set of that hash; null: the tape does not hold it.
  const Dataset* rows_of(const std::string& feature_hash) const;
  /// [begin, end) of the rows that were decided at `close(bar)`.
  std::size_t row_begin(std::size_t bar) const { return begin_[bar]; }
  std::size_t row_end(std::size_t bar) const { return begin_[bar + 1]; }

  /// Rows that were decided after `time`, up to and including `bar`.
  std::int64_t rows_since(Timestamp time, std::size_t bar) const;

  /// The labelled rows as they were known at `as_of`, with the returns after `kJudgedDelays`: to the bit what
  /// `DatasetBuilder` makes of the candles that had closed by then, since a label says the same whenever it is looked
  /// at, and how much of it is its own follows from which labels there are. Error `dataset.no_rows` (data). Cost:
  /// O(rows), copies; 50 bytes a row.
  Result<LabelledRows> labels_known_at(Timestamp as_of) const;

  /// When the truth about decisions at `close(bar)` is known: its labels need so many bars.
  Timestamp known_at(std::size_t bar) const;

 private:
  std::unique_ptr<Dataset> rows_;                          // rows are referred to by address
  std::map<std::string, std::unique_ptr<Dataset>> added_;  ///< by the hash of its feature set
  std::vector<DelayedColumn> delayed_;  ///< one entry per row; NaN where not known by the end of the tape
  std::vector<LabelledBars> bars_;      ///< by symbol
  std::vector<Timestamp> closes_;
  std::vector<std::size_t> begin_;
};

}  // namespace clm
