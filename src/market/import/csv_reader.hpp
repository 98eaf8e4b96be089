#pragma once
#include <memory>

#include "market/import/byte_reader.hpp"
#include "market/import/import_rows.hpp"

namespace clm {

/// Reads delimited text (comma, semicolon or tab; the first line decides) as candles or context series.
///
/// With a header, the columns are known by name, in any order and with the names that Binance, its client libraries,
/// freqtrade and pandas give them; unknown columns are skipped. Without one, it must be Binance's kline order:
/// open_time, open, high, low, close, volume, [close_time,] quote_volume, trades, taker_buy_volume,
/// taker_buy_quote_volume, ignore, from 6 to 12 columns (close_time is known by its value). Times: see market_time()
/// and parse_market_time(). A `symbol` column may mix symbols. An empty field of an optional column is NaN.
///
/// A row that cannot be read, or whose candle is not sound, is quarantined and the rest goes on. Errors (data):
/// `import.empty` (no row), `import.unknown_format` (no header that says candles or context, or the first line is
/// neither), `import.not_candles` (a known table that is something else), `import.line_too_long`,
/// `import.too_many_rows`; and those of `bytes`. Cost: about 50 ns for a row of six columns.
/// Where the columns are those of bars, `bars` says what these are. `expected_bytes` is how many bytes may come,
/// roughly; 0 = unknown. It only saves moving the rows while they grow.
Result<FileContent> read_csv(std::unique_ptr<ByteReader> bytes, const ImportLimits& limits,
                             std::uint64_t expected_bytes = 0, const BarMeaning& bars = {});

}  // namespace clm
