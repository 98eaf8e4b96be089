#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "market/series/candle.hpp"
#include "market/series/candle_columns.hpp"

namespace clm {

/// What a file must hold before it is whole again: it was damaged, and what it held is imported anew piece by piece.
/// An edge of which nothing is known is Timestamp::max() or Timestamp::min(), which everything reaches.
struct AwaitedRows {
  Timestamp first = Timestamp::max();  ///< a bar at or before it
  Timestamp last = Timestamp::min();   ///< a bar at or after it
  std::size_t rows = 0;                ///< at least so many
  bool operator==(const AwaitedRows&) const = default;
};
/// Whether bars, ascending, are all that was awaited.
bool holds_all(const AwaitedRows& awaited, std::span<const Candle> candles);

/// The bytes of one file of the candle store: columns, and in the metadata whose bars they are, their checksum, and
/// what is awaited still.
Result<std::string> encode_candles(const SeriesKey& key, std::span<const Candle> candles,
                                   const std::optional<AwaitedRows>& awaited = {});

/// What a file says of itself.
struct CandleFileState {
  bool has_checksum = false;  ///< written by this release or a later one
  std::size_t rows = 0;
  Timestamp first, last;  ///< open times; meaningless without rows
  std::optional<AwaitedRows> awaited;
};

/// Reads such a file whole. Error `store.integrity` (integrity): its checksum is not that of its content, it is of
/// another series, not ascending, or has bars outside `period`; else as read_parquet().
Result<CandleFileState> read_candle_columns(const std::filesystem::path& path, const SeriesKey& key,
                                            const TimeRange& period, CandleColumns& columns);
/// The same, appending the bars with open time in `range` to `candles`.
Result<CandleFileState> read_candles(const std::filesystem::path& path, const SeriesKey& key, const TimeRange& period,
                                     const TimeRange& range, std::vector<Candle>& candles);

/// Error `store.incomplete` (integrity) for a file that awaits rows.
Status check_whole(const CandleFileState& state, const SeriesKey& key, const TimeRange& period,
                   const std::filesystem::path& path);

/// The command that removes what is stored of a period, for remedies.
std::string removal_command(const SeriesKey& key, const TimeRange& period);

/// What must be there again once a damaged file is replaced: what its footer says it held, and where that cannot be
/// read, the whole period towards a side on which the series goes on.
struct Neighbours {
  bool earlier = false, later = false;  ///< periods of the series that are stored
};
AwaitedRows awaited_after_damage(const std::filesystem::path& path, const SeriesKey& key, const TimeRange& period,
                                 const Neighbours& neighbours);

}  // namespace clm
