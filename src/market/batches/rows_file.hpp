#pragma once
#include <filesystem>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "market/store/row_changes.hpp"

/// Rows as they were before a batch, of several series in one Parquet file: a column `series` counts them from 0.
namespace clm {

/// The bytes of such a file. Error `parquet.write` (defect).
Result<std::string> encode_rows_before(std::span<const CandleChanges> changes);
Result<std::string> encode_rows_before(std::span<const ContextChanges> changes);

/// The rows of one series, ascending. Errors: those of read_parquet(), `batch.damaged` (integrity) if they are not in
/// order.
Status read_rows_before(const std::filesystem::path& path, std::int64_t series, std::vector<Candle>& rows);
Status read_rows_before(const std::filesystem::path& path, std::int64_t series, std::vector<SeriesPoint>& rows);

inline Timestamp time_of(const Candle& candle) { return candle.open_time; }
inline Timestamp time_of(const SeriesPoint& point) { return point.event_time; }

}  // namespace clm
