#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace clm {

/// A table with one row per time and one column per series.
struct WideTable {
  std::vector<std::string> columns;         ///< names, without the date column's
  std::vector<std::vector<double>> values;  ///< [column][row]; NaN where the field is empty, "nan", "NA" or "null"
  std::vector<std::string> dates;           ///< as written, one per row

  std::size_t rows() const { return dates.size(); }
};

/// Limits for one file; more is an error.
struct WideTableLimits {
  std::uint64_t max_bytes = std::uint64_t{1} << 30;  ///< inflated
  std::size_t max_columns = 4096;                    ///< besides the date
};

/// Reads comma-separated text whose first line names the columns, one of them "date" (in any case; "time", "timestamp"
/// and "datetime" do too), plain or gzip (known by its first bytes). Rows stand in the file's order, which is taken to
/// be that of time. Errors (data): `table.header` (no date column, no other column, or a name twice),
/// `table.row_width`, `table.number` with line and column, `table.empty`, `import.too_large`, `import.line_too_long`,
/// `gzip.*`; (unavailable): `import.missing` and the like.
Result<WideTable> read_wide_table(const std::filesystem::path& path, const WideTableLimits& limits = {});

}  // namespace clm
