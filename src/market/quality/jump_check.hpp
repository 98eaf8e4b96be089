#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "market/series/candle.hpp"

namespace clm {

/// When prices cannot belong to the series they are to go into. Both limits are factors, upwards and downwards alike.
struct JumpLimits {
  /// Between a close and the stored close of the same bar. Exchanges correct bars by a few per cent; > 1.
  double most_correction = 1.5;
  /// Between closes that follow each other, times e^sqrt(days between them): 3.7 from one hour to the next, 8 over a
  /// day, 42 over a week, 700 over a month. Six standard deviations of a coin that moves 16 % a day, and a crash on
  /// top; > 1.
  double most_step = 3.0;
};

/// What of some bars does not fit what is stored.
struct JumpVerdict {
  /// Why none of them can be of this series; empty: they can.
  std::string whole;
  /// Else which single bars contradict the stored bar of the same time, ascending indices, and why the first does.
  std::vector<std::size_t> rows;
  std::string row_reason;
};

/// Compares `fresh` with the `stored` bars of the same series and time, both ascending; `stored` should reach a few
/// bars beyond `fresh` on either side.
///
/// With bars of the same time: none fits if more than half of them are off by more than `most_correction`; otherwise
/// those that are off do not. Without: `fresh` fits unless it is off by more than the allowed step at more than half of
/// the places where stored and fresh bars meet: the two bars that meet there, and the medians of up to 5 closes on
/// either side as well, so that one odd bar decides nothing. Nothing stored: everything fits. Cost: O(rows), about 2 ns
/// each.
JumpVerdict check_jump(std::span<const Candle> fresh, std::span<const Candle> stored, const JumpLimits& limits);

/// Whether some bar is in both, which are ascending. Then nothing else of what is stored matters to check_jump().
bool have_common_bar(std::span<const Candle> fresh, std::span<const Candle> stored);

}  // namespace clm
