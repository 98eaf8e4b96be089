#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace clm {

/// Ranks of the numbers of one time after the other. Up to 128 are compared each with each, which has no branches and
/// takes many at once. More are sorted: what was a good order a moment ago is tried first. The result is the same
/// whichever way it comes about. Reuses its memory; one per column and thread.
class CrossRank {
 public:
  /// results[i] = (average rank of values[i] - 1/2) / count - 1/2, in (-1/2, 1/2); equal values share their rank. NaN
  /// takes no part and stays NaN; fewer than two values give NaN.
  void compute(const float* values, float* results, std::size_t size);

 private:
  struct Entry {
    float value;
    std::uint32_t symbol;
  };
  std::size_t insert(const float* values, float* results, std::size_t size);
  void sort(const float* values, float* results, std::size_t size);

  std::vector<std::uint32_t> order_;  // of the last call: the next one starts from it
  std::vector<Entry> entries_;
};

}  // namespace clm
