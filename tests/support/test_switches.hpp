#pragma once
#include <algorithm>
#include <cstdlib>

namespace clm::testing {

/// How many times the kill tests kill: $CLM_KILL_ROUNDS, else a number that takes seconds.
inline int kill_rounds() {
  const char* asked = std::getenv("CLM_KILL_ROUNDS");
  return asked == nullptr ? 6 : std::max(1, std::atoi(asked));
}

/// Whether the golden files are to be written instead of compared: $CLM_GOLDEN_UPDATE is set.
inline bool update_golden_files() { return std::getenv("CLM_GOLDEN_UPDATE") != nullptr; }

}  // namespace clm::testing
