#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "features/inputs/bar_history.hpp"

namespace clm {

/// The last bars of every symbol, kept up to date bar by bar: what a model that reads sequences needs of a history.
class RecentBars {
 public:
  /// The last `bars` of every symbol of `history`.
  RecentBars(const BarHistory& history, std::size_t bars);

  /// Adds a usable candle of a symbol, later than its last one.
  void add(std::size_t symbol, const Candle& candle);
  /// The last bars of every symbol. O(bars).
  BarHistory newest() const;

 private:
  struct OfSymbol {
    std::vector<std::int64_t> open_time_ms;
    std::vector<double> log_close;
    std::vector<float> log_volume;
  };
  std::size_t bars_;
  std::vector<OfSymbol> symbols_;
};

}  // namespace clm
