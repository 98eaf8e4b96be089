#include <cstdio>

#include "market/store/candle_store.hpp"

namespace clm {
namespace {

std::string year_name(int year) {
  char text[8];
  std::snprintf(text, sizeof text, "%04d", year % 10'000);
  return text;
}

}  // namespace

StorePeriod store_period(const Interval& interval, Timestamp t) {
  const CalendarTime at = calendar_time(t);
  const Timestamp midnight = from_calendar(at.year, at.month, at.day);
  const Duration length = interval.length();
  if (length < kMinute) return {{midnight, midnight + kDay}, to_date_string(midnight)};
  if (length < 3 * kMinute) {
    const Timestamp monday = midnight - at.weekday * kDay;
    return {{monday, monday + 7 * kDay}, to_date_string(monday)};
  }
  if (length < 30 * kMinute) {
    const Timestamp first = from_calendar(at.year, at.month, 1);
    const Timestamp next = at.month == 12 ? from_calendar(at.year + 1, 1, 1) : from_calendar(at.year, at.month + 1, 1);
    return {{first, next}, to_date_string(first).substr(0, 7)};
  }
  if (length < 240 * kMinute)
    return {{from_calendar(at.year, 1, 1), from_calendar(at.year + 1, 1, 1)}, year_name(at.year)};
  if (length <= kDay) {
    const int decade = at.year - at.year % 10;
    return {{from_calendar(decade, 1, 1), from_calendar(decade + 10, 1, 1)}, year_name(decade) + "s"};
  }
  return {{}, "all"};
}

std::optional<StorePeriod> parse_store_period(const Interval& interval, std::string_view stem) {
  const auto number = [&](std::size_t at, std::size_t digits, int otherwise) {
    if (stem.size() < at + digits) return otherwise;
    int value = 0;
    for (const char c : stem.substr(at, digits)) {
      if (c < '0' || c > '9') return otherwise;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const int month = number(5, 2, 1), day = number(8, 2, 1);
  if (month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
  StorePeriod period = store_period(interval, from_calendar(number(0, 4, 1970), month, day));
  if (period.name != stem) return std::nullopt;
  return period;
}

}  // namespace clm
