#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "market/store/columnar_file.hpp"

namespace clm {

/// The entry of a stored file's metadata that holds its checksum.
inline constexpr const char* kChecksumEntry = "clm.crc64";
/// The entry that names the series.
inline constexpr const char* kSeriesEntry = "clm.series";

/// CRC-64 (ECMA-182, reflected) over whose values these are, and the name and every value of every column in order, as
/// 16 hex digits. It is about what is read, not about how it is laid out in the file: damage of the pages, of the
/// footer or of the names of the columns changes it. It notices accidents, not intent. Cost: about 0.1 ns a byte.
std::string content_checksum(std::string_view title, std::span<const ColumnView> columns);

/// Whether a table is what was written under its checksum. A file of an earlier release has none.
enum class ChecksumState { matches, differs, absent };
ChecksumState compare_checksum(std::string_view title, const ColumnarTable& table);

}  // namespace clm
