#include "text_layout.hpp"

#include <algorithm>

namespace clm::app {
namespace {

/// Of the letter that this byte of UTF-8 begins, in terminal cells: letters of East Asian scripts take two, bytes that
/// continue a letter none.
std::size_t cells_begun(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if ((byte & 0xC0U) == 0x80U) return 0;
  return (byte >= 0xE3 && byte <= 0xED) || byte == 0xF0 ? 2 : 1;
}

/// Where the beginning of `word` that takes at most `width` cells ends.
std::size_t bytes_within(std::string_view word, std::size_t width) {
  std::size_t cells = 0, end = 0;
  while (end < word.size()) {
    cells += cells_begun(word[end]);
    if (cells > width) break;
    ++end;
  }
  return end;
}

void fold_line(std::string_view text, std::size_t width, std::vector<std::string>& lines) {
  std::string line;
  std::size_t at = 0;
  bool begun = false;
  while (at < text.size()) {
    const std::size_t begin = text.find_first_not_of(' ', at);
    if (begin == std::string_view::npos) break;
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    std::string_view word = text.substr(begin, end - begin);
    const std::string blanks(begun ? 1 : begin - at, ' ');  // a first line keeps its indentation
    if (begun && cells_of(line) + 1 + cells_of(word) > width) {
      lines.push_back(std::move(line));
      line.clear();
    } else {
      line += blanks;
    }
    while (cells_of(line) + cells_of(word) > width) {
      const std::size_t room = cells_of(line) < width ? width - cells_of(line) : 0;
      std::size_t taken = bytes_within(word, room);
      if (taken == 0 && line.empty()) taken = bytes_within(word, 2);  // a letter that is wider than a line
      lines.push_back(line + std::string(word.substr(0, taken)));
      line.clear();
      word.remove_prefix(taken);
    }
    line += word;
    begun = true;
    at = end;
  }
  lines.push_back(std::move(line));
}

}  // namespace

std::size_t cells_of(std::string_view text) {
  std::size_t cells = 0;
  for (const char c : text) cells += cells_begun(c);
  return cells;
}

std::vector<std::string> folded(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    fold_line(text.substr(at, end - at), std::max<std::size_t>(width, 1), lines);
    at = end + 1;
  }
  return lines;
}

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return text;
}

std::string paragraph(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  const auto lines = folded(text, width > indent ? width - indent : 1);
  for (std::size_t i = 0; i < lines.size(); ++i)
    out += (i == 0 || lines[i].empty() ? "" : std::string(indent, ' ')) + lines[i] + "\n";
  return out;
}

std::string folded_line(std::string_view text, std::size_t width, std::size_t indent) {
  return width == 0 ? std::string(text) + "\n" : paragraph(text, width, indent);
}

}  // namespace clm::app
