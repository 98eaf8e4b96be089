#pragma once
// Rows and columns of a small matrix exchanged.
#include "models/networks/kernels/lanes.hpp"

namespace clm::CLM_KERNEL_SET {

/// Rows and columns of eight rows of eight floats, exchanged in registers.
CLM_INLINE void exchange(__m256 row[8]) {
  __m256 pair[8];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 8; i += 2) {
    pair[i] = _mm256_unpacklo_ps(row[i], row[i + 1]);
    pair[i + 1] = _mm256_unpackhi_ps(row[i], row[i + 1]);
  }
#pragma GCC unroll 2
  for (std::size_t i = 0; i < 8; i += 4) {
    row[i] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0x44);
    row[i + 1] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0xEE);
    row[i + 2] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0x44);
    row[i + 3] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0xEE);
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) {
    pair[i] = _mm256_permute2f128_ps(row[i], row[i + 4], 0x20);
    pair[i + 4] = _mm256_permute2f128_ps(row[i], row[i + 4], 0x31);
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) row[i] = pair[i];
}

/// Eight rows of eight floats, `in_stride` apart, with rows and columns exchanged.
CLM_INLINE void transpose_eight(const float* in, std::size_t in_stride, float* out, std::size_t out_stride) {
  __m256 row[8];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) row[i] = _mm256_loadu_ps(in + i * in_stride);
  exchange(row);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) _mm256_storeu_ps(out + i * out_stride, row[i]);
}

/// Eight columns of at most sixteen rows; lanes beyond `rows` are 0. A row of four floats has but four columns.
CLM_INLINE void columns_of(const float* in, std::size_t in_stride, std::size_t rows, std::size_t columns,
                           Lanes out[8]) {
  __m256 half[2][8];
#pragma GCC unroll 2
  for (std::size_t h = 0; h < 2; ++h) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) {
      const float* const at = in + (h * 8 + i) * in_stride;
      if (h * 8 + i >= rows)
        half[h][i] = _mm256_setzero_ps();
      else
        half[h][i] = columns >= 8 ? _mm256_loadu_ps(at) : _mm256_zextps128_ps256(_mm_loadu_ps(at));
    }
    exchange(half[h]);
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) out[i] = joined(half[0][i], half[1][i]);
}

CLM_INLINE void transpose_four(const float* in, std::size_t in_stride, float* out, std::size_t out_stride) {
  __m128 row[4];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) row[i] = _mm_loadu_ps(in + i * in_stride);
  const __m128 low01 = _mm_unpacklo_ps(row[0], row[1]), low23 = _mm_unpacklo_ps(row[2], row[3]);
  const __m128 high01 = _mm_unpackhi_ps(row[0], row[1]), high23 = _mm_unpackhi_ps(row[2], row[3]);
  _mm_storeu_ps(out, _mm_movelh_ps(low01, low23));
  _mm_storeu_ps(out + out_stride, _mm_movehl_ps(low23, low01));
  _mm_storeu_ps(out + 2 * out_stride, _mm_movelh_ps(high01, high23));
  _mm_storeu_ps(out + 3 * out_stride, _mm_movehl_ps(high23, high01));
}

/// out[column][row] = in[row][column]
CLM_INLINE void transpose(std::size_t rows, std::size_t columns, const float* in, std::size_t in_stride, float* out,
                          std::size_t out_stride) {
  std::size_t r = 0;
  for (; r + 8 <= rows; r += 8) {
    std::size_t c = 0;
    for (; c + 8 <= columns; c += 8)
      transpose_eight(in + r * in_stride + c, in_stride, out + c * out_stride + r, out_stride);
    for (; c + 4 <= columns; c += 4)
      for (std::size_t half = r; half < r + 8; half += 4)
        transpose_four(in + half * in_stride + c, in_stride, out + c * out_stride + half, out_stride);
    for (; c < columns; ++c)
      for (std::size_t i = r; i < r + 8; ++i) out[c * out_stride + i] = in[i * in_stride + c];
  }
  for (; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c) out[c * out_stride + r] = in[r * in_stride + c];
}

}  // namespace clm::CLM_KERNEL_SET
