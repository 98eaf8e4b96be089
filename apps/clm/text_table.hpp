#pragma once
#include <string>
#include <vector>

namespace clm::app {

/// Rows of texts laid out in columns. Columns whose cells all look like numbers are set flush right.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{std::move(header)} {}
  /// As many cells as the header has.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.size() == 1; }
  std::string render() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// "0.0612", "-12.3", "-" for NaN.
std::string fixed(double value, int decimals);
/// "1,438,920"
std::string grouped(long long value);

}  // namespace clm::app
