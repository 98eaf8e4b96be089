// Attention of one head over the tokens of one window, softmax and dropout in one pass (Vaswani et al. 2017, equation
// 1; scores handed on from layer to layer as in He et al. 2021, RealFormer). Scores lie [key][query] so that sixteen
// queries are worked on at once and the softmax over the keys never adds across lanes.
#include "models/networks/kernels/mask.hpp"
#include "models/networks/kernels/table.hpp"

namespace clm::CLM_KERNEL_SET {
namespace {

constexpr std::size_t kMaxHeadWidth = 256;

/// Sixteen queries' columns of a matrix [tokens][width], transposed: out[d] holds column d; missing tokens are 0.
CLM_INLINE void gather(const float* rows, std::size_t stride, std::size_t tokens, std::size_t width, std::size_t first,
                       float* out) {
  const std::size_t count = at_most_lanes(tokens - first);
  for (std::size_t lane = 0; lane < count; ++lane)
    for (std::size_t d = 0; d < width; ++d) out[d * kLanes + lane] = rows[(first + lane) * stride + d];
  for (std::size_t lane = count; lane < kLanes; ++lane)
    for (std::size_t d = 0; d < width; ++d) out[d * kLanes + lane] = 0;
}

CLM_INLINE void scatter(const float* in, std::size_t tokens, std::size_t width, std::size_t first, float* rows,
                        std::size_t stride) {
  const std::size_t count = at_most_lanes(tokens - first);
  for (std::size_t lane = 0; lane < count; ++lane)
    for (std::size_t d = 0; d < width; ++d) rows[(first + lane) * stride + d] = in[d * kLanes + lane];
}

/// start + sum over d of row[d] * columns[d]: four chains, added at the end, hide the latency of the additions.
CLM_INLINE Lanes weighted(const float* row, const float* columns, std::size_t width, Lanes start) {
  Lanes sum[4] = {start, all(0), all(0), all(0)};
  for (std::size_t d = 0; d < width; d += 4)
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) sum[i] = fma(all(row[d + i]), load(columns + (d + i) * kLanes), sum[i]);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/// out[d] = sum over tokens of rows[token][d] * lanes[token], for kBlock values of d.
template <std::size_t kBlock>
CLM_INLINE void mix(const float* rows, std::size_t stride, const float* lanes, std::size_t lanes_stride,
                    std::size_t tokens, float* out) {
  Lanes sum[kBlock];
#pragma GCC unroll 8
  for (std::size_t d = 0; d < kBlock; ++d) sum[d] = all(0);
  for (std::size_t token = 0; token < tokens; ++token) {
    const Lanes factor = load(lanes + token * lanes_stride);
#pragma GCC unroll 8
    for (std::size_t d = 0; d < kBlock; ++d) sum[d] = fma(all(rows[token * stride + d]), factor, sum[d]);
  }
#pragma GCC unroll 8
  for (std::size_t d = 0; d < kBlock; ++d) store(out + d * kLanes, sum[d]);
}

CLM_INLINE void mix_all(const float* rows, std::size_t stride, const float* lanes, std::size_t lanes_stride,
                        std::size_t tokens, std::size_t width, float* out) {
  std::size_t d = 0;
  for (; d + 8 <= width; d += 8) mix<8>(rows + d, stride, lanes, lanes_stride, tokens, out + d * kLanes);
  for (; d < width; d += 4) mix<4>(rows + d, stride, lanes, lanes_stride, tokens, out + d * kLanes);
}

struct Four {
  using Vector = __m128;
  static constexpr std::size_t kWidth = 4;
  CLM_INLINE static Vector zero() { return _mm_setzero_ps(); }
  CLM_INLINE static Vector read(const float* p) { return _mm_loadu_ps(p); }
  CLM_INLINE static void write(float* p, Vector v) { _mm_storeu_ps(p, v); }
  CLM_INLINE static Vector add(float x, Vector a, Vector b) { return _mm_fmadd_ps(_mm_set1_ps(x), a, b); }
};
struct Eight {
  using Vector = __m256;
  static constexpr std::size_t kWidth = 8;
  CLM_INLINE static Vector zero() { return _mm256_setzero_ps(); }
  CLM_INLINE static Vector read(const float* p) { return _mm256_loadu_ps(p); }
  CLM_INLINE static void write(float* p, Vector v) { _mm256_storeu_ps(p, v); }
  CLM_INLINE static Vector add(float x, Vector a, Vector b) { return _mm256_fmadd_ps(_mm256_set1_ps(x), a, b); }
};

/// out[key][d] = sum over queries of matrix[key][query] * rows[query][d], for kKeys keys.
template <typename Unit, std::size_t kKeys>
CLM_INLINE void mix_keys(const float* matrix, std::size_t padded, const float* rows, std::size_t rows_stride,
                         std::size_t queries, float* out, std::size_t out_stride) {
  typename Unit::Vector sum[kKeys];
#pragma GCC unroll 8
  for (std::size_t j = 0; j < kKeys; ++j) sum[j] = Unit::zero();
  for (std::size_t i = 0; i < queries; ++i) {
    const typename Unit::Vector row = Unit::read(rows + i * rows_stride);
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kKeys; ++j) sum[j] = Unit::add(matrix[j * padded + i], row, sum[j]);
  }
#pragma GCC unroll 8
  for (std::size_t j = 0; j < kKeys; ++j) Unit::write(out + j * out_stride, sum[j]);
}

template <typename Unit>
CLM_INLINE void mix_all_keys(const float* matrix, const AttentionHead& h, const float* rows, std::size_t rows_stride,
                             float* out) {
  std::size_t j = 0;
  for (; j + 8 <= h.tokens; j += 8)
    mix_keys<Unit, 8>(matrix + j * h.padded, h.padded, rows, rows_stride, h.tokens, out + j * h.stride, h.stride);
  for (; j < h.tokens; ++j)
    mix_keys<Unit, 1>(matrix + j * h.padded, h.padded, rows, rows_stride, h.tokens, out + j * h.stride, h.stride);
}

void gradient_by_key(const float* matrix, const AttentionHead& h, const float* rows, std::size_t rows_stride,
                     float* out) {
  std::size_t d = 0;
  for (; d + Eight::kWidth <= h.width; d += Eight::kWidth)
    mix_all_keys<Eight>(matrix, h, rows + d, rows_stride, out + d);
  for (; d < h.width; d += Four::kWidth) mix_all_keys<Four>(matrix, h, rows + d, rows_stride, out + d);
}

}  // namespace

