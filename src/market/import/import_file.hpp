#pragma once
#include <filesystem>

#include "market/import/import_rows.hpp"

namespace clm {

/// Finds out what a file is from its first bytes (gzip, Arrow, Parquet, JSON, else delimited text) and reads it with
/// the reader for that; `bars` says what bars are, where they are no candles. Errors: those of the reader with the file
/// in `where`, `import.empty`, `import.unknown_format`, `import.hdf5`, `import.too_large` (data).
Result<FileContent> read_market_file(const std::filesystem::path& path, const ImportLimits& limits,
                                     const BarMeaning& bars = {});

/// The same for bytes in memory, except columnar formats, which need a file.
Result<FileContent> read_market_bytes(std::string_view bytes, const ImportLimits& limits);

}  // namespace clm
