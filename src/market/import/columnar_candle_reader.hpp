#pragma once
#include <filesystem>

#include "market/import/import_rows.hpp"

namespace clm {

enum class ColumnarFormat { feather, parquet };

/// Reads candles or context series from a Feather file (freqtrade's format) or a Parquet file with named columns; the
/// names mean what they mean in a CSV header (table_layout.hpp). The time is a timestamp of any unit, a count since the
/// epoch, or a text. A `symbol` column may mix symbols. The line of a row is its number, from 1.
///
/// Where the columns are those of bars, `bars` says what these are.
///
/// Bad rows are quarantined. Errors: those of reading the file (columnar_file.hpp), `import.empty`,
/// `import.unknown_format`, `import.not_candles`, `import.too_many_rows` (data).
Result<FileContent> read_columnar_candles(const std::filesystem::path& path, ColumnarFormat format,
                                          const ImportLimits& limits, const BarMeaning& bars = {});

}  // namespace clm
