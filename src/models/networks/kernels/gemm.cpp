// Matrix products. Every element of c is one chain of fused multiply-adds in the order of k, whatever tile it falls
// into: that makes a row's result independent of the other rows, of the processor's width and of the blocking.
#include "models/networks/kernels/lanes.hpp"
#include "models/networks/kernels/table.hpp"

namespace clm::CLM_KERNEL_SET {
namespace {

#if defined(__AVX512F__)
using Vector = __m512;
constexpr std::size_t kWidth = 16;
constexpr std::size_t kTileRows = 8, kTileVectors = 3;  // 24 of 32 registers hold the tile
CLM_INLINE Vector load_vector(const float* p) { return _mm512_loadu_ps(p); }
CLM_INLINE void store_vector(float* p, Vector v) { _mm512_storeu_ps(p, v); }
CLM_INLINE Vector broadcast(float x) { return _mm512_set1_ps(x); }
CLM_INLINE Vector fused(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
#else
using Vector = __m256;
constexpr std::size_t kWidth = 8;
constexpr std::size_t kTileRows = 6, kTileVectors = 2;  // 12 of 16
CLM_INLINE Vector load_vector(const float* p) { return _mm256_loadu_ps(p); }
CLM_INLINE void store_vector(float* p, Vector v) { _mm256_storeu_ps(p, v); }
CLM_INLINE Vector broadcast(float x) { return _mm256_set1_ps(x); }
CLM_INLINE Vector fused(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
#endif
constexpr std::size_t kTileColumns = kTileVectors * kWidth;
constexpr std::size_t kDepth = 128;  // rows of b that are packed at once: the strip stays in the first-level cache

enum class Begin { zero, bias, stored };

/// kRows x (kVectors * kWidth) elements of c. The strides of a say how far the next row and the next k are.
template <std::size_t kRows, std::size_t kVectors>
CLM_INLINE void tile(std::size_t depth, const float* a, std::size_t a_row, std::size_t a_next, const float* b,
                     std::size_t b_stride, float* c, std::size_t c_stride, Begin begin, const float* bias) {
  Vector sum[kRows][kVectors];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v)
      sum[r][v] = begin == Begin::zero   ? broadcast(0)
                  : begin == Begin::bias ? load_vector(bias + v * kWidth)
                                         : load_vector(c + r * c_stride + v * kWidth);
  for (std::size_t p = 0; p < depth; ++p) {
    Vector row[kVectors];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) row[v] = load_vector(b + p * b_stride + v * kWidth);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kRows; ++r) {
      const Vector factor = broadcast(a[r * a_row + p * a_next]);
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) sum[r][v] = fused(factor, row[v], sum[r][v]);
    }
  }
#pragma GCC unroll 8
  for (std::size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) store_vector(c + r * c_stride + v * kWidth, sum[r][v]);
}

/// All rows of a strip of c that is kVectors wide.
template <std::size_t kVectors>
CLM_INLINE void strip(std::size_t rows, std::size_t depth, const float* a, std::size_t a_row, std::size_t a_next,
                      const float* b, std::size_t b_stride, float* c, std::size_t c_stride, Begin begin,
                      const float* bias) {
  std::size_t r = 0;
  for (; r + kTileRows <= rows; r += kTileRows)
    tile<kTileRows, kVectors>(depth, a + r * a_row, a_row, a_next, b, b_stride, c + r * c_stride, c_stride, begin,
                              bias);
  for (; r + 2 <= rows; r += 2)
    tile<2, kVectors>(depth, a + r * a_row, a_row, a_next, b, b_stride, c + r * c_stride, c_stride, begin, bias);
  if (r < rows)
    tile<1, kVectors>(depth, a + r * a_row, a_row, a_next, b, b_stride, c + r * c_stride, c_stride, begin, bias);
}

