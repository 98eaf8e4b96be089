// Sums and normalisation per column of a row-major matrix: batch norm and the gradients of biases.
#include "models/networks/kernels/lanes.hpp"
#include "models/networks/kernels/table.hpp"

namespace clm::CLM_KERNEL_SET {
namespace {

/// Rows whose sum is taken in floats before it goes into a double: long float sums lose digits.
constexpr std::size_t kBlockRows = 256;

/// sums[column] = sum over rows of term(row offset, column, count), blockwise.
template <typename Term>
CLM_INLINE void sum_columns(std::size_t rows, std::size_t columns, float* sums, Term term) {
  for (std::size_t column = 0; column < columns; column += kLanes) {
    const std::size_t n = at_most_lanes(columns - column);
    double total[kLanes] = {};
    for (std::size_t from = 0; from < rows; from += kBlockRows) {
      const std::size_t to = rows - from < kBlockRows ? rows : from + kBlockRows;
      Lanes even = all(0), odd = all(0);  // two chains hide the latency
      std::size_t row = from;
      for (; row + 2 <= to; row += 2) {
        even = even + term(row * columns, column, n);
        odd = odd + term((row + 1) * columns, column, n);
      }
      if (row < to) even = even + term(row * columns, column, n);
      alignas(64) float block[kLanes];
      store(block, even + odd);
      for (std::size_t i = 0; i < kLanes; ++i) total[i] += static_cast<double>(block[i]);
    }
    for (std::size_t i = 0; i < n; ++i) sums[column + i] = static_cast<float>(total[i]);
  }
}

}  // namespace

void column_sums(std::size_t rows, std::size_t columns, const float* x, float* sums) {
  sum_columns(rows, columns, sums, [&](std::size_t row, std::size_t column, std::size_t n) CLM_INLINE_LAMBDA {
    return load_part(x + row + column, n);
  });
}

void column_squares(std::size_t rows, std::size_t columns, const float* x, const float* mean, float* sums) {
  sum_columns(rows, columns, sums, [&](std::size_t row, std::size_t column, std::size_t n) CLM_INLINE_LAMBDA {
    const Lanes centred = load_part(x + row + column, n) - load_part(mean + column, n);
    return centred * centred;
  });
}

void normalise(std::size_t rows, std::size_t columns, const float* x, const float* mean, const float* gain,
               const float* shift, float* out) {
  for (std::size_t column = 0; column < columns; column += kLanes) {
    const std::size_t n = at_most_lanes(columns - column);
    const Lanes centre = load_part(mean + column, n), factor = load_part(gain + column, n);
    const Lanes added = load_part(shift + column, n);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t at = row * columns + column;
      store_part(out + at, fma(load_part(x + at, n) - centre, factor, added), n);
    }
  }
}

void norm_backward_sums(std::size_t rows, std::size_t columns, const float* x, const float* mean, const float* dy,
                        float* sums, float* products) {
  column_sums(rows, columns, dy, sums);
  sum_columns(rows, columns, products, [&](std::size_t row, std::size_t column, std::size_t n) CLM_INLINE_LAMBDA {
    const Lanes centred = load_part(x + row + column, n) - load_part(mean + column, n);
    return load_part(dy + row + column, n) * centred;
  });
}

void norm_backward(std::size_t rows, std::size_t columns, const float* x, const float* mean, const float* dy,
                   const float* gain, const float* shift, const float* slope, float* dx) {
  for (std::size_t column = 0; column < columns; column += kLanes) {
    const std::size_t n = at_most_lanes(columns - column);
    const Lanes centre = load_part(mean + column, n), factor = load_part(gain + column, n);
    const Lanes taken = load_part(shift + column, n), along = load_part(slope + column, n);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t at = row * columns + column;
      const Lanes centred = load_part(x + at, n) - centre;
      store_part(dx + at, load_part(dy + at, n) * factor - taken - centred * along, n);
    }
  }
}

}  // namespace clm::CLM_KERNEL_SET
