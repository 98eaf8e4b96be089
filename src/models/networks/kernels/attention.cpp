// Attention of one head over the tokens of one window, softmax and dropout in one pass (Vaswani et al. 2017, equation
// 1; scores handed on from layer to layer as in He et al. 2021, RealFormer). Scores lie [key][query] so that sixteen
// queries are worked on at once and the softmax over the keys never adds across lanes.
#include "models/networks/kernels/mask.hpp"
#include "models/networks/kernels/table.hpp"

namespace clm::CLM_KERNEL_SET {
namespace {

constexpr std::size_t kMaxColumns = AttentionHead::kMaxWidth * kLanes;
constexpr std::size_t kMaxRaised = AttentionHead::kMaxTokens * kLanes;

/// Eight rows of eight floats, `in_stride` apart, with rows and columns exchanged.
CLM_INLINE void transpose_eight(const float* in, std::size_t in_stride, float* out, std::size_t out_stride) {
  __m256 row[8], pair[8];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) row[i] = _mm256_loadu_ps(in + i * in_stride);
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
    _mm256_storeu_ps(out + i * out_stride, _mm256_permute2f128_ps(row[i], row[i + 4], 0x20));
    _mm256_storeu_ps(out + (i + 4) * out_stride, _mm256_permute2f128_ps(row[i], row[i + 4], 0x31));
  }
}

/// Sixteen tokens' rows of a matrix [tokens][width], transposed: out[d] holds column d; missing tokens are 0.
CLM_INLINE void gather(const float* rows, std::size_t stride, std::size_t tokens, std::size_t width, std::size_t first,
                       float* out) {
  const std::size_t count = at_most_lanes(tokens - first);
  std::size_t lane = 0;
  if (width % 8 == 0)
    for (; lane + 8 <= count; lane += 8)
      for (std::size_t d = 0; d < width; d += 8)
        transpose_eight(rows + (first + lane) * stride + d, stride, out + d * kLanes + lane, kLanes);
  for (; lane < count; ++lane)
    for (std::size_t d = 0; d < width; ++d) out[d * kLanes + lane] = rows[(first + lane) * stride + d];
  for (; lane < kLanes; ++lane)
    for (std::size_t d = 0; d < width; ++d) out[d * kLanes + lane] = 0;
}

CLM_INLINE void scatter(const float* in, std::size_t tokens, std::size_t width, std::size_t first, float* rows,
                        std::size_t stride) {
  const std::size_t count = at_most_lanes(tokens - first);
  std::size_t lane = 0;
  if (width % 8 == 0)
    for (; lane + 8 <= count; lane += 8)
      for (std::size_t d = 0; d < width; d += 8)
        transpose_eight(in + d * kLanes + lane, kLanes, rows + (first + lane) * stride + d, stride);
  for (; lane < count; ++lane)
    for (std::size_t d = 0; d < width; ++d) rows[(first + lane) * stride + d] = in[d * kLanes + lane];
}

/// Some columns of sixteen tokens, held in registers.
template <std::size_t kBlock>
struct Columns {
  Lanes column[kBlock];

  CLM_INLINE void read(const float* from, Lanes factor) {
#pragma GCC unroll 8
    for (std::size_t d = 0; d < kBlock; ++d) column[d] = load(from + d * kLanes) * factor;
  }
  CLM_INLINE void clear() {
#pragma GCC unroll 8
    for (std::size_t d = 0; d < kBlock; ++d) column[d] = all(0);
  }
  CLM_INLINE void write(float* to, Lanes factor) const {
#pragma GCC unroll 8
    for (std::size_t d = 0; d < kBlock; ++d) store(to + d * kLanes, column[d] * factor);
  }
  /// start + sum over d of row[d] * column[d], in two chains.
  CLM_INLINE Lanes weighted(const float* row, Lanes start) const {
    Lanes even = start, odd = all(0);
#pragma GCC unroll 4
    for (std::size_t d = 0; d < kBlock; d += 2) {
      even = fma(all(row[d]), column[d], even);
      odd = fma(all(row[d + 1]), column[d + 1], odd);
    }
    return even + odd;
  }
  /// column[d] += row[d] * factor
  CLM_INLINE void add(const float* row, Lanes factor) {
#pragma GCC unroll 8
    for (std::size_t d = 0; d < kBlock; ++d) column[d] = fma(all(row[d]), factor, column[d]);
  }
};

