#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/wide_code.hpp"
#include "features/sets/feature_set.hpp"

namespace clm {

/// Bars that are worked on together: as many as keep their bars, rows and what lies between in the first cache.
inline constexpr std::size_t kBlockBars = 64;

/// One number of every bar of a block.
struct alignas(64) Lane {
  std::array<double, kBlockBars> values;
  double* data() { return values.data(); }
  const double* data() const { return values.data(); }
  double& operator[](std::size_t i) { return values[i]; }
  double operator[](std::size_t i) const { return values[i]; }
};

/// The columns of a block, filled one by one, and turned into rows at the end.
template <std::size_t kWidth>
class BlockColumns {
 public:
  using Column = std::array<float, kBlockBars>;
  Column* from(std::size_t first) { return &columns_[first]; }
  void write(std::size_t count, float* rows, std::size_t stride) const {
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t c = 0; c < kWidth; ++c) rows[i * stride + c] = columns_[c][i];
  }

 private:
  alignas(64) std::array<Column, kWidth> columns_;
};

/// Runs a kernel that takes many bars at once: `void operator()(std::span<const AnyBar> bars, float* rows, std::size_t
/// stride)`, with 1 to kBlockBars bars that follow each other without a start of the stream between them. What a bar
/// gets must not depend on which bars come in the same call: live they come one by one.
template <typename Kernel, typename AnyBar, typename Stream>
class BlockStream final : public Stream {
 public:
  explicit BlockStream(const Kernel& fresh) : fresh_(fresh), kernel_(fresh) {}
  void advance(std::span<const AnyBar> bars, float* rows, std::size_t stride) override {
    while (!bars.empty()) {
      if (bars.front().starts_stream) kernel_ = fresh_;
      std::size_t count = 1;
      while (count < std::min(bars.size(), kBlockBars) && !bars[count].starts_stream) ++count;
      kernel_(bars.first(count), rows, stride);
      bars = bars.subspan(count);
      rows += count * stride;
    }
  }

 private:
  Kernel fresh_, kernel_;
};

/// For a kernel that cuts its bars further: `run_length(bars)` says how many of the first, at least 1, go together, and
/// `advance(run, rows, stride)` works on them in wide code.
template <typename AnyBar, typename RunLength, typename Advance>
void for_each_run(std::span<const AnyBar> bars, float* rows, std::size_t stride, RunLength run_length,
                  Advance advance) {
  while (!bars.empty()) {
    const std::size_t count = run_length(bars);
    run_wide([&] { advance(bars.first(count), rows, stride); });
    bars = bars.subspan(count);
    rows += count * stride;
  }
}

/// Several columns from a kernel over blocks of bars, as above.
template <typename Kernel>
SymbolFeatures symbol_block_features(std::vector<FeatureSpec> specs, Kernel kernel) {
  using Stream = BlockStream<Kernel, Bar, SymbolStream>;
  return {std::move(specs), [kernel] { return std::make_unique<Stream>(kernel); }};
}
template <typename Kernel>
MarketFeatures market_block_features(std::vector<FeatureSpec> specs, Kernel kernel) {
  using Stream = BlockStream<Kernel, UniverseBar, MarketStream>;
  return {std::move(specs), [kernel] { return std::make_unique<Stream>(kernel); }};
}

}  // namespace clm
