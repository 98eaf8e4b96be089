#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "models/sequence/wide_table.hpp"
#include "models/sequence/window_source.hpp"

namespace clm {

/// Half-open range of rows.
struct RowRange {
  std::size_t from = 0;
  std::size_t to = 0;
};

/// Columns of a table, each less its mean and divided by its standard deviation (population) over some rows; a column
/// that does not move there is only shifted. What is not known stays NaN.
struct StandardisedTable {
  std::vector<std::vector<float>> values;  ///< [column][row]
  std::vector<double> mean, sd;            ///< per column; sd is 1 where the column does not move
};
/// `fitted_on` holds training rows only. A column without any known value there stays NaN throughout.
StandardisedTable standardise(const WideTable& table, RowRange fitted_on);

/// Every window of every column of a table, columns independent of each other (one channel): numbered by start, then
/// column. A window with an unknown value in it does not exist.
class SlidingWindows final : public WindowSource {
 public:
  /// Inputs and targets lie inside `rows`. `table` outlives this.
  SlidingWindows(const StandardisedTable& table, RowRange rows, std::size_t input_length, std::size_t horizon);

  WindowShape shape() const override { return {1, input_length_, horizon_}; }
  std::size_t size() const override { return places_.size(); }
  /// How many different starts the windows have.
  std::size_t starts() const { return starts_; }
  void read(std::span<const std::uint32_t> windows, WindowBatch& batch) const override;

 private:
  struct Place {
    std::uint32_t column, row;
  };
  const StandardisedTable& table_;
  std::size_t input_length_, horizon_;
  std::vector<Place> places_;
  std::size_t starts_ = 0;
};

}  // namespace clm