/// Calls part(d, columns) for the columns in eights, then fours.
template <typename Part>
CLM_INLINE void in_blocks(std::size_t width, Part part) {
  std::size_t d = 0;
  for (; d + 8 <= width; d += 8) part(d, Columns<8>());
  for (; d < width; d += 4) part(d, Columns<4>());
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
#pragma GCC unroll 8
  for (std::size_t j = 0; j < kKeys; ++j) sum[j] = Unit::zero();
  for (std::size_t i = 0; i < queries; ++i) {
    const typename Unit::Vector row = Unit::read(rows + i * rows_stride);
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kKeys; ++j) sum[j] = Unit::add(matrix[j * padded + i], row, sum[j]);
  }
#pragma GCC unroll 8
  for (std::size_t j = 0; j < kKeys; ++j) Unit::write(out + j * out_stride, sum[j], scale);
}

template <typename Unit>
CLM_INLINE void mix_all_keys(const float* matrix, const AttentionHead& h, const float* rows, std::size_t rows_stride,
                             float scale, float* out) {
  if (h.tokens < 8) {
    for (std::size_t j = 0; j < h.tokens; ++j)
      mix_keys<Unit, 1>(matrix + j * h.padded, h.padded, rows, rows_stride, h.tokens, scale, out + j * h.stride,
                        h.stride);
    return;
  }
  for (std::size_t next = 0; next < h.tokens; next += 8) {
    const std::size_t j = next + 8 <= h.tokens ? next : h.tokens - 8;  // the last eight may overlap those before
    mix_keys<Unit, 8>(matrix + j * h.padded, h.padded, rows, rows_stride, h.tokens, scale, out + j * h.stride,
                      h.stride);
  }
}

void gradient_by_key(const float* matrix, const AttentionHead& h, const float* rows, std::size_t rows_stride,
                     float scale, float* out) {
  std::size_t d = 0;
  for (; d + Eight::kWidth <= h.width; d += Eight::kWidth)
    mix_all_keys<Eight>(matrix, h, rows + d, rows_stride, scale, out + d);
  for (; d < h.width; d += Four::kWidth) mix_all_keys<Four>(matrix, h, rows + d, rows_stride, scale, out + d);
}

/// Scores of sixteen queries into `scores`, one row of lanes per key. `columns` is working memory.
CLM_INLINE void score(const AttentionHead& h, std::size_t first, float* columns, float* scores) {
  for (std::size_t layer = 0; layer < h.layers; ++layer) {
    gather(h.q[layer], h.stride, h.tokens, h.width, first, columns);
    in_blocks(h.width, [&](std::size_t d, auto queries) CLM_INLINE_LAMBDA {
      queries.read(columns + d * kLanes, all(h.scale));
      const bool begins = layer == 0 && d == 0;
      for (std::size_t j = 0; j < h.tokens; ++j) {
        const Lanes before = begins ? all(0) : load(scores + j * kLanes);
        store(scores + j * kLanes, queries.weighted(h.k[layer] + j * h.stride + d, before));
      }
    });
  }
}

}  // namespace

