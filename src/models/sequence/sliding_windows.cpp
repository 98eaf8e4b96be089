#include "models/sequence/sliding_windows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/contract.hpp"

namespace clm {

StandardisedTable standardise(const WideTable& table, RowRange fitted_on) {
  expects(fitted_on.from <= fitted_on.to && fitted_on.to <= table.rows(), "rows of the table");
  StandardisedTable result;
  for (const std::vector<double>& column : table.values) {
    double sum = 0, squares = 0, known = 0;
    for (std::size_t row = fitted_on.from; row < fitted_on.to; ++row)
      if (!std::isnan(column[row])) sum += column[row], known += 1;
    const double mean = sum / known;  // NaN where nothing is known
    for (std::size_t row = fitted_on.from; row < fitted_on.to; ++row)
      if (!std::isnan(column[row])) squares += (column[row] - mean) * (column[row] - mean);
    double sd = std::sqrt(squares / known);
    if (sd == 0) sd = 1;
    std::vector<float> scaled(column.size());
    for (std::size_t row = 0; row < column.size(); ++row) scaled[row] = static_cast<float>((column[row] - mean) / sd);
    result.values.push_back(std::move(scaled));
    result.mean.push_back(mean);
    result.sd.push_back(sd);
  }
  return result;
}

SlidingWindows::SlidingWindows(const StandardisedTable& table, RowRange rows, std::size_t input_length,
                               std::size_t horizon)
    : table_(table), input_length_(input_length), horizon_(horizon) {
  const std::size_t length = input_length + horizon;
  expects(rows.from <= rows.to && length > 0, "a range of rows and windows with a length");
  if (rows.to - rows.from < length) return;
  // Per column, how many known values end at the row at hand.
  std::vector<std::size_t> known(table.values.size(), 0);
  for (std::size_t row = rows.from; row < rows.to; ++row) {
    bool any = false;
    for (std::size_t column = 0; column < table.values.size(); ++column) {
      expects(rows.to <= table.values[column].size(), "rows of the table");
      known[column] = std::isnan(table.values[column][row]) ? 0 : known[column] + 1;
      if (known[column] < length) continue;
      any = true;
      places_.push_back({static_cast<std::uint32_t>(column), static_cast<std::uint32_t>(row + 1 - length)});
    }
    starts_ += any ? 1U : 0U;
  }
  expects(places_.size() < std::numeric_limits<std::uint32_t>::max(), "fewer than 2^32 windows");
}

void SlidingWindows::read(std::span<const std::uint32_t> windows, WindowBatch& batch) const {
  batch.resize(shape(), windows.size());
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const Place place = places_[windows[i]];
    const float* values = table_.values[place.column].data() + place.row;
    std::copy_n(values, input_length_, batch.inputs.data() + i * input_length_);
    std::copy_n(values + input_length_, horizon_, batch.targets.data() + i * horizon_);
  }
}

}  // namespace clm
