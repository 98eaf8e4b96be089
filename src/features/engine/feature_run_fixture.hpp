#pragma once
#include "base/cancel.hpp"
#include "base/progress.hpp"
#include "base/run_context.hpp"
#include "base/time.hpp"

namespace clm::testing {

/// What a computation is handed: a clock that stands, and nobody who watches or stops it.
struct FeatureRun {
  ManualClock clock{Timestamp(0)};
  CancelToken cancel;
  SilentProgress progress;
  RunContext context(int jobs = 1) { return {clock, cancel, progress, jobs}; }
};

}  // namespace clm::testing
