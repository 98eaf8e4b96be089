#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace clm {

/// Ranks of numbers that change little from one call to the next. Reuses its memory; its state changes no result.
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
  std::vector<std::uint32_t> order_;  // of the last call: the next one starts from it
  std::vector<Entry> entries_;
};

}  // namespace clm
