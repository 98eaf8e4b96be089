#include "market/store/content_checksum.hpp"

#include <cstdio>

#include <isa-l/crc64.h>

namespace clm {
namespace {

std::uint64_t updated(std::uint64_t sum, const void* bytes, std::size_t count) {
  return crc64_ecma_refl(sum, static_cast<const unsigned char*>(bytes), count);
}

std::uint64_t updated(std::uint64_t sum, std::string_view text) {
  const std::uint64_t length = text.size();
  return updated(updated(sum, &length, sizeof length), text.data(), text.size());
}

std::uint64_t updated(std::uint64_t sum, std::span<const std::string> values) {
  for (const std::string& value : values) sum = updated(sum, std::string_view(value));
  return sum;
}

template <typename T>
std::uint64_t updated(std::uint64_t sum, std::span<const T> values) {
  return updated(sum, values.data(), values.size_bytes());
}

}  // namespace

std::string content_checksum(std::string_view title, std::span<const ColumnView> columns) {
  std::uint64_t sum = updated(0, title);
  for (const ColumnView& column : columns) {
    sum = updated(sum, std::string_view(column.name));
    sum = std::visit([sum](const auto& values) { return updated(sum, values); }, column.values);
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(sum));
  return text;
}

ChecksumState compare_checksum(std::string_view title, const ColumnarTable& table) {
  const auto stated = table.metadata.find(kChecksumEntry);
  if (stated == table.metadata.end()) return ChecksumState::absent;
  return stated->second == content_checksum(title, views_of(table)) ? ChecksumState::matches : ChecksumState::differs;
}

}  // namespace clm
