#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace clm {

/// What one forecaster's forecasts of one decision time were worth, once the labels were known.
struct BarScore {
  std::uint32_t rows = 0;    ///< symbols with a forecast and a label
  std::uint32_t calls = 0;   ///< of these, forecast and label both have a sign
  std::uint32_t hits = 0;    ///< and it is the same one
  std::uint32_t up = 0;      ///< forecasts above zero
  double rank_ic = 0;        ///< Spearman over the symbols; NaN with fewer than the least number of them
  double squared_error = 0;  ///< mean over the symbols, in label units squared; NaN without rows
  double spread = 0;         ///< standard deviation of the forecasts over the symbols, label units
};

/// `forecasts` and `labels` in label units, one pair a symbol; pairs with a NaN are left out. Cost O(n log n).
BarScore score_bar(std::span<const float> forecasts, std::span<const float> labels, std::size_t min_symbols);

/// What a forecaster loses on one decision time.
enum class BarLoss {
  rank,          ///< 1 - rank IC: in [0, 2], nothing but the order of the symbols counts
  squared_error  ///< mean squared error in label units: for universes too small to rank
};
std::string_view to_string(BarLoss loss);

/// Empty where the time cannot be scored in this way.
std::optional<double> loss_of(const BarScore& score, BarLoss loss);

}  // namespace clm
