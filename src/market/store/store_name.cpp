#include "market/store/store_name.hpp"

#include "base/shown_text.hpp"

namespace clm {
namespace {

constexpr std::size_t kMaxNameBytes = 64;
constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool stays(char c, bool leads) {
  const bool letter_or_digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  return letter_or_digit || c == '-' || c == '_' || (c == '.' && !leads) || static_cast<unsigned char>(c) >= 0x80;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

Result<std::string> to_file_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes)
    return fail(ErrorKind::data, "store.name", "a symbol, venue or kind has 1 to 64 bytes", shown(name));
  std::string file_name;
  for (const char c : name) {
    if (is_control(c)) return fail(ErrorKind::data, "store.name", "a name has no control characters");
    if (stays(c, file_name.empty())) {
      file_name += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      file_name += {'%', kHexDigits[byte >> 4U], kHexDigits[byte & 15U]};
    }
  }
  return file_name;
}

std::optional<std::string> from_file_name(std::string_view file_name) {
  std::string name;
  for (std::size_t i = 0; i < file_name.size(); ++i) {
    if (file_name[i] != '%') {
      name += file_name[i];
      continue;
    }
    if (i + 2 >= file_name.size()) return std::nullopt;
    const auto high = kHexDigits.find(file_name[i + 1]), low = kHexDigits.find(file_name[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    name += static_cast<char>(high * 16 + low);
    i += 2;
  }
  const auto back = to_file_name(name);
  if (!back || *back != file_name) return std::nullopt;
  return name;
}

}  // namespace clm
