#pragma once
#include <cstdint>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/time.hpp"

namespace clm {

/// From where lateness is counted.
enum class CountedFrom {
  clock,        ///< now: what is said is for acting on
  asked_moment  ///< a moment that a person asked for: history, of which nothing is too late
};

/// How far stored candles are behind. Made by `data_lateness`, the one place that compares data with a clock.
struct DataLateness {
  Timestamp newest_bar;  ///< close of the newest bar that had closed by then
  Timestamp counted_to;  ///< the clock, or the moment asked for
  CountedFrom counted_from = CountedFrom::clock;
  Interval interval;
  std::int64_t late_bars = 0;      ///< whole bars that should have closed since `newest_bar`; never below 0
  std::int64_t max_late_bars = 0;  ///< the limit in force
  bool stale = false;              ///< by the clock, and later than the limit: nothing may be acted on
  std::string note;                ///< what is odd about data and clock; empty: nothing
};

/// What is stored, and what time it is.
struct LatenessQuestion {
  Timestamp newest_bar;  ///< close of the newest bar that had closed at `now`
  /// Close of the newest bar that is stored at all. Later than `now` by the clock, and the clock is behind the data:
  /// set back, or the data are not of this world; said in the note.
  Timestamp newest_stored;
  Interval interval;
  Timestamp now;
  CountedFrom counted_from = CountedFrom::clock;
  std::int64_t max_late_bars = 0;  ///< as many may be missing; >= 0
};

/// Bars are counted from `newest_bar` on in steps of the interval, so that a week that begins on a Monday is a week.
DataLateness data_lateness(const LatenessQuestion& question);

/// One line: "the newest bar closed at 2026-05-31T00:00:00Z, 4,368 bars of 1h before now (182 d)".
std::string describe(const DataLateness& lateness);

/// What a person has to know before acting, with the remedy; empty where there is nothing to warn of.
std::string warning(const DataLateness& lateness);

/// Adds {newest_bar, late_bars, stale} to the document of a command that works on stored candles.
void add_lateness(nlohmann::json& document, const DataLateness& lateness);

}  // namespace clm