void attention(const AttentionHead& h) {
  alignas(64) float columns[kMaxColumns];
  alignas(64) float raised[kMaxRaised];
  const Mask mask(h.dropout);
  for (std::size_t first = 0; first < h.tokens; first += kLanes) {
    score(h, first, columns, raised);
    Lanes largest = all(-3.0e38F), sum = all(0);
    for (std::size_t j = 0; j < h.tokens; ++j) largest = greater(largest, load(raised + j * kLanes));
    for (std::size_t j = 0; j < h.tokens; ++j) {
      const Lanes value = exponential(load(raised + j * kLanes) - largest);
      store(raised + j * kLanes, value);
      sum = sum + value;
    }
    const Lanes share = all(1) / sum;
    store(h.moments + first, largest);
    store(h.moments + h.padded + first, share);
    in_blocks(h.width, [&](std::size_t d, auto mixed) CLM_INLINE_LAMBDA {
      mixed.clear();
      for (std::size_t j = 0; j < h.tokens; ++j) {
        const auto element = h.first_element + static_cast<std::uint32_t>(j * h.padded + first);
        Lanes weight = load(raised + j * kLanes) * share;
        if (h.dropout.threshold != 0) weight = mask.apply(weight, element);
        mixed.add(h.v + j * h.stride + d, weight);
      }
      mixed.write(columns + d * kLanes, all(1));
    });
    scatter(columns, h.tokens, h.width, first, h.out, h.out_stride);
  }
}

void attention_backward(const AttentionHead& h) {
  alignas(64) float columns[kMaxColumns];
  alignas(64) float weights[kMaxRaised];
  alignas(64) float reached[kMaxRaised];
  const Mask mask(h.dropout);
  float* const mixed_by = h.scratch;  // the weights under the mask
  float* const d_scores = h.scratch + h.tokens * h.padded;
  for (std::size_t first = 0; first < h.tokens; first += kLanes) {
    score(h, first, columns, weights);
    const Lanes largest = load(h.moments + first), share = load(h.moments + h.padded + first);
    // The gradient by the weights, through the mask.
    gather(h.d_out, h.out_stride, h.tokens, h.width, first, columns);
    Lanes inner = all(0);
    in_blocks(h.width, [&](std::size_t d, auto d_mixed) CLM_INLINE_LAMBDA {
      d_mixed.read(columns + d * kLanes, all(1));
      const bool ends = d + sizeof(d_mixed) / sizeof(Lanes) == h.width;
      for (std::size_t j = 0; j < h.tokens; ++j) {
        Lanes by_weight = d_mixed.weighted(h.v + j * h.stride + d, d == 0 ? all(0) : load(reached + j * kLanes));
        if (ends) {
          const auto at = j * h.padded + first;
          const auto element = h.first_element + static_cast<std::uint32_t>(at);
          const Lanes weight = exponential(load(weights + j * kLanes) - largest) * share;
          store(weights + j * kLanes, weight);
          const bool drops = h.dropout.threshold != 0;
          store(mixed_by + at, drops ? mask.apply(weight, element) : weight);
          if (drops) by_weight = mask.apply(by_weight, element);
          inner = fma(weight, by_weight, inner);
        }
        store(reached + j * kLanes, by_weight);
      }
    });
    // Through the softmax: dS = P (dP - sum of P dP).
    in_blocks(h.width, [&](std::size_t d, auto d_query) CLM_INLINE_LAMBDA {
      d_query.clear();
      for (std::size_t j = 0; j < h.tokens; ++j) {
        const std::size_t at = j * h.padded + first;
        Lanes by_score = load(d_scores + at);
        if (d == 0) {
          by_score = fma(load(weights + j * kLanes), load(reached + j * kLanes) - inner,
                         h.d_scores_above != nullptr ? load(h.d_scores_above + at) : all(0));
          store(d_scores + at, by_score);
          if (h.d_scores != nullptr) store(h.d_scores + at, by_score);
        }
        d_query.add(h.k[h.layers - 1] + j * h.stride + d, by_score);
      }
      d_query.write(columns + d * kLanes, all(h.scale));
    });
    scatter(columns, h.tokens, h.width, first, h.d_q, h.stride);
  }
  gradient_by_key(mixed_by, h, h.d_out, h.out_stride, 1, h.d_v);
  gradient_by_key(d_scores, h, h.q[h.layers - 1], h.stride, h.scale, h.d_k);
}

}  // namespace clm::CLM_KERNEL_SET
