#pragma once
#include "base/cancel.hpp"
#include "base/progress.hpp"
#include "base/time.hpp"

namespace clm {

/// What long work is handed from outside: how many jobs may run at once, what time it is, whether to stop, and whom
/// to tell. Results never depend on `jobs` or `progress`.
struct RunContext {
  const Clock& clock;
  const CancelToken& cancel;
  Progress& progress;
  int jobs = 1;
};

}  // namespace clm
