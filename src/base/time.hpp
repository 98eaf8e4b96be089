#pragma once
#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace clm {

using Duration = std::chrono::milliseconds;

inline constexpr std::int64_t kMinuteMs = 60'000, kHourMs = 60 * kMinuteMs, kDayMs = 24 * kHourMs;
inline constexpr Duration kMinute{kMinuteMs}, kHour{kHourMs}, kDay{kDayMs};

/// A moment in UTC, ms since 1970-01-01. A type of its own so that a bar count or a price cannot be passed for it.
class Timestamp {
 public:
  constexpr Timestamp() = default;
  constexpr explicit Timestamp(std::int64_t ms_since_epoch) : ms_(ms_since_epoch) {}
  constexpr std::int64_t ms() const { return ms_; }
  constexpr auto operator<=>(const Timestamp&) const = default;
  constexpr Timestamp operator+(Duration d) const { return Timestamp(ms_ + d.count()); }
  constexpr Timestamp operator-(Duration d) const { return Timestamp(ms_ - d.count()); }
  constexpr Duration operator-(Timestamp other) const { return Duration(ms_ - other.ms_); }
  static constexpr Timestamp min() { return Timestamp(std::numeric_limits<std::int64_t>::min() / 4); }
  static constexpr Timestamp max() { return Timestamp(std::numeric_limits<std::int64_t>::max() / 4); }

 private:
  std::int64_t ms_ = 0;
};

/// Half-open: `from` is inside, `to` is not.
struct TimeRange {
  Timestamp from = Timestamp::min();
  Timestamp to = Timestamp::max();
  constexpr bool contains(Timestamp t) const { return t >= from && t < to; }
  constexpr bool empty() const { return from >= to; }
  constexpr auto operator<=>(const TimeRange&) const = default;
};

/// Accepts ISO 8601 in UTC ("2025-08-22", "2025-08-22T10:00", "2025-08-22T10:00:00.250Z", a "+02:00" offset is
/// applied), a day as "20250822", or ms since the epoch. Error `time.syntax` (usage).
Result<Timestamp> parse_timestamp(std::string_view text);

/// "2025-08-22T10:00:00Z"; milliseconds only when they are not zero.
std::string to_string(Timestamp t);
/// "2025-08-22 10:00", for people and plots.
std::string to_minutes_string(Timestamp t);
/// "2025-08-22".
std::string to_date_string(Timestamp t);
/// "3 d 4 h", "12 min", "1.5 s": the two leading units.
std::string to_string(Duration d);

/// The parts of a moment in UTC. weekday: 0 = Monday .. 6 = Sunday. year_day: 0 = January 1st.
struct CalendarTime {
  int year, month, day, hour, minute, weekday, year_day;
};
CalendarTime calendar_time(Timestamp t);
Timestamp from_calendar(int year, int month, int day, int hour = 0, int minute = 0);

/// The length of a bar. Only lengths that divide the day evenly, or are a whole number of days, exist here;
/// the exchange's "1M" is not an interval because months differ.
class Interval {
 public:
  constexpr Interval() = default;
  /// Error `interval.unknown` (usage): "1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w" exist.
  static Result<Interval> parse(std::string_view name);
  /// The interval whose length is exactly `length`, or error `interval.unknown` (data).
  static Result<Interval> from_length(Duration length);
  static constexpr Interval one_hour() { return Interval(3'600'000); }
  constexpr Duration length() const { return Duration(ms_); }
  constexpr std::int64_t ms() const { return ms_; }
  std::string name() const;
  constexpr auto operator<=>(const Interval&) const = default;

 private:
  constexpr explicit Interval(std::int64_t ms) : ms_(ms) {}
  std::int64_t ms_ = 3'600'000;
};

/// Where "now" comes from. Everything that needs the time is handed one of these; replay hands in a virtual one.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
};

/// The machine's clock: the one place where ambient time is read.
class SystemClock final : public Clock {
 public:
  Timestamp now() const override;
};

/// Stands still until it is moved. For tests and replay.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start) : now_(start) {}
  Timestamp now() const override { return now_; }
  void set(Timestamp t) { now_ = t; }
  void advance(Duration d) { now_ = now_ + d; }

 private:
  Timestamp now_;
};

/// Seconds since some fixed moment, never going back: for measuring how long something took, never for data.
double monotonic_seconds();

}  // namespace clm
