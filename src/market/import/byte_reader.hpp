#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.hpp"

namespace clm {

/// Bytes in order, from wherever they lie. Not thread-safe: one reader, one thread.
class ByteReader {
 public:
  virtual ~ByteReader() = default;
  /// Fills `buffer` from the front and returns how many bytes it got: fewer than asked only near the end, 0 only at the
  /// end. `buffer` must not be empty.
  virtual Result<std::size_t> read(std::span<char> buffer) = 0;
};

/// The bytes of a regular file. Errors (unavailable): `import.missing`, `import.permission`, `import.read`;
/// (data): `import.not_a_file` for a directory, a pipe or a device, which are never opened.
Result<std::unique_ptr<ByteReader>> open_file(const std::filesystem::path& path);

/// Bytes that lie in memory and outlive the reader.
std::unique_ptr<ByteReader> memory_reader(std::string_view bytes);

}  // namespace clm
