#pragma once
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "market/import/byte_reader.hpp"

namespace clm {

/// Cuts a stream of bytes into blocks of whole lines, so that a parser may run over a block without looking for the end
/// of every line first. Memory: one block plus one line.
class LineReader {
 public:
  /// `max_line_bytes` in 1 .. 1 MiB: a longer line ends the reading with the error `import.line_too_long`.
  LineReader(std::unique_ptr<ByteReader> bytes, std::size_t max_line_bytes);

  /// The next whole lines, each ending in '\n' (added to the last line if it lacks one); empty at the end. Valid until
  /// the next call; kScanSlackBytes behind them are readable. Errors: those of the bytes, and `import.line_too_long`
  /// (data) with its line.
  Result<std::string_view> next();

 private:
  std::unique_ptr<ByteReader> bytes_;
  std::size_t max_line_bytes_;
  std::vector<char> buffer_;
  std::size_t block_end_ = 0;  // what was handed out
  std::size_t filled_ = 0;     // what was read
  std::uint64_t lines_ = 0;    // handed out so far
};

}  // namespace clm
