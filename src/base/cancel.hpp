#pragma once
#include <atomic>

#include "base/result.hpp"

namespace clm {

/// A request to stop, set by Ctrl-C or a test and asked for by long work between its steps. Thread-safe and
/// safe to set from a signal handler.
class CancelToken {
 public:
  void request() { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const { return requested_.load(std::memory_order_relaxed); }
  /// Error `cancelled` (interrupted) once a stop was requested.
  Status check() const {
    if (!requested()) return {};
    return fail(ErrorKind::interrupted, "cancelled", "stopped on request", {}, "Run the same command again to go on.");
  }

 private:
  std::atomic<bool> requested_{false};
};

}  // namespace clm
