#include "adapters/http/pause.hpp"

#include <algorithm>
#include <thread>

namespace clm {

Status SleepingPause::wait(Duration length, const CancelToken& cancel) {
  constexpr Duration kSlice{100};
  while (length > Duration::zero()) {
    if (Status go_on = cancel.check(); !go_on) return go_on;
    const Duration slice = std::min(length, kSlice);
    std::this_thread::sleep_for(slice);
    length -= slice;
  }
  return cancel.check();
}

}  // namespace clm
