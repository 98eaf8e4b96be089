// Sums and normalisation per column of a row-major matrix: batch norm and the gradients of biases.
#include "models/networks/kernels/lanes.hpp"
#include "models/networks/kernels/table.hpp"

namespace clm::CLM_KERNEL_SET {
namespace {

/// Rows whose sum is taken in floats before it goes into a double: long float sums lose digits.
constexpr std::size_t kBlockRows = 256;

/// Strips of sixteen columns that go down the rows together, so that a row is read in one go.
constexpr std::size_t kTogether = 4;

/// sums[column] = sum over rows of term(row offset, column, count), blockwise, for kStrips strips from `column` on.
template <std::size_t kStrips, typename Term>
CLM_INLINE void sum_strips(std::size_t rows, std::size_t columns, std::size_t column, float* sums, Term term) {
  double total[kStrips][kLanes] = {};
  const auto count = [&](std::size_t strip) CLM_INLINE_LAMBDA {
    return kStrips > 1 ? kLanes : at_most_lanes(columns - column - strip * kLanes);
  };
  for (std::size_t from = 0; from < rows; from += kBlockRows) {
    const std::size_t to = rows - from < kBlockRows ? rows : from + kBlockRows;
    Lanes even[kStrips], odd[kStrips];  // two chains hide the latency
#pragma GCC unroll 4
    for (std::size_t s = 0; s < kStrips; ++s) even[s] = odd[s] = all(0);
    std::size_t row = from;
    for (; row + 2 <= to; row += 2) {
#pragma GCC unroll 4
      for (std::size_t s = 0; s < kStrips; ++s) even[s] = even[s] + term(row * columns, column + s * kLanes, count(s));
#pragma GCC unroll 4
      for (std::size_t s = 0; s < kStrips; ++s)
        odd[s] = odd[s] + term((row + 1) * columns, column + s * kLanes, count(s));
    }
#pragma GCC unroll 4
    for (std::size_t s = 0; s < kStrips; ++s) {
      if (row < to) even[s] = even[s] + term(row * columns, column + s * kLanes, count(s));
      alignas(64) float block[kLanes];
      store(block, even[s] + odd[s]);
      for (std::size_t i = 0; i < kLanes; ++i) total[s][i] += static_cast<double>(block[i]);
    }
  }
  for (std::size_t s = 0; s < kStrips; ++s)
    for (std::size_t i = 0; i < count(s); ++i) sums[column + s * kLanes + i] = static_cast<float>(total[s][i]);
}

/// The same for all columns.
template <typename Term>
CLM_INLINE void sum_columns(std::size_t rows, std::size_t columns, float* sums, Term term) {
  std::size_t column = 0;
  for (; column + kTogether * kLanes <= columns; column += kTogether * kLanes)
    sum_strips<kTogether>(rows, columns, column, sums, term);
  for (; column < columns; column += kLanes) sum_strips<1>(rows, columns, column, sums, term);
}

/// work(offset, column, count) for all elements, sixteen columns at a time, row by row.
template <typename Work>
CLM_INLINE void by_rows(std::size_t rows, std::size_t columns, Work work) {
  for (std::size_t row = 0; row < rows; ++row) {
    std::size_t column = 0;
    for (; column + kLanes <= columns; column += kLanes) work(row * columns + column, column, kLanes);
    if (column < columns) work(row * columns + column, column, columns - column);
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
  by_rows(rows, columns, [&](std::size_t at, std::size_t column, std::size_t n) CLM_INLINE_LAMBDA {
    const Lanes centred = load_part(x + at, n) - load_part(mean + column, n);
    store_part(out + at, fma(centred, load_part(gain + column, n), load_part(shift + column, n)), n);
  });
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
  by_rows(rows, columns, [&](std::size_t at, std::size_t column, std::size_t n) CLM_INLINE_LAMBDA {
    const Lanes centred = load_part(x + at, n) - load_part(mean + column, n);
    const Lanes passed = load_part(dy + at, n) * load_part(gain + column, n) - load_part(shift + column, n);
    store_part(dx + at, passed - centred * load_part(slope + column, n), n);
  });
}

}  // namespace clm::CLM_KERNEL_SET
