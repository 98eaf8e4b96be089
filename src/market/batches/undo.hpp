#pragma once
#include <set>
#include <string>
#include <vector>

#include "market/batches/batch_log.hpp"
#include "market/store/candle_store.hpp"
#include "market/store/context_store.hpp"

namespace clm {

/// A series that a batch changed, and when.
struct TouchedSeries {
  std::string venue, symbol, interval;  ///< a context series has no interval, and may have no venue
  std::string series;                   ///< "candles", or the context series' name
  TimeRange range;
};

struct UndoReport {
  Batch batch;  ///< as it was before
  BatchUndone undone;
  std::set<int> left_to;  ///< batches that changed rows of it again, which stay as those made them
  std::vector<TouchedSeries> series;
};

/// What a batch touched. Errors as undo_batch().
Result<std::vector<TouchedSeries>> series_of_batch(const BatchLog& log, int number);

/// Takes back what a batch did: rows that it added go, rows that it corrected or removed are again what they were. A
/// row that a later batch changed stays as that one made it; if that one is undone too, the row becomes what it was
/// before both. A kill at any moment leaves the batch as not undone and each file of the stores old or new; undoing it
/// again completes it.
///
/// Errors: `batch.unknown` (usage), `batch.forgotten` (usage) for one that is too long ago, `batch.undone` (usage),
/// `lock.held` (locked) while it is at work, `batch.damaged` (integrity) if the log or the rows it keeps are damaged;
/// those of the stores.
Result<UndoReport> undo_batch(BatchLog& log, int number, CandleStore& candles, ContextStore& context, Timestamp at);

}  // namespace clm
