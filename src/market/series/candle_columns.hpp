#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "market/series/candle.hpp"

namespace clm {

/// One value of a candle and the name of its column in the store, as the exchange names it.
struct CandleField {
  const char* name;
  double Candle::*member;
};
inline constexpr std::size_t kCandleFields = 9;
/// In the order of the columns, after open_time.
std::span<const CandleField, kCandleFields> candle_fields();

/// Equal, or both missing.
bool same_value(double a, double b);
/// Whether every field is; the open times are the caller's to compare.
bool same_bar(const Candle& a, const Candle& b);

/// Bars as a file of the store holds them, column by column: 8 bytes a value that is there, 48 a bar of six columns,
/// where candles take 80.
struct CandleColumns {
  std::vector<std::int64_t> open_times_ms;                ///< strictly ascending
  std::array<std::vector<double>, kCandleFields> values;  ///< as candle_fields(); empty: missing throughout

  /// What they take in memory.
  std::size_t bytes() const;
  /// Appends the bars with open time in `range`.
  void append_to(std::vector<Candle>& candles, const TimeRange& range) const;
};

}  // namespace clm
