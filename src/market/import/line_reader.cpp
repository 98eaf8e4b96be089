#include "market/import/line_reader.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/contract.hpp"
#include "market/import/import_number.hpp"

namespace clm {
namespace {

constexpr std::size_t kBlockBytes = 256 * 1024;

}  // namespace

LineReader::LineReader(std::unique_ptr<ByteReader> bytes, std::size_t max_line_bytes)
    : bytes_(std::move(bytes)),
      max_line_bytes_(max_line_bytes),
      buffer_(kBlockBytes + max_line_bytes + 1 + kScanSlackBytes) {
  expects(max_line_bytes >= 1 && max_line_bytes <= 1024 * 1024, "a line limit of 1 byte to 1 MiB");
}

Result<std::string_view> LineReader::next() {
  // What is left over is the beginning of a line.
  const std::size_t left = filled_ - block_end_;
  std::memmove(buffer_.data(), buffer_.data() + block_end_, left);
  block_end_ = 0;
  filled_ = left;

  const Result<std::size_t> got = bytes_->read(std::span(buffer_).subspan(left, kBlockBytes));
  if (!got) return forward_error(got);
  filled_ += *got;
  if (*got == 0 && left > 0) buffer_[filled_++] = '\n';

  const char* const begin = buffer_.data();
  const auto* const last = filled_ == 0 ? nullptr : static_cast<const char*>(::memrchr(begin, '\n', filled_));
  const std::size_t whole = last == nullptr ? 0 : static_cast<std::size_t>(last - begin) + 1;
  std::size_t line_begin = 0;
  while (line_begin < whole) {
    const auto* const feed = static_cast<const char*>(std::memchr(begin + line_begin, '\n', whole - line_begin));
    const std::size_t line_end = static_cast<std::size_t>(feed - begin);
    if (line_end - line_begin > max_line_bytes_) break;
    ++lines_;
    line_begin = line_end + 1;
  }
  if (line_begin < whole || filled_ - whole > max_line_bytes_)
    return fail(ErrorKind::data, "import.line_too_long",
                "line " + std::to_string(lines_ + 1) + " is longer than " + std::to_string(max_line_bytes_) + " bytes",
                "line " + std::to_string(lines_ + 1), "This is no table of market data, or its line ends are lost.");
  if (whole == 0 && filled_ > 0) return next();
  block_end_ = whole;
  return std::string_view(begin, whole);
}

}  // namespace clm
