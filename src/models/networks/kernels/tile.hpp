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

/// kRows x (kVectors * kWidth) elements of c = start + a b.
template <std::size_t kRows, std::size_t kVectors>
CLM_INLINE void tile(std::size_t depth, Factor a, const float* b, std::size_t b_stride, float* c, std::size_t c_stride,
                     Start start) {
  Vector sum[kRows][kVectors];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v)
      sum[r][v] = start.rows == nullptr ? broadcast(0) : load_vector(start.rows + r * start.stride + v * kWidth);
  for (std::size_t p = 0; p < depth; ++p) {
    Vector row[kVectors];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) row[v] = load_vector(b + p * b_stride + v * kWidth);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kRows; ++r) {
      const Vector factor = broadcast(a.data[r * a.row + p * a.next]);
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
CLM_INLINE void strip(std::size_t rows, std::size_t depth, Factor a, const float* b, std::size_t b_stride, float* c,
                      std::size_t c_stride, Start start) {
  const auto at = [&](std::size_t r) CLM_INLINE_LAMBDA {
    return start.rows == nullptr ? start : Start{start.rows + r * start.stride, start.stride};
  };
  const auto from = [&](std::size_t r) CLM_INLINE_LAMBDA { return Factor{a.data + r * a.row, a.row, a.next}; };
  std::size_t r = 0;
  for (; r + kTileRows <= rows; r += kTileRows)
    tile<kTileRows, kVectors>(depth, from(r), b, b_stride, c + r * c_stride, c_stride, at(r));
  for (; r + 2 <= rows; r += 2) tile<2, kVectors>(depth, from(r), b, b_stride, c + r * c_stride, c_stride, at(r));
  if (r < rows) tile<1, kVectors>(depth, from(r), b, b_stride, c + r * c_stride, c_stride, at(r));
}

/// The same for a width known only now, at most kTileVectors.
inline __attribute__((noinline)) void strip_of(std::size_t vectors, std::size_t rows, std::size_t depth, Factor a,
                                               const float* b, std::size_t b_stride, float* c, std::size_t c_stride,
                                               Start start) {
  if (vectors == 1) return strip<1>(rows, depth, a, b, b_stride, c, c_stride, start);
  if (vectors == 2) return strip<2>(rows, depth, a, b, b_stride, c, c_stride, start);
#if defined(__AVX512F__)
  strip<3>(rows, depth, a, b, b_stride, c, c_stride, start);
#endif
}

}  // namespace clm::CLM_KERNEL_SET
