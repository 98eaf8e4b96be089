#pragma once
#include <cstdint>

#include "base/cancel.hpp"
#include "base/time.hpp"

namespace clm::testing {

/// Moves on by a second whenever it is looked at.
class TickingClock final : public Clock {
 public:
  Timestamp now() const override { return Timestamp(1000 * ++ticks_); }

 private:
  mutable std::int64_t ticks_ = 0;
};

/// Asks for a stop once it was looked at so many times: networks look before every step.
class CountdownClock final : public Clock {
 public:
  CountdownClock(CancelToken& cancel, int looks) : cancel_(cancel), looks_(looks) {}
  Timestamp now() const override {
    if (--looks_ == 0) cancel_.request();
    return Timestamp(0);
  }

 private:
  CancelToken& cancel_;
  mutable int looks_;
};

}  // namespace clm::testing
