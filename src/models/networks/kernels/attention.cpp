// Attention of one head over the tokens of one window, softmax and dropout in one pass (Vaswani et al. 2017, equation
// 1; scores handed on from layer to layer as in He et al. 2021, RealFormer). Scores lie [key][query] so that the
// softmax over the keys never adds across lanes, and so that all but two of the products are those of tile.hpp. They
// are in units of log 2, which makes the exponential a power of two.
#include "models/networks/kernels/mask.hpp"
#include "models/networks/kernels/table.hpp"
#include "models/networks/kernels/tile.hpp"
#include "models/networks/kernels/transpose.hpp"

namespace clm::CLM_KERNEL_SET {
namespace {

constexpr float kLog2e = 1.44269504F;
constexpr std::size_t kMaxColumns = AttentionHead::kMaxWidth * kTileColumns;

/// Queries first .. first + columns - 1 of a head, worked on together; those beyond its tokens are zeros.
struct Strip {
  std::size_t first, columns, filled;
  std::size_t vectors() const { return columns / kWidth; }
};

/// A strip's rows of a matrix [tokens][width], transposed: out[d] holds column d.
CLM_INLINE void gather(const AttentionHead& h, const Strip& s, const float* rows, std::size_t stride, float* out) {
  transpose(s.filled, h.width, rows + s.first * stride, stride, out, s.columns);
  for (std::size_t d = 0; d < h.width; ++d)
    for (std::size_t i = s.filled; i < s.columns; ++i) out[d * s.columns + i] = 0;
}

CLM_INLINE void scatter(const AttentionHead& h, const Strip& s, const float* in, float* rows, std::size_t stride) {
  transpose(h.width, s.filled, in, s.columns, rows + s.first * stride, stride);
}

/// columns *= factor
CLM_INLINE void scale_columns(const AttentionHead& h, const Strip& s, float factor, float* columns) {
  for (std::size_t i = 0; i < h.width * s.columns; i += kLanes) store(columns + i, load(columns + i) * all(factor));
}

/// scores[key][query of the strip], summed over layers. `columns` is working memory.
void score(const AttentionHead& h, const Strip& s, float* columns, float* scores) {
  for (std::size_t layer = 0; layer < h.layers; ++layer) {
    gather(h, s, h.q[layer], h.stride, columns);
    scale_columns(h, s, h.scale * kLog2e, columns);
    strip_of(s.vectors(), h.tokens, h.width, {h.k[layer], h.stride, 1}, columns, s.columns, scores, s.columns,
             layer == 0 ? Start{} : Start{scores, s.columns});
  }
}

struct Four {
  using Vector = __m128;
  static constexpr std::size_t kWidth = 4;
  CLM_INLINE static Vector zero() { return _mm_setzero_ps(); }
  CLM_INLINE static Vector read(const float* p) { return _mm_loadu_ps(p); }
  CLM_INLINE static void write(float* p, Vector v, float scale) { _mm_storeu_ps(p, _mm_mul_ps(v, _mm_set1_ps(scale))); }
  CLM_INLINE static Vector add(float x, Vector a, Vector b) { return _mm_fmadd_ps(_mm_set1_ps(x), a, b); }
};
struct Eight {
  using Vector = __m256;
  static constexpr std::size_t kWidth = 8;
  CLM_INLINE static Vector zero() { return _mm256_setzero_ps(); }
  CLM_INLINE static Vector read(const float* p) { return _mm256_loadu_ps(p); }
  CLM_INLINE static void write(float* p, Vector v, float scale) {
    _mm256_storeu_ps(p, _mm256_mul_ps(v, _mm256_set1_ps(scale)));
  }
  CLM_INLINE static Vector add(float x, Vector a, Vector b) { return _mm256_fmadd_ps(_mm256_set1_ps(x), a, b); }
};

/// out[key][d] = scale * sum over queries of matrix[key][query] * rows[query][d], for kKeys keys.
template <typename Unit, std::size_t kKeys>
CLM_INLINE void mix_keys(const float* matrix, std::size_t padded, const float* rows, std::size_t rows_stride,
                         std::size_t queries, float scale, float* out, std::size_t out_stride) {
  typename Unit::Vector sum[kKeys];
#pragma GCC unroll 16
  for (std::size_t j = 0; j < kKeys; ++j) sum[j] = Unit::zero();
  for (std::size_t i = 0; i < queries; ++i) {
    const typename Unit::Vector row = Unit::read(rows + i * rows_stride);
#pragma GCC unroll 16
    for (std::size_t j = 0; j < kKeys; ++j) sum[j] = Unit::add(matrix[j * padded + i], row, sum[j]);
  }
#pragma GCC unroll 16
  for (std::size_t j = 0; j < kKeys; ++j) Unit::write(out + j * out_stride, sum[j], scale);
}

template <typename Unit>
CLM_INLINE void mix_all_keys(const float* matrix, const AttentionHead& h, const float* rows, std::size_t rows_stride,
                             float scale, float* out) {
  std::size_t j = 0;
  for (; j + 14 <= h.tokens; j += 14)  // with a row and a factor, all registers of AVX2
    mix_keys<Unit, 14>(matrix + j * h.padded, h.padded, rows, rows_stride, h.tokens, scale, out + j * h.stride,
                       h.stride);
  for (; j + 4 <= h.tokens; j += 4)
    mix_keys<Unit, 4>(matrix + j * h.padded, h.padded, rows, rows_stride, h.tokens, scale, out + j * h.stride,
                      h.stride);
  for (; j < h.tokens; ++j)
    mix_keys<Unit, 1>(matrix + j * h.padded, h.padded, rows, rows_stride, h.tokens, scale, out + j * h.stride,
                      h.stride);
}

void gradient_by_key(const float* matrix, const AttentionHead& h, const float* rows, std::size_t rows_stride,
                     float scale, float* out) {
  std::size_t d = 0;
  for (; d + Eight::kWidth <= h.width; d += Eight::kWidth)
    mix_all_keys<Eight>(matrix, h, rows + d, rows_stride, scale, out + d);
  for (; d < h.width; d += Four::kWidth) mix_all_keys<Four>(matrix, h, rows + d, rows_stride, scale, out + d);
}

/// Calls part(strip) for all queries.
template <typename Part>
CLM_INLINE void in_strips(const AttentionHead& h, Part part) {
  for (std::size_t first = 0; first < h.padded; first += kTileColumns) {
    const std::size_t left = h.padded - first, columns = left < kTileColumns ? left : kTileColumns;
    const std::size_t tokens = h.tokens - first;
    part(Strip{first, columns, tokens < columns ? tokens : columns});
  }
}

/// Index under the mask of the weight of key j for the first of sixteen queries.
CLM_INLINE std::uint32_t element(const AttentionHead& h, std::size_t j, std::size_t query) {
  return static_cast<std::uint32_t>(j * h.padded + query);
}

/// The columns of a head to come, of each row the next cache line, which no prefetcher of a processor would guess.
CLM_INLINE void prefetch(const AttentionHead& h) {
  for (std::size_t i = 0; i < h.tokens; ++i) {
    const std::size_t next = i * h.stride + 16;
    for (std::size_t layer = 0; layer < h.layers; ++layer) {
      __builtin_prefetch(h.q[layer] + next);
      __builtin_prefetch(h.k[layer] + next);
    }
    __builtin_prefetch(h.v + next);
  }
}

}  // namespace

void attention(const AttentionHead& h) {
  alignas(64) float columns[kMaxColumns];
  alignas(64) float shares[kTileColumns];
  float* const weights = h.scratch;  // before they are divided by their sum
  const Mask mask(h.dropout);
  prefetch(h);
  in_strips(h, [&](const Strip& s) CLM_INLINE_LAMBDA {
    score(h, s, columns, weights);
    for (std::size_t lane = 0; lane < s.columns; lane += kLanes) {
      Lanes largest = all(-3.0e38F), sum = all(0);
      for (std::size_t j = 0; j < h.tokens; ++j) largest = greater(largest, load(weights + j * s.columns + lane));
      for (std::size_t j = 0; j < h.tokens; ++j) {
        float* const at = weights + j * s.columns + lane;
        const Lanes weight = power_of_two_below_1(load(at) - largest);
        sum = sum + weight;
        store(at, h.dropout.threshold == 0 ? weight : mask.keep(weight, element(h, j, s.first + lane)));
      }
      const Lanes share = all(1) / sum;
      store(h.moments + s.first + lane, largest);
      store(h.moments + h.padded + s.first + lane, share);
      store(shares + lane, share * all(h.dropout.scale));
    }
    strip_of(s.vectors(), h.width, h.tokens, {h.v, 1, h.stride}, weights, s.columns, columns, s.columns, {});
    for (std::size_t d = 0; d < h.width; ++d)
      for (std::size_t lane = 0; lane < s.columns; lane += kLanes)
        store(columns + d * s.columns + lane, load(columns + d * s.columns + lane) * load(shares + lane));
    scatter(h, s, columns, h.out, h.out_stride);
  });
}

void attention_backward(const AttentionHead& h) {
  alignas(64) float columns[kMaxColumns];
  alignas(64) float mixed[kMaxColumns];
  const std::size_t square = h.tokens * h.padded;
  float* const weights = h.scratch;
  float* const reached = h.scratch + square;       // the gradient by the weights
  float* const mixed_by = h.scratch + 2 * square;  // the weights under the mask
  float* const d_scores = h.d_scores != nullptr ? h.d_scores : h.scratch + 3 * square;
  const Mask mask(h.dropout);
  prefetch(h);
  in_strips(h, [&](const Strip& s) CLM_INLINE_LAMBDA {
    score(h, s, columns, weights);
    gather(h, s, h.d_out, h.out_stride, columns);
    gather(h, s, h.out, h.out_stride, mixed);
    strip_of(s.vectors(), h.tokens, h.width, {h.v, h.stride, 1}, columns, s.columns, reached, s.columns, {});
    // Through the mask and the softmax: dS = P (dP - sum of P dP), where the sum is that of out * d_out (Dao et al.
    // 2022, FlashAttention, appendix B.2).
    for (std::size_t lane = 0; lane < s.columns; lane += kLanes) {
      const Lanes largest = load(h.moments + s.first + lane), share = load(h.moments + h.padded + s.first + lane);
      Lanes inner = all(0);
      for (std::size_t d = 0; d < h.width; ++d)
        inner = fma(load(columns + d * s.columns + lane), load(mixed + d * s.columns + lane), inner);
      for (std::size_t j = 0; j < h.tokens; ++j) {
        const std::size_t at = j * h.padded + s.first + lane;
        const Lanes weight = power_of_two_below_1(load(weights + j * s.columns + lane) - largest) * share;
        Lanes by_weight = load(reached + j * s.columns + lane);
        if (h.dropout.threshold == 0) {
          store(mixed_by + at, weight);
        } else {
          store(mixed_by + at, mask.apply(weight, element(h, j, s.first + lane)));
          by_weight = mask.apply(by_weight, element(h, j, s.first + lane));
        }
        store(d_scores + at,
              fma(weight, by_weight - inner, h.d_scores_above != nullptr ? load(h.d_scores_above + at) : all(0)));
      }
    }
    strip_of(s.vectors(), h.width, h.tokens, {h.k[h.layers - 1], 1, h.stride}, d_scores + s.first, h.padded, columns,
             s.columns, {});
    scale_columns(h, s, h.scale, columns);
    scatter(h, s, columns, h.d_q, h.stride);
  });
  gradient_by_key(mixed_by, h, h.d_out, h.out_stride, 1, h.d_v);
  gradient_by_key(d_scores, h, h.q[h.layers - 1], h.stride, h.scale, h.d_k);
}

}  // namespace clm::CLM_KERNEL_SET
