#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "market/series/candle.hpp"

namespace clm {

/// The closed bars that the rows of a frame were computed from, for models that read sequences: every usable bar of
/// every symbol up to `as_of`, also those before the rows asked for. A candle whose prices cannot be is left out, so
/// it is a gap like one that is missing. Symbols in the frame's order, bars ascending in time. 20 bytes a bar.
struct BarHistory {
  std::vector<std::size_t> symbol_begin{0};  ///< S + 1 offsets into the columns
  std::vector<std::int64_t> open_time_ms;
  std::vector<double> log_close;  ///< ln close, finite
  std::vector<float>
      log_volume;  ///< ln (1 + quote volume), by volume times close where that is not told; NaN = neither

  std::size_t symbols() const { return symbol_begin.size() - 1; }
  std::size_t bars() const { return open_time_ms.size(); }
  std::span<const std::int64_t> open_times_of(std::size_t symbol) const {
    return std::span(open_time_ms).subspan(symbol_begin[symbol], symbol_begin[symbol + 1] - symbol_begin[symbol]);
  }
};

/// 1 + the quote volume of a bar, by volume times close where that is not told; NaN = neither.
inline double one_and_quote_volume(const Candle& candle) {
  const double quote_volume = candle.quote_volume >= 0 ? candle.quote_volume : candle.volume * candle.close;
  return quote_volume >= 0 ? 1.0 + quote_volume : kMissing;
}

}  // namespace clm
