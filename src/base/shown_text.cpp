#include "base/shown_text.hpp"

#include <cstdint>

namespace clm {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// A code point and the bytes it takes; 0 bytes for what is not UTF-8.
struct Decoded {
  std::uint32_t point = 0;
  std::size_t bytes = 0;
};

Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.empty()) return {};
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  std::uint32_t point = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    point = point << 6U | (byte(i) & 0x3FU);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (point < kSmallest[bytes] || point > 0x10FFFF || surrogate) return {};
  return {point, bytes};
}

bool is_visible(std::uint32_t point) {
  if (point < 0x20 || (point >= 0x7F && point < 0xA0)) return false;  // control characters
  if (point == 0xA0 || point == 0x3000 || (point >= 0x2000 && point <= 0x200A) || point == 0x205F)
    return false;  // blanks
  if (point == 0xAD || point == 0x61C || point == 0x180E || point == 0xFEFF) return false;
  if (point >= 0x200B && point <= 0x200F) return false;  // zero width, direction
  if (point >= 0x2028 && point <= 0x202E) return false;  // line ends, direction
  if (point >= 0x2060 && point <= 0x206F) return false;
  if (point >= 0xE000 && point <= 0xF8FF) return false;  // private use
  if (point >= 0xFFF0 && point <= 0xFFFF) return false;
  return point < 0xE0000;  // tags, private use
}

void add_escaped(std::string& to, char of) {
  const auto byte = static_cast<unsigned char>(of);
  to += {'\\', 'x', kHexDigits[byte >> 4U], kHexDigits[byte & 15U]};
}

bool is_blank(std::uint32_t point) {
  return point == '\n' || point == '\t' || point == 0xA0 || point == 0x3000 || (point >= 0x2000 && point <= 0x200A) ||
         point == 0x205F;
}

}  // namespace

std::size_t visible_character(std::string_view text) {
  const Decoded decoded = decode(text);
  return is_visible(decoded.point) ? decoded.bytes : 0;
}

std::string shown(std::string_view text, std::size_t most_characters) {
  std::string clean;
  for (std::size_t characters = 0; !text.empty();) {
    const std::size_t bytes = visible_character(text);
    const std::size_t width = bytes > 0 ? 1 : 4;
    if (characters + width > most_characters) return clean + "..";
    characters += width;
    if (bytes > 0) {
      clean += text.substr(0, bytes);
    } else {
      add_escaped(clean, text.front());
    }
    text.remove_prefix(bytes > 0 ? bytes : 1);
  }
  return clean;
}

std::string shown_lines(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const Decoded decoded = decode(text);
    const bool fit = decoded.bytes > 0 && (is_visible(decoded.point) || is_blank(decoded.point));
    if (fit)
      clean += text.substr(0, decoded.bytes);
    else
      add_escaped(clean, text.front());
    text.remove_prefix(fit ? decoded.bytes : 1);
  }
  return clean;
}

}  // namespace clm
