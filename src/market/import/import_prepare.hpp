#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "market/import/import.hpp"
#include "market/import/import_rows.hpp"
#include "market/series/candle.hpp"
#include "market/series/context_series.hpp"

namespace clm {

/// One file, read and settled, as it will go into the stores.
struct PreparedFile {
  explicit PreparedFile(Quarantine quarantined) : quarantine(std::move(quarantined)) {}

  ImportedFile info;
  std::vector<CandleSeries> candles;
  std::vector<ContextSeries> context;
  std::string venue;
  std::uint64_t rows_duplicate = 0;
  Quarantine quarantine;
};

/// Reads one file, settles whose candles they are (content against name: `import.symbol_mismatch`, `import.no_symbol`)
/// and of which interval. Depends on the file and the options alone. Errors: those of read_market_file() and
/// settle_candles(), with the file in `where`.
Result<PreparedFile> prepare_file(const std::filesystem::path& path, const ImportOptions& options);

}  // namespace clm
