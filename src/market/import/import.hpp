#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "base/run_context.hpp"
#include "market/import/import_rows.hpp"
#include "market/store/candle_store.hpp"
#include "market/store/context_store.hpp"

namespace clm {

struct ImportOptions {
  /// Where the data comes from; unset: what the path says (import_name.hpp), else "import".
  std::optional<Venue> venue;
  /// The bars' length; unset: what the content, the file's name, or else the distance of the rows says. In every case
  /// the rows must confirm it.
  std::optional<Interval> interval;
  /// What of a file cannot be candles of its symbol, seen from what is stored, is quarantined; unset: everything goes
  /// in.
  std::optional<JumpLimits> jumps = JumpLimits{};
  ImportLimits limits;
  /// What has not ended by then is quarantined: it lies in the future, or its bar is still open.
  Timestamp now = Timestamp::max();
};

/// One series found in a file.
struct ImportedSeries {
  std::string venue;     ///< empty for a context series
  std::string symbol;    ///< "*" for a series of the whole market
  std::string interval;  ///< "1h"; empty for a context series
  std::string series;    ///< "candles", or the context series' name
  std::uint64_t rows = 0;
  Timestamp from, to;  ///< first and last time; meaningless if there are no rows
};

/// One file that was taken, and what was found in it.
struct ImportedFile {
  std::string file;
  std::string format;  ///< "kline CSV, 10 columns, gzip"
  std::vector<ImportedSeries> series;
  std::uint64_t rows_read = 0;
  std::uint64_t rows_quarantined = 0;
  std::vector<std::string> findings;  ///< what was put right or looks odd, for people
};

/// A file of which nothing was taken. `where` in the error is the file, with the line where one is known.
struct FailedFile {
  std::string file;
  Error error;
};

/// What an import did. Rows of files that failed are in none of the counts. For candles, rows_read = rows_stored +
/// rows_duplicate + rows_corrected + rows_quarantined; a row of a context file counts once for each series it holds.
struct ImportReport {
  std::uint64_t files = 0;    ///< that were taken
  std::uint64_t symbols = 0;  ///< distinct symbols in them
  std::uint64_t rows_read = 0;
  std::uint64_t rows_stored = 0;
  std::uint64_t rows_duplicate = 0;  ///< stored before, or said twice, with the same values
  std::uint64_t rows_corrected = 0;  ///< stored before with other values: the new ones won
  std::uint64_t rows_quarantined = 0;
  std::uint64_t rows_jumping = 0;          ///< of these: they jump against what is stored (ImportOptions::jumps)
  std::vector<RepairedFile> repaired;      ///< damaged files of the stores that sound ones took the place of
  std::vector<QuarantinedRow> quarantine;  ///< the first limits.max_quarantine_listed of them
  std::vector<ImportedFile> imported;
  std::vector<FailedFile> failed;
  std::vector<FailedFile> skipped;  ///< met in a directory, and known to be no market data: READMEs, logs of trades
};

/// Imports candles and context series from files and directories (walked in sorted order; names that begin with a dot
/// are left out). The format is found from the content, never from the extension alone: gzip or plain; CSV, JSON,
/// Feather, Parquet. See csv_reader.hpp, candle_json_reader.hpp and columnar_candle_reader.hpp for what is read, and
/// import_name.hpp for what the path may say.
///
/// A bad row is quarantined, a bad file is reported in `failed` with nothing of it stored, and the rest goes on.
/// Importing again stores nothing new. `context.jobs` files are read side by side; what is stored and reported does not
/// depend on it. Memory: a batch of files (16, or 16 MiB on disk) as candles.
///
/// Errors: `import.no_input` (usage) for no path, `import.venue` (usage); `cancelled`; those of the stores, which end
/// the import (disk full, lock held; what was stored before stays); and if no file could be taken, the first file's
/// error.
Result<ImportReport> import_paths(const std::vector<std::filesystem::path>& paths, const ImportOptions& options,
                                  CandleStore& candles, ContextStore& context_store, const RunContext& context);

/// The report with the keys that `clm import --json` promises.
nlohmann::json to_json(const ImportReport& report);

}  // namespace clm
