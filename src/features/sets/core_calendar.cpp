#include <array>
#include <limits>
#include <numbers>

#include "features/indicators/indicators.hpp"
#include "features/sets/core_features.hpp"

namespace clm {

namespace {

constexpr std::size_t kMinutesOfDay = 24 * 60;

struct CirclePoint {
  float sine, cosine;
};

template <std::size_t kSteps>
std::array<CirclePoint, kSteps> circle() {
  std::array<CirclePoint, kSteps> points;
  for (std::size_t i = 0; i < kSteps; ++i) {
    const double angle = 2.0 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(kSteps);
    points[i] = {static_cast<float>(std::sin(angle)), static_cast<float>(std::cos(angle))};
  }
  return points;
}

// Of the close, which is when the row is used.
struct Calendar {
  void operator()(const Bar& bar, float* row) {
    static const auto kTimesOfDay = circle<kMinutesOfDay>();
    static const auto kDaysOfWeek = circle<7>();
    const auto minute = static_cast<std::size_t>(bar.close_time.ms() / kMinuteMs);
    const CirclePoint hour = kTimesOfDay[minute % kMinutesOfDay];
    // The epoch was a Thursday; Monday is 0.
    const CirclePoint weekday = kDaysOfWeek[(minute / kMinutesOfDay + 3) % 7];
    row[0] = hour.sine;
    row[1] = hour.cosine;
    row[2] = weekday.sine;
    row[3] = weekday.cosine;
  }
};

// Bars of a longer interval, aligned to UTC, put together from bars of the symbol's own. Only whole ones count.
class HigherBar {
 public:
  explicit HigherBar(Duration length) : length_ms_(length.count()) {}

  /// Returns true when `bar` closed a whole higher bar, which `closed()` then is.
  bool update(const Bar& bar) {
    const std::int64_t own_ms = (bar.close_time - bar.open_time).count();
    if (own_ms >= length_ms_ || length_ms_ % own_ms != 0) return false;
    const std::int64_t period = bar.open_time.ms() / length_ms_;
    if (period != period_) {
      period_ = period;
      parts_ = 0;
      building_ = bar;
    }
    building_.high = std::max(building_.high, bar.high);
    building_.low = std::min(building_.low, bar.low);
    building_.close = bar.close;
    if (++parts_ * own_ms != length_ms_) return false;
    closed_ = building_;
    return true;
  }
  const Candle& closed() const { return closed_; }

 private:
  std::int64_t length_ms_;
  std::int64_t period_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t parts_ = 0;
  Candle building_, closed_;
};

constexpr auto kFourHours = std::chrono::hours(4);
constexpr auto kDayLength = std::chrono::hours(24);

struct HigherTimeframes {
  HigherBar four_hours{kFourHours}, day{kDayLength};
  Rsi rsi{14};
  Timestamp day_close_time;
  double day_log_close = kMissing, return_day = kMissing;

  void operator()(const Bar& bar, float* row) {
    if (four_hours.update(bar)) rsi.update(four_hours.closed().close);
    if (day.update(bar)) {
      // A day that was not whole is no day: the return over two is not that of one.
      const bool follows = bar.close_time - day_close_time == kDayLength;
      return_day = follows ? bar.log_close - day_log_close : kMissing;
      day_log_close = bar.log_close;
      day_close_time = bar.close_time;
    }
    row[0] = static_cast<float>(rsi.value());
    row[1] = static_cast<float>(return_day);
  }
};

}  // namespace

void add_calendar_features(FeatureSet& set) {
  set.add(symbol_features({{"hour_sin", 1, "open_time", "sine of the time of day of the close, UTC"},
                           {"hour_cos", 1, "open_time", "cosine of the time of day of the close, UTC"},
                           {"weekday_sin", 1, "open_time", "sine of the day of the week of the close, UTC"},
                           {"weekday_cos", 1, "open_time", "cosine of the day of the week of the close, UTC"}},
                          Calendar{}));
}

void add_higher_timeframe_features(FeatureSet& set) {
  // One length more than the bars needed: a stream may start inside a higher bar, which then is not whole.
  set.add(symbol_features({{"rsi_14_4h", 1, "close", "relative strength index of closed 4-hour bars", kFourHours * 16},
                           {"log_return_1_1d", 1, "close", "log return of the last closed UTC day", kDayLength * 3}},
                          HigherTimeframes{}));
}

}  // namespace clm
