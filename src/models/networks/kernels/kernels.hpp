#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace clm {

/// A dropout at one place of a network in one step. Element i is dropped where a hash of (key, i) is below
/// `threshold` = p * 2^32; `scale` = 1 / (1 - p). threshold 0: nothing is dropped. Elements are counted from `first`,
/// so that a place may be worked on in parts.
struct DropoutMask {
  std::uint64_t key = 0;
  std::uint32_t threshold = 0;
  float scale = 1;
  std::uint32_t first = 0;
};

enum class Transposed { no, yes };

/// c[m][n] = (bias[n] or 0 or c) + a[m][k] b[k][n], row-major with a distance between rows ("stride", in floats).
/// A transposed operand is stored the other way round: a as [k][m], b as [n][k].
struct MatrixProduct {
  std::size_t m = 0, n = 0, k = 0;
  const float* a = nullptr;
  std::size_t a_stride = 0;
  Transposed a_transposed = Transposed::no;
  const float* b = nullptr;
  std::size_t b_stride = 0;
  Transposed b_transposed = Transposed::no;
  float* c = nullptr;
  std::size_t c_stride = 0;
  const float* bias = nullptr;  ///< [n], or null
  bool accumulate = false;      ///< adds to c; then no bias
  float* b_sums = nullptr;      ///< [n], or null: the sums of b over k are written here; added where c is
};

/// One head of multi-head attention over the tokens of one window. Rows of q, k, v, out and their gradients are tokens,
/// `stride` (or `out_stride`) floats apart; the pointers stand at the head's own columns.
///
/// Scores are handed on from layer to layer: those of a layer are the sum of q k' over itself and all layers before.
/// The sum is computed again wherever it is needed instead of being stored: a matrix per head and layer would be
/// written to and read from main memory, which takes longer than the arithmetic. What that takes lies side by side in
/// a record per head and layer.
struct AttentionHead {
  static constexpr std::size_t kMaxLayers = 8;
  static constexpr std::size_t kMaxTokens = 1024;
  static constexpr std::size_t kMaxWidth = 256;

  std::size_t tokens = 0;                                ///< at most kMaxTokens
  std::size_t padded = 0;                                ///< tokens filled up to a multiple of 16
  std::size_t width = 0;                                 ///< of a head, a multiple of 4, at most kMaxWidth
  float scale = 1;                                       ///< of the scores: 1 / sqrt(width)
  const float *q = nullptr, *k = nullptr, *v = nullptr;  ///< of this layer; forward reads
  std::size_t stride = 0;
  std::size_t layers = 1;           ///< whose scores are summed; the last is this one
  float* records[kMaxLayers] = {};  ///< of each layer, record_size() floats; forward writes the last, all else is read
  DropoutMask dropout;              ///< of the weights; a head has tokens * padded of them
  float* out = nullptr;             ///< forward writes, backward reads
  std::size_t out_stride = 0;
  float* scratch = nullptr;  ///< forward and backward: scratch_size() floats; contents do not matter

  const float* d_out = nullptr;                          ///< backward: gradient of out, laid out as out
  float *d_q = nullptr, *d_k = nullptr, *d_v = nullptr;  ///< of this layer; written, `stride` floats from row to row
  const float* d_scores_above = nullptr;  ///< [key][padded]: gradient that the next layer hands down; null in the last
  float* d_scores = nullptr;              ///< the same for the layer before, may be d_scores_above; null in the first

  /// Of a record: scaled queries [width][padded], moments of the softmax [2][padded], keys and values [tokens][width].
  std::size_t record_size() const { return ((width + 2) * padded + 2 * tokens * width + 15) / 16 * 16; }
  std::size_t scratch_size() const { return padded * (2 * tokens + width); }
};

struct AdamStep {
  std::size_t count = 0;
  float* parameters = nullptr;
  const float* gradient = nullptr;
  float *first_moment = nullptr, *second_moment = nullptr;
  float rate = 0;            ///< learning rate over 1 - beta1^t
  float gradient_scale = 1;  ///< of clipping
  float beta1 = .9F, beta2 = .999F;
  float root_correction = 1;  ///< sqrt(1 - beta2^t)
  float epsilon = 1e-8F;
  float decay = 0;  ///< learning rate times weight decay
};

/// The arithmetic of the networks, compiled once per instruction set from the same source. Every element of every
/// result is computed by the same sequence of IEEE operations (fused multiply-adds written out) in all of them, so that
/// bits depend neither on the processor nor on how many rows a call has. Rows of `columns` floats stand side by side.
/// Pointers must not overlap unless said. Thread-safe.
struct Kernels {
  std::string_view name;  ///< "avx2", "avx512"

  void (*multiply)(const MatrixProduct& product);
  void (*attention)(const AttentionHead& head);
  void (*attention_backward)(const AttentionHead& head);

  /// out = GELU(x) (Hendrycks & Gimpel 2016, with the normal distribution itself), under the mask; slope = its
  /// derivative by x, under the same mask. slope may be null; out may be x.
  void (*gelu)(std::size_t count, const float* x, float* out, float* slope, const DropoutMask& dropout);
  /// out = max(x, 0) under the mask; may be x.
  void (*relu)(std::size_t count, const float* x, float* out, const DropoutMask& dropout);
  /// gradient becomes that by x: 0 where `out` of relu() is not positive, under the same mask.
  void (*relu_backward)(std::size_t count, const float* out, float* gradient, const DropoutMask& dropout);
  /// x *= y
  void (*scale_by)(std::size_t count, float* x, const float* y);
  /// x += y
  void (*add_to)(std::size_t count, float* x, const float* y);
  /// out = x under the mask; may be x.
  void (*drop)(std::size_t count, const float* x, float* out, const DropoutMask& dropout);
  /// out = x + (y under the mask); may be x or y.
  void (*add_dropped)(std::size_t count, const float* x, const float* y, float* out, const DropoutMask& dropout);

  /// sums[column] = sum over rows of x
  void (*column_sums)(std::size_t rows, std::size_t columns, const float* x, float* sums);
  /// sums[column] = sum over rows of (x - mean)^2
  void (*column_squares)(std::size_t rows, std::size_t columns, const float* x, const float* mean, float* sums);
  /// out = (x - mean) * gain + shift, each per column; may be x.
  void (*normalise)(std::size_t rows, std::size_t columns, const float* x, const float* mean, const float* gain,
                    const float* shift, float* out);
  /// sums[column] = sum over rows of dy, products[column] = sum over rows of dy * (x - mean)
  void (*norm_backward_sums)(std::size_t rows, std::size_t columns, const float* x, const float* mean, const float* dy,
                             float* sums, float* products);
  /// dx = dy * gain - shift - (x - mean) * slope, each per column; may be dy.
  void (*norm_backward)(std::size_t rows, std::size_t columns, const float* x, const float* mean, const float* dy,
                        const float* gain, const float* shift, const float* slope, float* dx);

  /// Sum of squares, in 16 partial sums per 4096 elements.
  double (*squared_norm)(std::size_t count, const float* x);
  /// One step of Adam (Kingma & Ba 2015, algorithm 1) with decoupled weight decay.
  void (*adam)(const AdamStep& step);
};

/// The kernels for this processor. Error `network.cpu` (unavailable): it lacks AVX2 or FMA.
Result<const Kernels*> processor_kernels();

namespace avx2 {
extern const Kernels kKernels;
}
namespace avx512 {
extern const Kernels kKernels;
}

}  // namespace clm