void attention(const AttentionHead& h) {
  alignas(64) float q[kMaxHeadWidth * kLanes];
  alignas(64) float out[kMaxHeadWidth * kLanes];
  const Mask mask(h.dropout);
  for (std::size_t first = 0; first < h.tokens; first += kLanes) {
    gather(h.q, h.stride, h.tokens, h.width, first, q);
    for (std::size_t d = 0; d < h.width; ++d) store(q + d * kLanes, load(q + d * kLanes) * all(h.scale));
    float* const weights = h.weights + first;
    Lanes largest = all(-3.0e38F);
    for (std::size_t j = 0; j < h.tokens; ++j) {
      float* const stored = h.scores != nullptr ? h.scores + j * h.padded + first : nullptr;
      const Lanes score = weighted(h.k + j * h.stride, q, h.width, h.add_scores ? load(stored) : all(0));
      if (stored != nullptr) store(stored, score);
      store(weights + j * h.padded, score);
      largest = greater(largest, score);
    }
    Lanes sum = all(0);
    for (std::size_t j = 0; j < h.tokens; ++j) {
      const Lanes raised = exponential(load(weights + j * h.padded) - largest);
      store(weights + j * h.padded, raised);
      sum = sum + raised;
    }
    const Lanes share = all(1) / sum;
    // Without dropout the weights themselves are mixed, else a copy under the mask takes the place of one query column.
    if (h.dropout.threshold == 0) {
      for (std::size_t j = 0; j < h.tokens; ++j) store(weights + j * h.padded, load(weights + j * h.padded) * share);
      mix_all(h.v, h.stride, weights, h.padded, h.tokens, h.width, out);
    } else {
      alignas(64) float dropped[kLanes * 64];
      for (std::size_t d = 0; d < h.width * kLanes; d += kLanes) store(out + d, all(0));
      for (std::size_t from = 0; from < h.tokens; from += 64) {
        const std::size_t count = h.tokens - from < 64 ? h.tokens - from : 64;
        for (std::size_t j = 0; j < count; ++j) {
          const std::size_t at = (from + j) * h.padded;
          const Lanes weight = load(weights + at) * share;
          store(weights + at, weight);
          store(dropped + j * kLanes, mask.apply(weight, h.first_element + static_cast<std::uint32_t>(at + first)));
        }
        alignas(64) float part[kMaxHeadWidth * kLanes];
        mix_all(h.v + from * h.stride, h.stride, dropped, kLanes, count, h.width, part);
        for (std::size_t d = 0; d < h.width * kLanes; d += kLanes) store(out + d, load(out + d) + load(part + d));
      }
    }
    scatter(out, h.tokens, h.width, first, h.out, h.out_stride);
  }
}

