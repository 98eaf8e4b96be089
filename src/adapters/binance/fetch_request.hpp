#pragma once
#include <functional>
#include <vector>

#include "adapters/binance/fetch_candles.hpp"

namespace clm {

/// What all kinds of fetching have in common.

/// Errors (usage): `fetch.symbols` for none, or one with letters that no symbol has; `fetch.range` for a range without
/// a beginning, or an empty one.
Status check_fetch_request(const std::vector<Symbol>& symbols, const TimeRange& range);

/// Widens the times received of a series.
void note_received(FetchedSeries& series, Timestamp first, Timestamp last);

/// Adds files that were repaired; of one that is rebuilt page by page, how it stands now.
void note_repaired(FetchedSeries& series, const std::vector<RepairedFile>& repaired);

/// Runs `fetch_one` for one series after the other, counting its requests. `fetch.symbol` and `fetch.response` are
/// noted in their series, and returned only if every series has one; any other error ends the fetch.
Result<FetchReport> fetch_each(BinanceRest& exchange, std::vector<FetchedSeries> planned, const RunContext& context,
                               const std::function<Status(FetchedSeries&)>& fetch_one);

}  // namespace clm
