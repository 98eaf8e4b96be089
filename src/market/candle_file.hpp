#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "market/candle.hpp"

namespace clm {

/// One value of a candle and the name of its column in the store, as the exchange names it.
struct CandleField {
  const char* name;
  double Candle::*member;
};
/// In the order of the columns, after open_time.
std::span<const CandleField> candle_fields();

/// The bytes of one file of the candle store: columns, and in the metadata whose bars they are.
Result<std::string> encode_candles(const SeriesKey& key, std::span<const Candle> candles);

/// Reads such a file, appending the bars with open time in `range` to `candles`. Error `store.integrity` (integrity):
/// it is of another series, not ascending, or has bars outside `period`; else as read_parquet().
Status read_candles(const std::filesystem::path& path, const SeriesKey& key, const TimeRange& period,
                    const TimeRange& range, std::vector<Candle>& candles);

}  // namespace clm
