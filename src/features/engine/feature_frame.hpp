#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/scratch_array.hpp"
#include "features/inputs/bar_history.hpp"
#include "market/series/candle.hpp"

namespace clm {

/// Feature values of a universe: one row per symbol and bar, symbol-major, ascending in time within a symbol.
/// Row r belongs to bar `open_time[r]` and uses nothing known later than that bar's close. NaN = not known
/// (warm-up, gap, absent input).
struct FeatureFrame {
  std::string set_name;
  std::string set_hash;  ///< a model meets only frames of its own hash
  Venue venue;
  Interval interval;
  std::vector<std::string> names;          ///< F feature names, in column order
  std::vector<Symbol> symbols;             ///< S symbols, ascending
  std::vector<std::size_t> symbol_begin;   ///< S + 1 row offsets
  std::vector<std::int64_t> open_time_ms;  ///< N
  ScratchArray<float> values;              ///< N x F, row-major; of a long history in a file without a name
  /// The bars behind the rows, of all `symbols`; null in a frame that was not computed from candles.
  std::shared_ptr<const BarHistory> bars;

  std::size_t rows() const { return open_time_ms.size(); }
  std::size_t columns() const { return names.size(); }
  std::span<const float> row(std::size_t r) const { return {values.data() + r * columns(), columns()}; }
};

}  // namespace clm
