#include "evaluation/calibration/time_folds.hpp"

#include <algorithm>

#include "base/contract.hpp"

namespace clm {

std::vector<TimeFold> time_folds(const JudgedRows& rows, std::size_t folds) {
  expects(folds >= 2, "at least two stretches of time");
  const auto times = index_times(rows.decided_at_ms);
  std::vector<TimeFold> out;
  for (std::size_t f = 0; f < folds; ++f) {
    const std::size_t begin = times.begin[f * times.size() / folds];
    const std::size_t end = times.begin[(f + 1) * times.size() / folds];
    if (begin == end) continue;
    const auto known = rows.known_at_ms.begin();
    out.push_back(
        {begin, end, rows.decided_at_ms[begin],
         *std::max_element(known + static_cast<std::ptrdiff_t>(begin), known + static_cast<std::ptrdiff_t>(end))});
  }
  return out;
}

}  // namespace clm
