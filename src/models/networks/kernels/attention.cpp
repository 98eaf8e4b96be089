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

/// Calls work(lane, d, columns) for the columns of a head's rows, transposed, in sixteens of a strip's queries:
/// columns[i] holds column d + i, of which there are at least four, and eight where the width has them.
template <typename Work>
CLM_INLINE void by_columns(std::size_t width, const Strip& s, const float* rows, std::size_t stride, Work work) {
  Lanes columns[8];
  for (std::size_t lane = 0; lane < s.columns; lane += kLanes) {
    const std::size_t filled = s.filled - lane;
    for (std::size_t d = 0; d < width; d += 8) {
      const float* const at = rows + (s.first + lane) * stride + d;
      if (filled >= kLanes && width - d >= 8)
        columns_of(at, stride, kLanes, 8, columns);
      else
        columns_of(at, stride, filled, width - d, columns);
      work(lane, d, columns);
    }
  }
}

/// The transpose of in[d][query] * factor[query] as rows of a matrix.
CLM_INLINE void scatter(std::size_t width, const Strip& s, const float* in, const float* factor, float* rows,
                        std::size_t stride) {
  for (std::size_t first = 0; first < s.filled; first += 8) {
    const __m256 factors = _mm256_loadu_ps(factor + first);
    const std::size_t filled = s.filled - first < 8 ? s.filled - first : 8;
    float* const to = rows + (s.first + first) * stride;
    for (std::size_t d = 0; d < width; d += 8) {
      const std::size_t columns = width - d < 8 ? width - d : 8;
      __m256 row[8];
#pragma GCC unroll 8
      for (std::size_t i = 0; i < 8; ++i)
        row[i] = i < columns ? _mm256_mul_ps(_mm256_loadu_ps(in + (d + i) * s.columns + first), factors)
                             : _mm256_setzero_ps();
      exchange(row);
#pragma GCC unroll 8
      for (std::size_t i = 0; i < 8; ++i) {
        if (i >= filled) break;
        if (columns == 8)
          _mm256_storeu_ps(to + i * stride + d, row[i]);
        else
          _mm_storeu_ps(to + i * stride + d, _mm256_castps256_ps128(row[i]));
      }
    }
  }
}

/// A record of a head in one layer (AttentionHead::record_size).
struct Record {
  float *queries, *moments, *keys, *values;
  CLM_INLINE Record(const AttentionHead& h, std::size_t layer)
      : queries(h.records[layer]),
        moments(queries + h.width * h.padded),
        keys(moments + 2 * h.padded),
        values(keys + h.tokens * h.width) {}
};

CLM_INLINE void copy_rows(std::size_t rows, std::size_t width, const float* in, std::size_t stride, float* out) {
  for (std::size_t i = 0; i < rows; ++i, in += stride, out += width) {
    std::size_t d = 0;
    for (; d + 8 <= width; d += 8) _mm256_storeu_ps(out + d, _mm256_loadu_ps(in + d));
    for (; d < width; d += 4) _mm_storeu_ps(out + d, _mm_loadu_ps(in + d));
  }
}

/// Writes queries, keys and values of this layer's record.
CLM_INLINE void keep(const AttentionHead& h) {
  const Record kept(h, h.layers - 1);
  const std::size_t tokens = h.tokens, padded = h.padded, width = h.width;
  const Lanes factor = all(h.scale * kLog2e);
  by_columns(width, {0, padded, tokens}, h.q, h.stride,
             [&](std::size_t lane, std::size_t d, const Lanes* columns) CLM_INLINE_LAMBDA {
#pragma GCC unroll 8
               for (std::size_t i = 0; i < 8; ++i)
                 if (d + i < width) store(kept.queries + (d + i) * padded + lane, columns[i] * factor);
             });
  copy_rows(tokens, width, h.k, h.stride, kept.keys);
  copy_rows(tokens, width, h.v, h.stride, kept.values);
}

