#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "market/quality/usable_candles.hpp"
#include "market/series/candle.hpp"

namespace clm {

enum class FindingKind {
  gap,           ///< bars that are not there
  damaged,       ///< bars that are stored, but whose file cannot be read
  invalid,       ///< a price that is not a positive number, a negative volume; unusable
  ohlc,          ///< high or low does not enclose open and close; unusable
  zero_volume,   ///< a stretch without a trade; unusable
  frozen,        ///< a stretch at one and the same price; unusable
  jump,          ///< a return far outside recent volatility; may well be real, so only reported
  future,        ///< bars that have not closed yet; unusable
  stale,         ///< ends long before the others do
  short_history  ///< too few usable bars to learn from
};
std::string_view to_string(FindingKind kind);

struct QualityFinding {
  FindingKind kind = FindingKind::gap;
  TimeRange range;        ///< open of the first bar concerned .. close of the last
  std::int64_t bars = 0;  ///< how many bars (for a gap: missing ones)
  double value = 0;       ///< gap: bars; jump: units of recent volatility; stale: days; else the share of all bars
  std::string sentence;   ///< for people
};

enum class QualityStatus { ok, gappy, frozen, stale, short_history };
/// "ok", "gappy", "frozen", "stale", "short".
std::string_view to_string(QualityStatus status);

struct QualityOptions {
  /// Bars in a row without trade, or at one price, from which on they are unusable. 24 hourly bars without a trade is a
  /// halt or a delisting; exchange outages in liquid markets show 1 or 2. More: finds less. Bars, >= 2.
  std::int64_t min_frozen_bars = 24;
  double max_missing_share = 0.01;     ///< of the bars between first and last; above it the series is gappy. 0..1
  std::int64_t min_bars = 300;         ///< used rows below which the series is called short. Bars
  std::int64_t stale_after_days = 14;  ///< end this long before the reference end. Days
  /// A return this many robust standard deviations (1.4826 median |r| of the 240 bars before) is reported as a jump.
  double jump_deviations = 50;
  std::size_t max_findings_per_kind = 20;  ///< beyond it the rest of a kind becomes one finding
};

struct QualityReport {
  SeriesKey key;
  std::int64_t rows = 0;
  TimeRange range;  ///< open of the first bar .. close of the last
  std::int64_t missing_bars = 0;
  std::int64_t zero_volume_bars = 0;
  /// Which rows are learned from, by the rule that learning itself asks. How a series as a whole is (`status`) decides
  /// nothing about that.
  CandleUse use;
  double usable_share = 0;  ///< used rows among those that are there or missing
  QualityStatus status = QualityStatus::ok;
  std::vector<QualityFinding> findings;  ///< by kind, then by time
};

/// What is wrong with a series. `reference_end` is when a series that is up to date would end: now in a live workspace,
/// typical_end() of the universe for history. A stale series is learned from all the same: markets that ended belong
/// to the past that is learnt from, and leaving them out would be survivorship bias.
///
/// Status: frozen if most bars are; else stale; else short; else whichever of frozen (also: a quarter of the bars, or
/// frozen at the end) and gappy costs more bars; else ok.
///
/// Bars that close after `now` lie in the future: they are counted, named, and otherwise left aside. A frozen stretch
/// is known as one only once it has min_frozen_bars. Duplicates and disorder do not occur here: the import quarantines
/// them. Cost: about 20 ns a bar. Thread-safe.
QualityReport check_series(const CandleSeries& series, Timestamp reference_end, const QualityOptions& options = {},
                           Timestamp now = Timestamp::max());

/// Tells the gaps of a report that lie in the time of files that cannot be read from those of the market: they become
/// findings `damaged`, and are not counted as missing bars.
void tell_damage_from_gaps(QualityReport& report, std::span<const TimeRange> unreadable);

/// Median (the later of two) of the closes of the last bars of a universe: neither one series far ahead nor one
/// long dead moves it. Timestamp::min() for none.
Timestamp typical_end(std::span<const Timestamp> last_closes);

}  // namespace clm
