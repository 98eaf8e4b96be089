// Matrix products from tiles, the factors packed so that a tile reads them one after the other.
#include "models/networks/kernels/table.hpp"
#include "models/networks/kernels/tile.hpp"
#include "models/networks/kernels/transpose.hpp"

namespace clm::CLM_KERNEL_SET {
namespace {

constexpr std::size_t kDepth = 128;      // rows of b that are packed at once: a strip stays in the first-level cache
constexpr std::size_t kBlockRows = 264;  // of c, where a is packed too: it stays in the second-level cache
static_assert(kBlockRows % kTileRows == 0);

constexpr std::size_t kAhead = 8;  // rows that are fetched before they are packed

/// Floats from panel to panel of a packed a; not a power of two, for panels side by side would share cache sets.
CLM_INLINE constexpr std::size_t panel_stride(std::size_t depth) { return depth * kTileRows + 16; }

/// `depth` x `columns` of b side by side, the columns filled up with zeros to `width`.
void pack_columns(const MatrixProduct& p, std::size_t from_k, std::size_t depth, std::size_t from_column,
                  std::size_t columns, std::size_t width, float* packed) {
  if (p.b_transposed == Transposed::yes) {
    transpose(columns, depth, p.b + from_column * p.b_stride + from_k, p.b_stride, packed, width);
    for (std::size_t k = 0; columns < width && k < depth; ++k)
      for (std::size_t j = columns; j < width; ++j) packed[k * width + j] = 0;
    return;
  }
  for (std::size_t k = 0; k < depth; ++k) {
    const float* row = p.b + (from_k + k) * p.b_stride + from_column;
    for (std::size_t j = 0; j < columns; j += 16) __builtin_prefetch(row + kAhead * p.b_stride + j);
    std::size_t j = 0;
    for (; j + kWidth <= columns; j += kWidth) store_vector(packed + k * width + j, load_vector(row + j));
    for (; j < columns; ++j) packed[k * width + j] = row[j];
    for (; j < width; ++j) packed[k * width + j] = 0;
  }
}

/// Adds the sums of a packed strip's columns to `sums`, or writes them where they are the first.
template <std::size_t kVectors>
CLM_INLINE void sum_packed(const float* packed, std::size_t depth, std::size_t columns, bool added, float* sums) {
  alignas(64) float total[kVectors * kWidth];
  Vector sum[kVectors];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < kVectors; ++v) sum[v] = broadcast(0);
  for (std::size_t k = 0; k < depth; ++k)
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v)
      sum[v] = fused(broadcast(1), load_vector(packed + (k * kVectors + v) * kWidth), sum[v]);
#pragma GCC unroll 4
  for (std::size_t v = 0; v < kVectors; ++v) store_vector(total + v * kWidth, sum[v]);
  for (std::size_t j = 0; j < columns; ++j) sums[j] = added ? sums[j] + total[j] : total[j];
}

void sum_packed_of(std::size_t vectors, const float* packed, std::size_t depth, std::size_t columns, bool added,
                   float* sums) {
  if (vectors == 1) return sum_packed<1>(packed, depth, columns, added, sums);
  if (vectors == 2) return sum_packed<2>(packed, depth, columns, added, sums);
#if defined(__AVX512F__)
  sum_packed<3>(packed, depth, columns, added, sums);
#endif
}

/// Some rows of c, from `from_row`, and some k of the sum.
struct Block {
  std::size_t from_row, rows, from_k, depth;
};

/// A transposed a in panels of kTileRows rows, each [k][row]. Read as it lies, every k would stand in a cache line of
/// its own, and these in few sets of the cache.
void pack_panels(const MatrixProduct& p, const Block& block, float* packed) {
  for (std::size_t k = 0; k < block.depth; ++k) {
    const float* const row = p.a + (block.from_k + k) * p.a_stride + block.from_row;
    for (std::size_t r = 0; r < block.rows; r += 16) __builtin_prefetch(row + kAhead * p.a_stride + r);
    float* to = packed + k * kTileRows;
    std::size_t r = 0;
    for (; r + kTileRows <= block.rows; r += kTileRows, to += panel_stride(block.depth))
      __builtin_memcpy(to, row + r, kTileRows * sizeof(float));
    for (; r < block.rows; ++r) *to++ = row[r];
  }
}

