#pragma once
#include <cstdint>
#include <vector>

#include "evaluation/metrics/forecast_table.hpp"

namespace clm {

/// A stretch of time of which nothing is to be known while something is fitted for it.
struct TimeFold {
  std::size_t begin = 0, end = 0;  ///< its rows
  std::int64_t from_ms = 0;        ///< its first decision
  std::int64_t to_ms = 0;          ///< when the last of its labels was known

  /// Whether the label of a row, inside or outside, shares time with the fold's.
  bool touches(const JudgedRows& rows, std::size_t row) const {
    return rows.decided_at_ms[row] <= to_ms && rows.known_at_ms[row] >= from_ms;
  }
};

/// Cuts the rows into at most `folds` (>= 2) stretches of as many decision times; those without a row are left out.
std::vector<TimeFold> time_folds(const JudgedRows& rows, std::size_t folds);

}  // namespace clm
