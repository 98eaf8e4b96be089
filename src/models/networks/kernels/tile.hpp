#pragma once
// The inner loop of every matrix product: a tile of the result held in registers. Every element is one chain of fused
// multiply-adds in the order of k, whatever tile it falls into: that makes a row's result independent of the other
// rows, of the processor's width and of the blocking.
#include "models/networks/kernels/lanes.hpp"

namespace clm::CLM_KERNEL_SET {

#if defined(__AVX512F__)
using Vector = __m512;
inline constexpr std::size_t kWidth = 16;
inline constexpr std::size_t kTileRows = 8, kTileVectors = 3;  // 24 of 32 registers hold the tile
CLM_INLINE Vector load_vector(const float* p) { return _mm512_loadu_ps(p); }
CLM_INLINE void store_vector(float* p, Vector v) { _mm512_storeu_ps(p, v); }
CLM_INLINE Vector broadcast(float x) { return _mm512_set1_ps(x); }
CLM_INLINE Vector fused(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
#else
using Vector = __m256;
inline constexpr std::size_t kWidth = 8;
inline constexpr std::size_t kTileRows = 6, kTileVectors = 2;  // 12 of 16
CLM_INLINE Vector load_vector(const float* p) { return _mm256_loadu_ps(p); }
CLM_INLINE void store_vector(float* p, Vector v) { _mm256_storeu_ps(p, v); }
CLM_INLINE Vector broadcast(float x) { return _mm256_set1_ps(x); }
CLM_INLINE Vector fused(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
#endif
inline constexpr std::size_t kTileColumns = kTileVectors * kWidth;

/// Where the sums of a product begin: at 0 where `rows` is null; a bias has stride 0.
struct Start {
  const float* rows = nullptr;
  std::size_t stride = 0;
};

/// A factor of a product as it lies in memory: how far the next row (of a) and the next k are.
struct Factor {
  const float* data;
  std::size_t row, next;
};

/// One of the products whose sum a tile holds: a b, where rows of b are `b_stride` floats apart.
struct Term {
  Factor a;
  const float* b;
  std::size_t b_stride;
};
/// Several of them, of equal depth.
struct Terms {
  const Term* first;
  std::size_t count, depth;
};

/// kRows x (kVectors * kWidth) elements of c = start + the sum of the terms, from row `from` of the factors a on.
template <std::size_t kRows, std::size_t kVectors>
CLM_INLINE void tile(const Terms& terms, std::size_t from, float* c, std::size_t c_stride, Start start) {
  Vector sum[kRows][kVectors];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v)
      sum[r][v] =
          start.rows == nullptr ? broadcast(0) : load_vector(start.rows + (from + r) * start.stride + v * kWidth);
  const Term* const end = terms.first + terms.count;
  for (const Term* term = terms.first; term != end; ++term) {
    const Factor a = term->a;
    const float* const a_rows = a.data + from * a.row;
    for (std::size_t p = 0; p < terms.depth; ++p) {
      Vector row[kVectors];
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) row[v] = load_vector(term->b + p * term->b_stride + v * kWidth);
#pragma GCC unroll 8
      for (std::size_t r = 0; r < kRows; ++r) {
        const Vector factor = broadcast(a_rows[r * a.row + p * a.next]);
#pragma GCC unroll 4
        for (std::size_t v = 0; v < kVectors; ++v) sum[r][v] = fused(factor, row[v], sum[r][v]);
      }
    }
  }
#pragma GCC unroll 8
  for (std::size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) store_vector(c + (from + r) * c_stride + v * kWidth, sum[r][v]);
}

/// All rows of a strip of c that is kVectors wide.
template <std::size_t kVectors>
CLM_INLINE void strip(std::size_t rows, const Terms& terms, float* c, std::size_t c_stride, Start start) {
  std::size_t r = 0;
  for (; r + kTileRows <= rows; r += kTileRows) tile<kTileRows, kVectors>(terms, r, c, c_stride, start);
  for (; r + 2 <= rows; r += 2) tile<2, kVectors>(terms, r, c, c_stride, start);
  if (r < rows) tile<1, kVectors>(terms, r, c, c_stride, start);
}

/// The same for a width known only now, at most kTileVectors.
inline __attribute__((noinline)) void strip_of(std::size_t vectors, std::size_t rows, const Terms& terms, float* c,
                                               std::size_t c_stride, Start start) {
  if (vectors == 1) return strip<1>(rows, terms, c, c_stride, start);
  if (vectors == 2) return strip<2>(rows, terms, c, c_stride, start);
#if defined(__AVX512F__)
  strip<3>(rows, terms, c, c_stride, start);
#endif
}

/// The same with one term.
CLM_INLINE void strip_of(std::size_t vectors, std::size_t rows, std::size_t depth, Factor a, const float* b,
                         std::size_t b_stride, float* c, std::size_t c_stride, Start start) {
  const Term term{a, b, b_stride};
  strip_of(vectors, rows, {&term, 1, depth}, c, c_stride, start);
}

}  // namespace clm::CLM_KERNEL_SET
