#pragma once
#include "base/cancel.hpp"
#include "base/progress.hpp"
#include "base/scratch_file.hpp"
#include "base/time.hpp"

namespace clm {

/// What long work is handed from outside: how many jobs may run at once, what time it is, whether to stop, whom to
/// tell, and where large arrays are put aside. Results never depend on `jobs`, `progress` or `scratch`.
struct RunContext {
  const Clock& clock;
  const CancelToken& cancel;
  Progress& progress;
  int jobs = 1;
  ScratchSpace scratch = {};
};

}  // namespace clm