void strip_of(std::size_t vectors, std::size_t rows, std::size_t depth, const float* a, std::size_t a_row,
              std::size_t a_next, const float* b, std::size_t b_stride, float* c, std::size_t c_stride, Begin begin,
              const float* bias) {
  if (vectors == 1) return strip<1>(rows, depth, a, a_row, a_next, b, b_stride, c, c_stride, begin, bias);
  if (vectors == 2) return strip<2>(rows, depth, a, a_row, a_next, b, b_stride, c, c_stride, begin, bias);
#if defined(__AVX512F__)
  strip<3>(rows, depth, a, a_row, a_next, b, b_stride, c, c_stride, begin, bias);
#endif
}

/// `depth` x `columns` of b side by side, the columns filled up with zeros to `width`.
void pack(const MatrixProduct& p, std::size_t from_k, std::size_t depth, std::size_t from_column, std::size_t columns,
          std::size_t width, float* packed) {
  if (p.b_transposed == Transposed::no) {
    for (std::size_t k = 0; k < depth; ++k) {
      const float* row = p.b + (from_k + k) * p.b_stride + from_column;
      for (std::size_t j = 0; j < columns; ++j) packed[k * width + j] = row[j];
      for (std::size_t j = columns; j < width; ++j) packed[k * width + j] = 0;
    }
  } else {
    for (std::size_t j = 0; j < columns; ++j) {
      const float* column = p.b + (from_column + j) * p.b_stride + from_k;
      for (std::size_t k = 0; k < depth; ++k) packed[k * width + j] = column[k];
    }
    for (std::size_t j = columns; j < width; ++j)
      for (std::size_t k = 0; k < depth; ++k) packed[k * width + j] = 0;
  }
}

}  // namespace

void multiply(const MatrixProduct& p) {
  alignas(64) float packed[kDepth * kTileColumns];
  alignas(64) float bias[kTileColumns];
  alignas(64) float edge[kTileRows * kTileColumns];
  const std::size_t a_row = p.a_transposed == Transposed::no ? p.a_stride : 1;
  const std::size_t a_next = p.a_transposed == Transposed::no ? 1 : p.a_stride;
  for (std::size_t from_k = 0; from_k < p.k || from_k == 0; from_k += kDepth) {
    const std::size_t depth = p.k - from_k < kDepth ? p.k - from_k : kDepth;
    const float* a = p.a + from_k * a_next;
    Begin begin = p.bias != nullptr ? Begin::bias : Begin::zero;
    if (from_k > 0 || p.accumulate) begin = Begin::stored;
    for (std::size_t j = 0; j < p.n; j += kTileColumns) {
      const std::size_t columns = p.n - j < kTileColumns ? p.n - j : kTileColumns;
      const std::size_t vectors = (columns + kWidth - 1) / kWidth;
      const std::size_t width = vectors * kWidth;
      const bool whole = columns == width;
      // Packing pays once several tiles use it.
      const bool direct = whole && p.b_transposed == Transposed::no && p.m < 2 * kTileRows;
      if (!direct) pack(p, from_k, depth, j, columns, width, packed);
      const float* b = direct ? p.b + from_k * p.b_stride + j : packed;
      const std::size_t b_stride = direct ? p.b_stride : width;
      if (begin == Begin::bias)
        for (std::size_t i = 0; i < width; ++i) bias[i] = i < columns ? p.bias[j + i] : 0;
      if (whole) {
        strip_of(vectors, p.m, depth, a, a_row, a_next, b, b_stride, p.c + j, p.c_stride, begin, bias);
        continue;
      }
      for (std::size_t r = 0; r < p.m; r += kTileRows) {
        const std::size_t rows = p.m - r < kTileRows ? p.m - r : kTileRows;
        float* c = p.c + r * p.c_stride + j;
        if (begin == Begin::stored)
          for (std::size_t i = 0; i < rows; ++i)
            for (std::size_t l = 0; l < width; ++l) edge[i * width + l] = l < columns ? c[i * p.c_stride + l] : 0;
        strip_of(vectors, rows, depth, a + r * a_row, a_row, a_next, b, b_stride, edge, width, begin, bias);
        for (std::size_t i = 0; i < rows; ++i)
          for (std::size_t l = 0; l < columns; ++l) c[i * p.c_stride + l] = edge[i * width + l];
      }
    }
  }
}

}  // namespace clm::CLM_KERNEL_SET
