#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/contract.hpp"
#include "base/result.hpp"

/// Parquet and Feather files as plain vectors. The one place that knows Apache Arrow.
///
/// What comes back has passed Arrow's own validation, so a truncated or altered file is an error and never a crash or a
/// wild read. What we write carries a checksum per page, and the same table always makes the same bytes.
/// Everything here is a free function without state: thread-safe, one thread each.
namespace clm {

enum class ColumnType { int64, float64, float32, text };

using ColumnValues =
    std::variant<std::vector<std::int64_t>, std::vector<double>, std::vector<float>, std::vector<std::string>>;

struct Column {
  std::string name;
  ColumnValues values;
};

/// Columns of equal length, in order, and what the file says about itself. A missing number is NaN.
struct ColumnarTable {
  std::vector<Column> columns;
  std::map<std::string, std::string> metadata;

  std::size_t rows() const;
  /// nullptr if there is no such column.
  const Column* find(std::string_view name) const;
  /// The values of a column that was asked for as T. Broken contract if it is absent or of another type.
  template <typename T>
  const std::vector<T>& values(std::string_view name) const;
};

/// The same without owning: for writing what lies elsewhere.
struct ColumnView {
  std::string name;
  std::variant<std::span<const std::int64_t>, std::span<const double>, std::span<const float>,
               std::span<const std::string>>
      values;
};
std::vector<ColumnView> views_of(const ColumnarTable& table);

enum class Compression {
  none,  ///< reads fastest; what the candle store uses
  zstd   ///< level 1: about half the size, slower to read; for exports
};

struct ParquetWriteOptions {
  Compression compression = Compression::none;
  /// A reader that wants few rows reads whole groups; more rows a group compress better and need more memory. >= 1.
  std::size_t rows_per_group = 1'048'576;
};

/// The file as bytes, for a caller that publishes several at once. Text columns are dictionary-encoded, numbers are
/// plain; NaN stays NaN (not null). Error `parquet.write` (defect).
Result<std::string> encode_parquet(std::span<const ColumnView> columns,
                                   const std::map<std::string, std::string>& metadata,
                                   const ParquetWriteOptions& options = {});

/// Replaces `path` in one step (base/file_io.hpp). Streams: needs no second copy of the table in memory.
/// Errors `parquet.write` (unavailable), `file.write` (unavailable).
Status write_parquet(const std::filesystem::path& path, std::span<const ColumnView> columns,
                     const std::map<std::string, std::string>& metadata = {}, const ParquetWriteOptions& options = {});
Status write_parquet(const std::filesystem::path& path, const ColumnarTable& table,
                     const ParquetWriteOptions& options = {});

/// A column to read, and as what. Integers and floats of every width and booleans become the number that is asked for;
/// a timestamp of any unit becomes ms since the epoch (a date, its midnight); a text is never read as a number.
/// Null becomes NaN, or "" in a text; a null, a fraction or an overflow in a column asked for as int64 is an error.
struct ColumnRequest {
  enum class Presence { required, optional };
  std::string name;
  ColumnType type = ColumnType::float64;
  Presence presence = Presence::required;  ///< an optional column that the file lacks is left out of the table
};

/// What reading one file may take at a time, so that a few bytes cannot claim all memory.
inline constexpr std::int64_t kMostColumnarBytes = std::int64_t{4} << 30;

/// The asked columns in the order asked. Errors (data unless said): `parquet.read` (unavailable: cannot be opened),
/// `parquet.corrupt`, `parquet.column` (missing, or of a type that cannot be what was asked), `parquet.value`
/// (null or fraction where an integer was asked), `parquet.too_large` (a column needs more than `most_bytes`). Cost:
/// about 1 ns a value on top of reading the bytes.
Result<ColumnarTable> read_parquet(const std::filesystem::path& path, std::span<const ColumnRequest> columns,
                                   std::int64_t most_bytes = kMostColumnarBytes);

/// Feather v2 (= Arrow IPC file), uncompressed, LZ4 or ZSTD: freqtrade's format. The file is held in
/// memory while it is read. Errors as above under `feather.*`.
Result<ColumnarTable> read_feather(const std::filesystem::path& path, std::span<const ColumnRequest> columns,
                                   std::int64_t most_bytes = kMostColumnarBytes);

/// What a file holds.
struct ColumnInfo {
  std::string name;
  std::optional<ColumnType> type;  ///< the nearest of ours (times: int64); none if it cannot be read here
  std::string file_type;           ///< as the file calls it: "timestamp[ms, tz=UTC]"
  /// Smallest and largest value of an int64 column, where the file states them (Parquet only).
  std::optional<std::int64_t> min, max;
};
struct ColumnarInfo {
  std::size_t rows = 0;
  std::vector<ColumnInfo> columns;
  std::map<std::string, std::string> metadata;
};
/// Errors `parquet.read` (unavailable), `parquet.corrupt` (data). Cost: about 0.1 ms, the footer alone is read.
Result<ColumnarInfo> inspect_parquet(const std::filesystem::path& path);
/// Errors `feather.read` (unavailable), `feather.corrupt`, `feather.too_large` (data).
Result<ColumnarInfo> inspect_feather(const std::filesystem::path& path, std::int64_t most_bytes = kMostColumnarBytes);

template <typename T>
const std::vector<T>& ColumnarTable::values(std::string_view name) const {
  const Column* column = find(name);
  const std::vector<T>* found = column == nullptr ? nullptr : std::get_if<std::vector<T>>(&column->values);
  expects(found != nullptr, "the column was read, as this type");
  return *found;
}

}  // namespace clm
