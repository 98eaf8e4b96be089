#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "features/engine/feature_frame.hpp"
#include "features/labels/label.hpp"

namespace clm {

/// Rows a model may be trained or judged on: references into a feature frame with their labels, ordered by time
/// across all symbols at once, then by symbol. All columns have `size()` entries. The matrix is never copied:
/// trainers gather what they need in blocks through `frame_row`.
struct Dataset {
  std::shared_ptr<const FeatureFrame> frame;
  LabelOptions definition;                  ///< of `label`; rows without labels may have any
  std::vector<std::uint32_t> frame_row;     ///< row in `frame`
  std::vector<std::uint16_t> symbol;        ///< index into `frame->symbols`
  std::vector<std::int64_t> decided_at_ms;  ///< close of the feature bar: when the forecast could be made
  std::vector<std::int64_t>
      known_at_ms;           ///< when label and return became known; the label's span is [decided_at, known_at]
  std::vector<float> label;  ///< what is learned, in units of recent volatility (see LabelOptions)
  std::vector<float> forward_return;  ///< plain log return from the next bar's open to the exit, not scaled
  std::vector<float> volatility;  ///< recent volatility over the horizon: forward return = label * this (plain label)
  /// Training weight > 0: how much of the label is its own, times the horizon. 1 where labels overlap on all sides.
  std::vector<float> weight;

  std::size_t size() const { return frame_row.size(); }
};

/// A choice of rows of a dataset, ascending. Owns its indices, borrows the dataset.
struct RowSet {
  const Dataset* data = nullptr;
  std::vector<std::uint32_t> rows;

  std::size_t size() const { return rows.size(); }
  /// Copies the features of rows [begin, end) of this choice, row-major, into `out` (count x F).
  void gather(std::size_t begin, std::size_t end, std::span<float> out) const;
};

/// Every row of `data`.
RowSet all_rows(const Dataset& data);

}  // namespace clm
