#pragma once
#include <cstddef>
#include <optional>

#include "base/time.hpp"
#include "evaluation/metrics/forecast_table.hpp"

namespace clm {

struct RecoveryOptions {
  std::size_t window = 168;  ///< times that a mean is taken over; >= 1. Longer: surer and later
  double share = 0.5;        ///< of the skill before the change that counts as recovered; (0, 1]
};

/// How long a change of the market was felt.
struct Recovery {
  Timestamp changed_at;
  double before = 0;  ///< mean of the times before the change
  double worst = 0;   ///< lowest mean of a window that began after it
  /// Times from the change to the end of the first window whose mean is not below zero: harm has ended by then; none:
  /// it never did.
  std::optional<std::size_t> harm_ended;
  std::optional<std::size_t> bars;  ///< times from the change to the end of the first window that had recovered; none:
                                    ///< it never did, or there was nothing to recover
};

/// From skill over time, ascending (`rank_ic_series`). A window lies wholly after the change, so that no time before it
/// helps, and `bars` is never below `window`. None without a time before the change or a whole window after it.
/// Cost O(times).
std::optional<Recovery> time_to_recover(const TimedSeries& skill, Timestamp changed_at,
                                        const RecoveryOptions& options = {});

}  // namespace clm
