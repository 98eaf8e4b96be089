#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "market/import/import_rows.hpp"

namespace clm {

/// The candles of one symbol of one file, in the order and with the certainty that the store asks for.
struct SettledCandles {
  Interval interval;
  std::vector<Candle> candles;        ///< strictly ascending
  std::uint64_t rows_duplicate = 0;   ///< said twice in the file with the same values
  std::vector<std::string> findings;  ///< what was put right: "12 rows stood out of order and were sorted"
};

/// Quarantines rows whose bar has not closed at `now`, sorts the rest, drops repetitions, quarantines what contradicts
/// an earlier row or stands off the interval's grid, and settles which interval it is: `stated` (by option, content or
/// name; none = infer it), which the spacing must confirm.
///
/// Gaps are fine. What is not: a file whose rows are mostly of another spacing than stated, and one that mixes
/// intervals, which is seen by rows that stand closer than the interval (three in a row, or more than 1 % of all) or by
/// a long run at a wider interval. Errors (data): `import.interval_mismatch`, `import.mixed_intervals` naming the line,
/// `import.interval_unknown` (a single row and nothing stated, or a spacing that is no interval). No candles if all
/// rows lie in the future. O(n), sorting apart.
Result<SettledCandles> settle_candles(CandleRows&& rows, const std::optional<Interval>& stated, Timestamp now,
                                      Quarantine& quarantine);

/// Sorts the values of a context series, drops repetitions and quarantines contradictions, and what ends after `now`:
/// `label_to_end` later than its time. Returns the repetitions.
std::uint64_t settle_context(ContextRows& rows, Duration label_to_end, Timestamp now, Quarantine& quarantine);

}  // namespace clm
