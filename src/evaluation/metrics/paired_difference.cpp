#include "evaluation/metrics/paired_difference.hpp"

#include <vector>

namespace clm {

PairedDifference paired_difference(const TimedSeries& a, const TimedSeries& b, const MeanOptions& options) {
  PairedDifference out;
  std::vector<double> difference;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a.time_ms[i] < b.time_ms[j]) {
      ++i;
    } else if (b.time_ms[j] < a.time_ms[i]) {
      ++j;
    } else {
      out.mean_a += a.value[i];
      out.mean_b += b.value[j];
      difference.push_back(a.value[i++] - b.value[j++]);
    }
  }
  if (!difference.empty()) {
    out.mean_a /= static_cast<double>(difference.size());
    out.mean_b /= static_cast<double>(difference.size());
  }
  out.difference = estimate_mean(difference, options);
  return out;
}

}  // namespace clm