void attention_backward(const AttentionHead& h) {
  alignas(64) float d_out[kMaxHeadWidth * kLanes];
  alignas(64) float d_q[kMaxHeadWidth * kLanes];
  const Mask mask(h.dropout);
  const Lanes scale = all(h.scale);
  // What reached the values (weights under the mask) takes the place of the weights, which nobody needs again; the
  // gradient of the scores goes where the caller wants it, or there is a place for it behind the weights.
  float* const d_scores = h.d_scores;
  for (std::size_t first = 0; first < h.tokens; first += kLanes) {
    gather(h.d_out, h.out_stride, h.tokens, h.width, first, d_out);
    float* const weights = h.weights + first;
    float* const gradient = d_scores + first;
    // Softmax: dS = P (dP - sum of P dP); under dropout dP reaches P through the mask.
    alignas(64) float reached[kLanes * 64];
    Lanes inner = all(0);
    const bool fits = h.tokens <= 64;
    for (std::size_t j = 0; j < h.tokens; ++j) {
      Lanes by_weight = weighted(h.v + j * h.stride, d_out, h.width, all(0));
      if (h.dropout.threshold != 0)
        by_weight = mask.apply(by_weight, h.first_element + static_cast<std::uint32_t>(j * h.padded + first));
      inner = fma(load(weights + j * h.padded), by_weight, inner);
      if (fits) store(reached + j * kLanes, by_weight);
    }
    for (std::size_t j = 0; j < h.tokens; ++j) {
      const std::uint32_t element = h.first_element + static_cast<std::uint32_t>(j * h.padded + first);
      Lanes by_weight = all(0);
      if (fits) {
        by_weight = load(reached + j * kLanes);
      } else {
        by_weight = weighted(h.v + j * h.stride, d_out, h.width, all(0));
        if (h.dropout.threshold != 0) by_weight = mask.apply(by_weight, element);
      }
      const Lanes weight = load(weights + j * h.padded);
      const Lanes taken_over = h.add_d_scores ? load(gradient + j * h.padded) : all(0);
      store(gradient + j * h.padded, fma(weight, by_weight - inner, taken_over));
      if (h.dropout.threshold != 0) store(weights + j * h.padded, mask.apply(weight, element));
    }
    mix_all(h.k, h.stride, gradient, h.padded, h.tokens, h.width, d_q);
    for (std::size_t d = 0; d < h.width; ++d) store(d_q + d * kLanes, load(d_q + d * kLanes) * scale);
    scatter(d_q, h.tokens, h.width, first, h.d_q, h.stride);
  }
  gradient_by_key(h.weights, h, h.d_out, h.out_stride, h.d_v);
  gradient_by_key(d_scores, h, h.q, h.stride, h.d_k);
  for (std::size_t j = 0; j < h.tokens; ++j)
    for (std::size_t d = 0; d < h.width; ++d) h.d_k[j * h.stride + d] *= h.scale;
}

}  // namespace clm::CLM_KERNEL_SET
