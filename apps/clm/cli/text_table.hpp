#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace clm::app {

/// Rows of texts laid out in columns. Columns whose cells all look like numbers are set flush right. Where a width is
/// given that they do not fit, texts and the titles of numbers are folded within their columns, numbers never; where
/// even that is too wide, each row becomes a block of lines, a line for each cell.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{std::move(header)} {}
  /// As many cells as the header has. Line ends and tabs of a cell become blanks.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.size() == 1; }
  /// `width` in terminal cells; 0: as wide as it gets (for a file or a program that reads it).
  std::string render(std::size_t width = 0) const;
  /// Whether `render(width)` keeps the columns.
  bool fits(std::size_t width) const;

 private:
  struct Columns {
    std::vector<std::size_t> widths, least;  ///< as wide as it gets, and the narrowest it may be folded to
    std::vector<bool> right;                 ///< set flush right: numbers
  };
  Columns measure() const;
  std::string lines(const std::vector<std::size_t>& widths, const std::vector<bool>& right) const;
  std::string blocks(std::size_t width) const;
  std::vector<std::vector<std::string>> rows_;
};

/// The text itself, or its beginning and "..." where it is longer.
std::string shortened(std::string text, std::size_t most_bytes);
/// A JSON text without its quotes, anything else as JSON.
std::string text_of(const nlohmann::json& value);
/// NaN where there is no such number.
double number_of(const nlohmann::json& object, const char* key);

/// "0.0612", "-12.3", "-" for NaN.
std::string fixed(double value, int decimals);
/// "1,438,920"
std::string grouped(long long value);

}  // namespace clm::app
