#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace clm {

/// Ranks of the numbers of one time after the other. What was a good order a moment ago is tried first; where numbers
/// change too much for that, each is compared with each (up to 128 of them), which has no branches, or sorted. The
/// result is the same whichever way it comes about. Reuses its memory; one per column and thread.
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
  void count(const float* values, float* results, std::size_t size);

  std::vector<std::uint32_t> order_;  // of the last call: the next one starts from it
  std::vector<Entry> entries_;
  std::vector<float> padded_;
  int counted_calls_left_ = 0;  // calls for which insertion is not tried again
};

}  // namespace clm
