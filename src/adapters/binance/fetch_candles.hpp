#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/binance/binance_rest.hpp"
#include "base/result.hpp"
#include "base/run_context.hpp"
#include "market/series/candle.hpp"
#include "market/store/candle_store.hpp"

namespace clm {

/// What was fetched of one series. `problem` is set if the exchange would not give this one: an unknown symbol, an
/// answer that was not understood. What came before the problem is stored.
struct FetchedSeries {
  SeriesKey key;
  std::string what;               ///< "candles", "funding_rate", "open_interest"
  std::int64_t rows_stored = 0;   ///< new ones
  std::optional<Timestamp> from;  ///< first and last time received; empty if the exchange had nothing new
  std::optional<Timestamp> to;
  std::int64_t requests = 0;           ///< retries included
  std::vector<RepairedFile> repaired;  ///< damaged files that what came took the place of
  std::optional<Error> problem;
};

struct FetchReport {
  std::vector<FetchedSeries> series;
};

struct FetchCandlesOptions {
  BinanceMarket market = BinanceMarket::usd_margined;
  Venue venue = Venue("binance-um");  ///< under which the candles are stored
  std::vector<Symbol> symbols;        ///< at least one, as the exchange names them: "BTCUSDT"
  Interval interval = Interval::one_hour();
  TimeRange range;  ///< open times; `from` must be given, `to` may lie in the future
};

/// Brings the stored candles up to `context.clock`'s now: what lies before the first stored bar, backwards, and what
/// lies after the last, forwards, so that what is stored never has a hole of our making and an interrupted fetch goes
/// on where it stopped. Every page (1,000 bars spot, 1,500 USD-M) is stored before the next is asked for. The last
/// stored bar is asked for again and corrected if the exchange now says otherwise. A bar that has not closed yet is
/// never stored. Gaps inside what is stored are left: the exchange has them too, or `clm data` shows them.
///
/// Errors before anything is sent (usage): `fetch.symbols`, `fetch.interval`, `fetch.range`. Later ones are those of
/// BinanceRest::get and CandleStore::write; a `fetch.symbol` or `fetch.response` ends its series only and stands in the
/// report, unless no series was without.
Result<FetchReport> fetch_candles(BinanceRest& exchange, CandleStore& store, const FetchCandlesOptions& options,
                                  const RunContext& context);

}  // namespace clm
