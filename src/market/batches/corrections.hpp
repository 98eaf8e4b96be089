#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "market/batches/batch_log.hpp"
#include "market/store/candle_store.hpp"

namespace clm {

/// How far a log of batches had come when somebody was about to read the stores. It holds whatever the clock said, and
/// however much of the log is forgotten later.
struct LogPosition {
  int last_batch = 0;        ///< the newest one that had begun; 0: none
  std::vector<int> at_work;  ///< of these, ascending, what they changed may have been read or not
  std::vector<int> undone;   ///< ascending
  bool operator==(const LogPosition&) const = default;
};

/// Where `log` is, of which `content` was read.
LogPosition position_of(const BatchLog& log, const LogContent& content);

/// {last_batch, at_work, undone}
nlohmann::json to_json(const LogPosition& position);
/// Error `manifest.batches` (integrity) for anything else.
Result<LogPosition> read_log_position(std::string_view json_text);

/// Candles that somebody read.
struct ReadCandles {
  LogPosition position;  ///< of the log, before they were read
  Venue venue;
  Interval interval;
  std::vector<Symbol> symbols;
  TimeRange range;  ///< by their open
};

/// Candles of one symbol that are not any more what was read.
struct CorrectedCandles {
  Symbol symbol;
  std::int64_t bars = 0;
  Timestamp first_open, last_open;
};

/// Which of them were corrected or removed since, ascending by symbol: rows that were replaced or deleted and are not
/// what they were again, and rows of a batch that was undone, whatever stands in their place now. Rows where there were
/// none are no correction. What forgotten batches did is not known (`BatchLogLimits`). `content`: of `log`, read at
/// `position` or later. Errors: `parquet.*` for the rows that a batch keeps, those of `CandleStore::read`. Cost: that
/// of what was corrected, its rows read from the log and from the store; microseconds where nothing was.
Result<std::vector<CorrectedCandles>> corrected_since(const BatchLog& log, const LogContent& content,
                                                      const CandleStore& store, const ReadCandles& read);

}  // namespace clm