/// A strip of a block's columns; `panels` is its packed a, or null where a is read as it lies.
void multiply_strip(const MatrixProduct& p, const Block& block, const float* panels, const float* b,
                    std::size_t b_stride, std::size_t vectors, float* c, std::size_t c_stride, Start start) {
  if (panels == nullptr) {
    strip_of(vectors, block.rows, block.depth, {p.a + block.from_row * p.a_stride + block.from_k, p.a_stride, 1}, b,
             b_stride, c, c_stride, start);
    return;
  }
  for (std::size_t r = 0; r < block.rows; r += kTileRows) {
    const std::size_t rows = block.rows - r < kTileRows ? block.rows - r : kTileRows;
    strip_of(vectors, rows, block.depth, {panels + r / kTileRows * panel_stride(block.depth), 1, kTileRows}, b,
             b_stride, c + r * c_stride, c_stride,
             start.rows == nullptr ? start : Start{start.rows + r * start.stride, start.stride});
  }
}

/// A strip whose columns do not fill vectors: by way of a copy that does.
void multiply_edge(const MatrixProduct& p, const Block& block, const float* panels, const float* b,
                   std::size_t b_stride, std::size_t vectors, std::size_t from_column, std::size_t columns,
                   Start start) {
  alignas(64) float edge[kTileRows * kTileColumns];
  const std::size_t width = vectors * kWidth;
  for (std::size_t r = 0; r < block.rows; r += kTileRows) {
    const Block some{block.from_row + r, block.rows - r < kTileRows ? block.rows - r : kTileRows, block.from_k,
                     block.depth};
    float* const c = p.c + some.from_row * p.c_stride + from_column;
    if (start.stride != 0) {
      start = {edge, width};
      for (std::size_t i = 0; i < some.rows; ++i)
        for (std::size_t j = 0; j < width; ++j) edge[i * width + j] = j < columns ? c[i * p.c_stride + j] : 0;
    }
    multiply_strip(p, some, panels == nullptr ? nullptr : panels + r / kTileRows * panel_stride(block.depth), b,
                   b_stride, vectors, edge, width, start);
    for (std::size_t i = 0; i < some.rows; ++i)
      for (std::size_t j = 0; j < columns; ++j) c[i * p.c_stride + j] = edge[i * width + j];
  }
}

}  // namespace

void multiply(const MatrixProduct& p) {
  alignas(64) float packed[kDepth * kTileColumns];
  alignas(64) float bias[kTileColumns];
  alignas(64) float panels[kBlockRows / kTileRows * panel_stride(kDepth)];
  const bool repacks = p.a_transposed == Transposed::yes;
  for (std::size_t from_k = 0; from_k < p.k || from_k == 0; from_k += kDepth) {
    const bool stored = from_k > 0 || p.accumulate;
    Block block{0, 0, from_k, p.k - from_k < kDepth ? p.k - from_k : kDepth};
    for (; block.from_row < p.m; block.from_row += block.rows) {
      const std::size_t left = p.m - block.from_row;
      block.rows = repacks && left > kBlockRows ? kBlockRows : left;
      if (repacks) pack_panels(p, block, panels);
      for (std::size_t j = 0; j < p.n; j += kTileColumns) {
        const std::size_t columns = p.n - j < kTileColumns ? p.n - j : kTileColumns;
        const std::size_t vectors = (columns + kWidth - 1) / kWidth, width = vectors * kWidth;
        const bool whole = columns == width;
        // Packing pays once several tiles use it.
        const bool direct = whole && p.b_transposed == Transposed::no && p.m < 2 * kTileRows && p.b_sums == nullptr;
        if (!direct) pack_columns(p, from_k, block.depth, j, columns, width, packed);
        if (p.b_sums != nullptr && block.from_row == 0)
          sum_packed_of(vectors, packed, block.depth, columns, stored, p.b_sums + j);
        const float* b = direct ? p.b + from_k * p.b_stride + j : packed;
        const std::size_t b_stride = direct ? p.b_stride : width;
        float* const c = p.c + block.from_row * p.c_stride + j;
        Start start;
        if (stored) {
          start = {c, p.c_stride};
        } else if (p.bias != nullptr) {
          for (std::size_t i = 0; i < width; ++i) bias[i] = i < columns ? p.bias[j + i] : 0;
          start = {bias, 0};
        }
        const float* const a = repacks ? panels : nullptr;
        if (whole)
          multiply_strip(p, block, a, b, b_stride, vectors, c, p.c_stride, start);
        else
          multiply_edge(p, block, a, b, b_stride, vectors, j, columns, start);
      }
    }
  }
}

}  // namespace clm::CLM_KERNEL_SET
