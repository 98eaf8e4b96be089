#pragma once
#include <cstdint>

#include "base/time.hpp"

namespace clm {

/// A setting in hours as a span of time, cut to whole milliseconds; and back.
inline constexpr double kDaysAYear = 365.25;
inline Duration hours(double count) { return Duration(static_cast<std::int64_t>(count * 3'600'000.0)); }
inline double in_hours(Duration span) { return static_cast<double>(span.count()) / 3'600'000.0; }

}  // namespace clm
