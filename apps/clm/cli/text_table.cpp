#include "text_table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <sstream>

#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "text_layout.hpp"

namespace clm::app {
namespace {

/// Whether this byte of UTF-8 goes on with a letter that began before it.
bool goes_on(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

constexpr std::size_t kGap = 2;
/// Texts are not folded to less: a column of single syllables is no easier to read than a block. A date fits.
constexpr std::size_t kLeastFolded = 10;
/// Nor are words of up to so many letters taken apart where a block would not: version ids.
constexpr std::size_t kWholeWord = 12;

std::size_t longest_word(const std::string& text) {
  std::size_t longest = 0;
  std::istringstream words(text);
  for (std::string word; words >> word;) longest = std::max(longest, cells_of(word));
  return longest;
}

bool looks_numeric(const std::string& cell) {
  return cell.empty() || cell == "-" || cell == "none" ||
         cell.find_first_not_of("0123456789.,+-%e< ") == std::string::npos;
}

}  // namespace

void TextTable::add(std::vector<std::string> cells) {
  expects(cells.size() == rows_.front().size(), "a row has the header's columns");
  for (std::string& cell : cells) cell = one_line(std::move(cell));
  rows_.push_back(std::move(cells));
}

TextTable::Columns TextTable::measure() const {
  const std::size_t count = rows_.front().size();
  Columns columns{std::vector<std::size_t>(count, 0), std::vector<std::size_t>(count, 0),
                  std::vector<bool>(count, true)};
  for (std::size_t c = 0; c < count; ++c) {
    std::size_t data = 0, word = longest_word(rows_.front()[c]);
    for (std::size_t r = 1; r < rows_.size(); ++r) {
      data = std::max(data, cells_of(rows_[r][c]));
      if (!looks_numeric(rows_[r][c])) columns.right[c] = false;
    }
    columns.widths[c] = std::max(data, cells_of(rows_.front()[c]));
    if (columns.right[c]) {
      columns.least[c] = std::max(data, word);
      continue;
    }
    for (std::size_t r = 1; r < rows_.size(); ++r) word = std::max(word, longest_word(rows_[r][c]));
    columns.least[c] = std::min(columns.widths[c], std::clamp(word, kLeastFolded, kWholeWord));
  }
  return columns;
}

bool TextTable::fits(std::size_t width) const {
  if (width == 0) return true;
  const Columns columns = measure();
  std::size_t least = kGap * (columns.least.size() - 1);
  for (const std::size_t cells : columns.least) least += cells;
  return least <= width;
}

std::string TextTable::render(std::size_t width) const {
  Columns columns = measure();
  auto& widths = columns.widths;
  if (!fits(width)) return blocks(width);
  std::size_t whole = kGap * (widths.size() - 1);
  for (const std::size_t cells : widths) whole += cells;
  // The widest gives way first, a cell at a time.
  for (; width > 0 && whole > width; --whole) {
    std::size_t widest = widths.size();
    for (std::size_t c = 0; c < widths.size(); ++c)
      if (widths[c] > columns.least[c] && (widest == widths.size() || widths[c] > widths[widest])) widest = c;
    expects(widest < widths.size(), "what fits can be narrowed");
    --widths[widest];
  }
  return lines(widths, columns.right);
}

std::string TextTable::lines(const std::vector<std::size_t>& widths, const std::vector<bool>& right) const {
  std::string out;
  for (const auto& row : rows_) {
    std::vector<std::vector<std::string>> cells;
    std::size_t height = 1;
    for (std::size_t c = 0; c < row.size(); ++c) {
      cells.push_back(cells_of(row[c]) <= widths[c] ? std::vector{row[c]} : folded(row[c], widths[c]));
      height = std::max(height, cells.back().size());
    }
    for (std::size_t h = 0; h < height; ++h) {
      std::string line;
      for (std::size_t c = 0; c < row.size(); ++c) {
        const std::string text = h < cells[c].size() ? cells[c][h] : "";
        const std::string padding(widths[c] - cells_of(text), ' ');
        if (c > 0) line += std::string(kGap, ' ');
        line += right[c] ? padding + text : text + padding;
      }
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + "\n";
    }
  }
  return out;
}

std::string TextTable::blocks(std::size_t width) const {
  std::size_t name = 0;
  for (const auto& title : rows_.front()) name = std::max(name, cells_of(title));
  std::string out;
  for (std::size_t r = 1; r < rows_.size(); ++r) {
    if (r > 1) out += "\n";
    for (std::size_t c = 0; c < rows_[r].size(); ++c) {
      if (rows_[r][c].empty()) continue;
      const std::string& title = rows_.front()[c];
      out += title + std::string(name - cells_of(title) + kGap, ' ') + paragraph(rows_[r][c], width, name + kGap);
    }
  }
  return out;
}

std::string shortened(std::string text, std::size_t most_bytes) {
  if (text.size() <= most_bytes) return text;
  std::size_t end = most_bytes - 3;
  while (end > 0 && goes_on(text[end])) --end;
  return text.substr(0, end) + "...";
}

std::string text_of(const nlohmann::json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

double number_of(const nlohmann::json& object, const char* key) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  return object.contains(key) && object[key].is_number() ? object[key].get<double>() : kNone;
}

std::string fixed(double value, int decimals) {
  if (std::isnan(value)) return "-";
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
  const std::string text(buffer);
  const bool minus_zero = text.front() == '-' && text.find_first_not_of("-0.") == std::string::npos;
  return minus_zero ? text.substr(1) : text;
}

std::string grouped(long long value) {
  std::string digits = std::to_string(value < 0 ? -value : value);
  for (auto i = static_cast<long long>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(static_cast<std::size_t>(i), ",");
  return (value < 0 ? "-" : "") + digits;
}

}  // namespace clm::app
