#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"

namespace clm {

/// What one window of a sequence is: `channels` series of `input_length` past values each, and the path of the next
/// `horizon` values of the target. Channel 0 is the target's own past, the others are covariates known up to the same
/// moment. Lengths in bars.
struct WindowShape {
  std::size_t channels = 1;
  std::size_t input_length = 0;
  std::size_t horizon = 0;

  std::size_t input_size() const { return channels * input_length; }
  bool operator==(const WindowShape&) const = default;
};

/// Windows laid side by side. Every number is finite.
struct WindowBatch {
  std::size_t windows = 0;
  std::vector<float> inputs;   ///< [window][channel][bar], oldest bar first
  std::vector<float> targets;  ///< [window][step]
  std::vector<float> weights;  ///< [window], > 0; 1 = counts once in the loss

  /// Makes room for `count` windows; weights become 1.
  void resize(const WindowShape& shape, std::size_t count) {
    windows = count;
    inputs.resize(count * shape.input_size());
    targets.resize(count * shape.horizon);
    weights.assign(count, 1.0F);
  }
};

/// Where a network's windows come from: a numbered set that is read in any order. Implementations keep their own rules
/// (no window crosses a gap, a symbol or a split; nothing known later than the window's end is in its inputs) and are
/// thread-safe: reading changes nothing.
class WindowSource {
 public:
  virtual ~WindowSource() = default;
  virtual WindowShape shape() const = 0;
  /// How many windows there are; fewer than 2^32.
  virtual std::size_t size() const = 0;
  /// Reads the windows of these numbers, each below size(), in this order. Cost: that of copying them.
  virtual void read(std::span<const std::uint32_t> windows, WindowBatch& batch) const = 0;
};

/// Reads all windows of a source in order, at most `most` at a time, and hands each batch to `visit(first, batch)`,
/// which returns a Status; the first error ends it.
template <typename Visit>
Status for_each_batch(const WindowSource& source, std::size_t most, Visit&& visit) {
  WindowBatch batch;
  std::vector<std::uint32_t> numbers;
  for (std::size_t first = 0; first < source.size(); first += most) {
    numbers.resize(std::min(most, source.size() - first));
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::uint32_t>(first + i);
    source.read(numbers, batch);
    if (Status done = visit(first, static_cast<const WindowBatch&>(batch)); !done) return done;
  }
  return {};
}

}  // namespace clm