/// scores[key][query of the strip] of `keys` keys from `first` on, summed over layers.
CLM_INLINE void score(const AttentionHead& h, const Strip& s, std::size_t first, std::size_t keys, float* scores) {
  Term terms[AttentionHead::kMaxLayers];
  for (std::size_t layer = 0; layer < h.layers; ++layer) {
    const Record kept(h, layer);
    terms[layer] = {{kept.keys + first * h.width, h.width, 1}, kept.queries + s.first, h.padded};
  }
  strip_of(s.vectors(), keys, {terms, h.layers, h.width}, scores, s.columns, {});
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

/// Fetches the records of the next head, which lie behind those of this one, while this one is worked on: a share with
/// every block of keys, since only so many misses can be under way and the processor's own prefetchers stop at a page.
class Ahead {
 public:
  CLM_INLINE Ahead(const AttentionHead& h, std::size_t layers)
      : layers_(layers), size_(h.record_size()), share_((size_ * kTileRows / h.tokens + 15) / 16 * 16) {}
  CLM_INLINE void fetch_share(const AttentionHead& h) {
    const std::size_t end = at_ + share_ < size_ ? at_ + share_ : size_;
    for (std::size_t layer = 0; layer < layers_; ++layer)
      for (std::size_t i = at_; i < end; i += 16) __builtin_prefetch(h.records[layer] + size_ + i);
    at_ = end;
  }

 private:
  std::size_t layers_, size_, share_, at_ = 0;
};

/// The weights of a head under its mask, or as they are.
template <bool kDropped>
struct Weighting {
  CLM_INLINE explicit Weighting(const AttentionHead& h) : mask(h.dropout), padded(h.padded) {}
  CLM_INLINE Lanes keep(Lanes x, std::size_t key, std::size_t query) const {
    return kDropped ? mask.keep(x, element(key, query)) : x;
  }
  CLM_INLINE Lanes apply(Lanes x, std::size_t key, std::size_t query) const {
    return kDropped ? mask.apply(x, element(key, query)) : x;
  }
  /// Index under the mask of the weight of a key for the first of sixteen queries.
  CLM_INLINE std::uint32_t element(std::size_t key, std::size_t query) const {
    return static_cast<std::uint32_t>(key * padded + query);
  }
  const Mask mask;
  const std::size_t padded;
};

template <bool kDropped>
void forward(const AttentionHead& h) {
  alignas(64) float columns[kMaxColumns];
  alignas(64) float shares[kTileColumns];
  float* const weights = h.scratch;  // before they are divided by their sum
  const Weighting<kDropped> weighting(h);
  const Record kept(h, h.layers - 1);
  const std::size_t tokens = h.tokens, padded = h.padded, width = h.width;
  Ahead ahead(h, h.layers - 1);
  keep(h);
  in_strips(h, [&](const Strip& s) CLM_INLINE_LAMBDA {
    for (std::size_t first = 0; first < tokens; first += kTileRows) {
      ahead.fetch_share(h);
      score(h, s, first, tokens - first < kTileRows ? tokens - first : kTileRows, weights + first * s.columns);
    }
    for (std::size_t lane = 0; lane < s.columns; lane += kLanes) {
      Lanes largest = all(-3.0e38F), sum = all(0);
      for (std::size_t j = 0; j < tokens; ++j) largest = greater(largest, load(weights + j * s.columns + lane));
      for (std::size_t j = 0; j < tokens; ++j) {
        float* const at = weights + j * s.columns + lane;
        const Lanes weight = power_of_two_below_1(load(at) - largest);
        sum = sum + weight;
        store(at, weighting.keep(weight, j, s.first + lane));
      }
      const Lanes share = all(1) / sum;
      store(kept.moments + s.first + lane, largest);
      store(kept.moments + padded + s.first + lane, share);
      store(shares + lane, share * weighting.mask.scale);
    }
    strip_of(s.vectors(), width, tokens, {kept.values, 1, width}, weights, s.columns, columns, s.columns, {});
    scatter(width, s, columns, shares, h.out, h.out_stride);
  });
}

/// dS = P (dP - inner) + what is handed down, and P under the mask, for a block of keys from `first` on.
template <bool kDropped, bool kHanded>
CLM_INLINE void block_backward(const Weighting<kDropped>& weighting, const Strip& s, std::size_t first,
                               std::size_t keys, const float* moments, const float* inner, const float* scores,
                               const float* reached, const float* above, float* mixed_by, float* d_scores) {
  const std::size_t padded = weighting.padded;
  for (std::size_t lane = 0; lane < s.columns; lane += kLanes) {
    const Lanes largest = load(moments + s.first + lane), share = load(moments + padded + s.first + lane);
    const Lanes taken = load(inner + lane);
    for (std::size_t j = 0; j < keys; ++j) {
      const std::size_t at = (first + j) * padded + s.first + lane;
      const Lanes weight = power_of_two_below_1(load(scores + j * s.columns + lane) - largest) * share;
      const Lanes by_weight = weighting.apply(load(reached + j * s.columns + lane), first + j, s.first + lane);
      store(mixed_by + at, weighting.apply(weight, first + j, s.first + lane));
      store(d_scores + at, fma(weight, by_weight - taken, kHanded ? load(above + at) : all(0)));
    }
  }
}

template <bool kDropped, bool kHanded>
void backward(const AttentionHead& h) {
  alignas(64) float columns[kMaxColumns];
  alignas(64) float inner[kTileColumns];
  alignas(64) float factors[kTileColumns];
  alignas(64) float scores[kTileRows * kTileColumns];
  alignas(64) float reached[kTileRows * kTileColumns];  // the gradient by the weights
  const std::size_t tokens = h.tokens, padded = h.padded, width = h.width, square = tokens * padded;
  float* const mixed_by = h.scratch;  // the weights under the mask
  float* const d_scores = h.d_scores != nullptr ? h.d_scores : h.scratch + square;
  float* const queries = h.scratch + 2 * square;
  const float* const above = h.d_scores_above;
  const Weighting<kDropped> weighting(h);
  const Record kept(h, h.layers - 1);
  Ahead ahead(h, h.layers);
  in_strips(h, [&](const Strip& s) CLM_INLINE_LAMBDA {
    // Through the mask and the softmax: dS = P (dP - sum of P dP), where the sum is that of out * d_out (Dao et al.
    // 2022, FlashAttention, appendix B.2).
    for (std::size_t lane = 0; lane < s.columns; lane += kLanes) {
      store(inner + lane, all(0));
      store(factors + lane, all(h.scale));
    }
    by_columns(width, s, h.d_out, h.out_stride,
               [&](std::size_t lane, std::size_t d, const Lanes* reached_by) CLM_INLINE_LAMBDA {
#pragma GCC unroll 8
                 for (std::size_t i = 0; i < 8; ++i)
                   if (d + i < width) store(columns + (d + i) * s.columns + lane, reached_by[i]);
               });
    by_columns(width, s, h.out, h.out_stride,
               [&](std::size_t lane, std::size_t d, const Lanes* mixed) CLM_INLINE_LAMBDA {
                 Lanes sum = load(inner + lane);
#pragma GCC unroll 8
                 for (std::size_t i = 0; i < 8; ++i)
                   if (d + i < width) sum = fma(load(columns + (d + i) * s.columns + lane), mixed[i], sum);
                 store(inner + lane, sum);
               });
    for (std::size_t first = 0; first < tokens; first += kTileRows) {
      const std::size_t keys = tokens - first < kTileRows ? tokens - first : kTileRows;
      ahead.fetch_share(h);
      score(h, s, first, keys, scores);
      if constexpr (kHanded)
        for (std::size_t i = 0; i < kTileRows * padded; i += kLanes)
          __builtin_prefetch(above + (first + 2 * kTileRows) * padded + i);
      strip_of(s.vectors(), keys, width, {kept.values + first * width, width, 1}, columns, s.columns, reached,
               s.columns, {});
      block_backward<kDropped, kHanded>(weighting, s, first, keys, kept.moments, inner, scores, reached, above,
                                        mixed_by, d_scores);
    }
    strip_of(s.vectors(), width, tokens, {kept.keys, 1, width}, d_scores + s.first, padded, columns, s.columns, {});
    scatter(width, s, columns, factors, h.d_q, h.stride);
  });
  gradient_by_key(mixed_by, h, h.d_out, h.out_stride, 1, h.d_v);
  transpose(width, padded, kept.queries, padded, queries, width);
  gradient_by_key(d_scores, h, queries, width, 1 / kLog2e, h.d_k);
}

}  // namespace

void attention(const AttentionHead& h) {
  if (h.dropout.threshold == 0) return forward<false>(h);
  forward<true>(h);
}

void attention_backward(const AttentionHead& h) {
  const bool dropped = h.dropout.threshold != 0, handed = h.d_scores_above != nullptr;
  if (dropped) return handed ? backward<true, true>(h) : backward<true, false>(h);
  handed ? backward<false, true>(h) : backward<false, false>(h);
}

}  // namespace clm::CLM_KERNEL_SET
