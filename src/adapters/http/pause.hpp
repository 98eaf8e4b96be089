#pragma once
#include "base/cancel.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace clm {

/// How to let time pass between requests. Tests hand in one that only moves their clock.
class Pause {
 public:
  virtual ~Pause() = default;
  /// Returns after `length` (at once if it is not positive), or with `cancelled` soon after a request to stop.
  virtual Status wait(Duration length, const CancelToken& cancel) = 0;
};

/// Really sleeps, and looks at the cancel token ten times a second.
class SleepingPause final : public Pause {
 public:
  Status wait(Duration length, const CancelToken& cancel) override;
};

}  // namespace clm
