#pragma once
#include <memory>

#include "market/import/byte_reader.hpp"
#include "market/import/import_rows.hpp"

namespace clm {

/// Reads candles from JSON: an object {symbol, interval, candles: [row, ...]} (or klines, or data, in place of
/// candles), or a plain array of rows. A row is an object {timestamp, open, high, low, close, volume, ...} with the
/// names that CSV headers have, or an array in Binance's kline order; numbers may be texts, as the exchange sends them.
/// The line of a row is the one it begins in. The document is streamed: memory holds the candles, never the text.
///
/// `bars` says what the rows are, where they are no candles: then they end up as a context series.
///
/// Bad rows are quarantined. Errors (data): `json.syntax` with its line, `import.empty`, `import.not_candles` (an
/// object without rows, a log of trades or signals), `import.too_large` for a single value that is too long, or too
/// much text, `import.too_many_rows`; and those of `bytes`. Cost: about 1 us a row.
Result<FileContent> read_candle_json(std::unique_ptr<ByteReader> bytes, const ImportLimits& limits,
                                     const BarMeaning& bars = {});

}  // namespace clm
