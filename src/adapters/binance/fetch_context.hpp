#pragma once
#include <vector>

#include "adapters/binance/fetch_candles.hpp"
#include "market/store/context_store.hpp"

namespace clm {

struct FetchContextOptions {
  std::vector<SeriesKind> kinds = {SeriesKind::funding_rate, SeriesKind::open_interest};  ///< these two exist here
  std::vector<Symbol> symbols;  ///< USD-M contracts, at least one
  /// Between snapshots of open interest: 5m, 15m, 30m, 1h, 2h, 4h, 6h, 12h or 1d. Finer costs more requests.
  Interval open_interest_interval = Interval::one_hour();
  TimeRange
      range;  ///< event times; `from` must be given. Binance keeps open interest for 30 days: earlier is not there
};

/// Brings stored funding rates and open interest (in the base currency) of USD-M contracts up to `context.clock`'s now,
/// in the way of fetch_candles: backwards before the first stored point, forwards after the last, each page stored
/// before the next is asked for. A point is stored with its kind's publication delay; none lies in the future.
///
/// Errors as fetch_candles, and `fetch.kind` (usage) for a kind that Binance's history does not have.
Result<FetchReport> fetch_context(BinanceRest& exchange, ContextStore& store, const FetchContextOptions& options,
                                  const RunContext& context);

}  // namespace clm
