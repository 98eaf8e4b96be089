#include "base/time.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include <date/date.h>

#include "base/iso_time.hpp"
#include "base/shown_text.hpp"

namespace clm {
namespace {

struct NamedInterval {
  const char* name;
  std::int64_t ms;
};
constexpr std::array<NamedInterval, 15> kIntervals{{{"1s", 1'000},
                                                    {"1m", kMinuteMs},
                                                    {"3m", 3 * kMinuteMs},
                                                    {"5m", 5 * kMinuteMs},
                                                    {"15m", 15 * kMinuteMs},
                                                    {"30m", 30 * kMinuteMs},
                                                    {"1h", kHourMs},
                                                    {"2h", 2 * kHourMs},
                                                    {"4h", 4 * kHourMs},
                                                    {"6h", 6 * kHourMs},
                                                    {"8h", 8 * kHourMs},
                                                    {"12h", 12 * kHourMs},
                                                    {"1d", kDayMs},
                                                    {"3d", 3 * kDayMs},
                                                    {"1w", 7 * kDayMs}}};

std::string format(const char* pattern, auto... values) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, pattern, values...);
  return buffer;
}

date::sys_time<std::chrono::milliseconds> to_sys(Timestamp t) {
  return date::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(t.ms()));
}

tl::unexpected<Error> bad_time(std::string_view text) {
  return fail(ErrorKind::usage, "time.syntax", "'" + shown(text) + "' is not a time", {},
              "Write a day (2025-08-22), ISO 8601 in UTC (2025-08-22T10:00:00Z) or milliseconds since 1970.");
}

}  // namespace

Result<Timestamp> parse_timestamp(std::string_view text) {
  // Eight digits are a day, as freqtrade writes its time ranges; as ms they would lie in the first day of 1970.
  if (text.size() == 8 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    const std::string day =
        std::string(text.substr(0, 4)) + "-" + std::string(text.substr(4, 2)) + "-" + std::string(text.substr(6));
    if (const std::optional<Timestamp> time = parse_iso_time(day)) return *time;
    return bad_time(text);
  }
  std::int64_t ms = 0;
  const char* const end = text.data() + text.size();
  if (const auto [rest, code] = std::from_chars(text.data(), end, ms); code == std::errc{} && rest == end)
    return Timestamp(ms);
  if (const std::optional<Timestamp> time = parse_iso_time(text)) return *time;
  return bad_time(text);
}

CalendarTime calendar_time(Timestamp t) {
  const auto moment = to_sys(t);
  const auto day = date::floor<date::days>(moment);
  const date::year_month_day ymd(day);
  const auto since_midnight = moment - day;
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(since_midnight).count();
  const auto new_year = date::sys_days(ymd.year() / 1 / 1);
  return CalendarTime{static_cast<int>(ymd.year()),
                      static_cast<int>(static_cast<unsigned>(ymd.month())),
                      static_cast<int>(static_cast<unsigned>(ymd.day())),
                      static_cast<int>(minutes / 60),
                      static_cast<int>(minutes % 60),
                      static_cast<int>(date::weekday(day).iso_encoding()) - 1,
                      static_cast<int>((day - new_year).count())};
}

Timestamp from_calendar(int year, int month, int day, int hour, int minute) {
  const auto days = date::sys_days(date::year(year) / month / day).time_since_epoch().count();
  return Timestamp(static_cast<std::int64_t>(days) * kDayMs + hour * kHourMs + minute * kMinuteMs);
}

std::string to_string(Timestamp t) {
  const auto c = calendar_time(t);
  const auto ms_of_minute = static_cast<int>(((t.ms() % kMinuteMs) + kMinuteMs) % kMinuteMs);
  auto text = format("%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute, ms_of_minute / 1000);
  if (ms_of_minute % 1000 != 0) text += format(".%03d", ms_of_minute % 1000);
  return text + "Z";
}

std::string to_minutes_string(Timestamp t) {
  const auto c = calendar_time(t);
  return format("%04d-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
}

std::string to_date_string(Timestamp t) {
  const auto c = calendar_time(t);
  return format("%04d-%02d-%02d", c.year, c.month, c.day);
}

std::string to_string(Duration d) {
  const auto ms = d.count();
  if (ms < 0) return "-" + to_string(-d);
  if (ms < 1'000) return format("%d ms", static_cast<int>(ms));
  if (ms < kMinuteMs) return format("%.1f s", static_cast<double>(ms) / 1e3);
  if (ms < kHourMs)
    return format("%d min %d s", static_cast<int>(ms / kMinuteMs), static_cast<int>(ms % kMinuteMs / 1'000));
  if (ms < kDayMs)
    return format("%d h %d min", static_cast<int>(ms / kHourMs), static_cast<int>(ms % kHourMs / kMinuteMs));
  return format("%d d %d h", static_cast<int>(ms / kDayMs), static_cast<int>(ms % kDayMs / kHourMs));
}

Result<Interval> Interval::parse(std::string_view name) {
  for (const auto& known : kIntervals)
    if (name == known.name) return Interval(known.ms);
  return fail(ErrorKind::usage, "interval.unknown", "'" + shown(name) + "' is not a bar interval", {},
              "Known: 1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w.");
}

Result<Interval> Interval::from_length(Duration length) {
  for (const auto& known : kIntervals)
    if (length.count() == known.ms) return Interval(known.ms);
  return fail(ErrorKind::data, "interval.unknown", "bars of " + to_string(length) + " are not a known interval");
}

std::string Interval::name() const {
  for (const auto& known : kIntervals)
    if (ms_ == known.ms) return known.name;
  return std::to_string(ms_) + "ms";
}

Timestamp SystemClock::now() const {
  return Timestamp(std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()).count());
}

double monotonic_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace clm
