#include "market/quality/data_quality.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "base/contract.hpp"

namespace clm {
namespace {

constexpr double kMostBars = 0.5;
constexpr double kManyBars = 0.25;
constexpr std::size_t kVolatilityBars = 240;
/// How often the volatility that jumps are measured in is taken anew.
constexpr std::size_t kVolatilityEvery = 24;

/// A run of bars, by index.
struct Stretch {
  std::size_t first = 0, count = 0;
};

/// One check of a series: collects what it finds and which bars it rules out.
class Check {
 public:
  Check(const CandleSeries& series, const QualityOptions& options, Timestamp now)
      : series_(series), bars_(series.candles), options_(options) {
    report_.key = series.key;
    report_.rows = static_cast<std::int64_t>(bars_.size());
    report_.use = use_of(series, options.min_frozen_bars, now);
    while (!bars_.empty() && series_.known_at(bars_.size() - 1) > now) bars_ = bars_.first(bars_.size() - 1);
  }

  QualityReport run(Timestamp reference_end) {
    name_the_future();
    if (bars_.empty()) {
      report_.status = QualityStatus::short_history;
      add({FindingKind::short_history, {}, 0, 0, "it has no bars"});
      return std::move(report_);
    }
    report_.range = {bars_.front().open_time, series_.known_at(bars_.size() - 1)};
    find_gaps();
    find_broken_bars();
    find_stretches();
    find_jumps();
    conclude(reference_end);
    return std::move(report_);
  }

 private:
  TimeRange range_of(Stretch stretch) const {
    return {bars_[stretch.first].open_time, series_.known_at(stretch.first + stretch.count - 1)};
  }
  double share_of(std::int64_t bars) const { return static_cast<double>(bars) / static_cast<double>(report_.rows); }

  void add(QualityFinding finding) {
    const auto same_kind = [&](const QualityFinding& other) { return other.kind == finding.kind; };
    const auto known = std::count_if(report_.findings.begin(), report_.findings.end(), same_kind);
    if (static_cast<std::size_t>(known) <= options_.max_findings_per_kind) {
      report_.findings.push_back(std::move(finding));
      if (static_cast<std::size_t>(known) == options_.max_findings_per_kind) {
        collected_[report_.findings.back().kind] = 1;
        report_.findings.back().sentence = "and 1 more";
      }
      return;
    }
    const auto last = std::find_if(report_.findings.rbegin(), report_.findings.rend(), same_kind);
    last->range.to = finding.range.to;
    last->bars += finding.bars;
    last->value = std::max(last->value, finding.value);
    last->sentence = "and " + std::to_string(++collected_[finding.kind]) + " more";
  }

  void name_the_future() {
    const auto bars = report_.rows - static_cast<std::int64_t>(bars_.size());
    if (bars == 0) return;
    const TimeRange range{series_.candles[bars_.size()].open_time, series_.known_at(series_.candles.size() - 1)};
    add({FindingKind::future, range, bars, share_of(bars),
         std::to_string(bars) + (bars == 1 ? " bar has" : " bars have") + " not closed yet: not used"});
  }

  void find_gaps() {
    for (std::size_t i = 1; i < bars_.size(); ++i) {
      const Timestamp expected = series_.known_at(i - 1);
      const std::int64_t missing = (bars_[i].open_time - expected) / series_.key.interval.length();
      if (missing <= 0) continue;
      report_.missing_bars += missing;
      add({FindingKind::gap,
           {expected, bars_[i].open_time},
           missing,
           static_cast<double>(missing),
           std::to_string(missing) + (missing == 1 ? " bar is" : " bars are") + " missing from " +
               to_minutes_string(expected)});
    }
  }

  static bool is_invalid(const Candle& bar) {
    for (const double price : {bar.open, bar.high, bar.low, bar.close})
      if (!std::isfinite(price) || price <= 0) return true;
    // A volume that the source does not have is missing, not wrong.
    return std::isinf(bar.volume) || bar.volume < 0;
  }
  static bool breaks_ohlc(const Candle& bar) {
    return bar.high < std::max({bar.open, bar.close, bar.low}) || bar.low > std::min({bar.open, bar.close, bar.high});
  }

  void find_broken_bars() {
    each_run([&](std::size_t i) { return is_invalid(bars_[i]); },
             [&](Stretch stretch) {
               report_stretch(FindingKind::invalid, stretch,
                              "a price that is not a positive number or a negative volume");
             });
    each_run([&](std::size_t i) { return !is_invalid(bars_[i]) && breaks_ohlc(bars_[i]); },
             [&](Stretch stretch) {
               report_stretch(FindingKind::ohlc, stretch, "high and low do not enclose open and close");
             });
  }

  /// Calls `act` with each maximal run of bars for which `holds`.
  template <typename Holds, typename Act>
  void each_run(Holds holds, Act act) const {
    for (std::size_t i = 0; i < bars_.size();) {
      std::size_t end = i;
      while (end < bars_.size() && holds(end)) ++end;
      if (end > i) act(Stretch{i, end - i});
      i = std::max(end, i + 1);
    }
  }

  void report_stretch(FindingKind kind, Stretch stretch, const std::string& what) {
    const auto count = static_cast<std::int64_t>(stretch.count);
    add({kind, range_of(stretch), count, share_of(count),
         what + " in " + std::to_string(count) + (count == 1 ? " bar" : " bars") + " from " +
             to_minutes_string(bars_[stretch.first].open_time)});
  }

  void find_stretches() {
    std::vector<char> dead(bars_.size(), 0);
    const auto mark = [&](FindingKind kind, Stretch stretch, const char* what) {
      if (static_cast<std::int64_t>(stretch.count) < options_.min_frozen_bars) return;
      report_stretch(kind, stretch, what);
      std::fill_n(dead.begin() + static_cast<std::ptrdiff_t>(stretch.first), stretch.count, char{1});
    };
    for (const Candle& bar : bars_) report_.zero_volume_bars += bar.volume == 0 ? 1 : 0;
    each_run([&](std::size_t i) { return bars_[i].volume == 0; },
             [&](Stretch stretch) { mark(FindingKind::zero_volume, stretch, "not one trade"); });
    for (std::size_t i = 0; i < bars_.size();) {
      std::size_t end = i + 1;
      if (bars_[i].high == bars_[i].low)
        while (end < bars_.size() && bars_[end].high == bars_[end].low && bars_[end].close == bars_[i].close) ++end;
      if (bars_[i].high == bars_[i].low) mark(FindingKind::frozen, {i, end - i}, "one and the same price");
      i = end;
    }
    dead_bars_ = std::count(dead.begin(), dead.end(), char{1});
    dead_at_end_ = dead.back() != 0;
  }

  void find_jumps() {
    std::vector<double> returns(bars_.size(), kMissing);
    for (std::size_t i = 1; i < bars_.size(); ++i)
      if (!is_invalid(bars_[i]) && !is_invalid(bars_[i - 1]))
        returns[i] = std::log(bars_[i].close / bars_[i - 1].close);
    std::vector<double> recent;
    for (std::size_t from = kVolatilityBars + 1; from < bars_.size(); from += kVolatilityEvery) {
      recent.clear();
      for (std::size_t i = from - kVolatilityBars; i < from; ++i)
        // Bars without a move say nothing about how far a move goes.
        if (std::isfinite(returns[i]) && returns[i] != 0) recent.push_back(std::abs(returns[i]));
      if (recent.size() < kVolatilityBars / 4) continue;
      const auto middle = recent.begin() + static_cast<std::ptrdiff_t>(recent.size() / 2);
      std::nth_element(recent.begin(), middle, recent.end());
      const double deviation = 1.4826 * *middle;
      for (std::size_t i = from; i < std::min(from + kVolatilityEvery, bars_.size()); ++i)
        if (std::abs(returns[i]) > options_.jump_deviations * deviation)
          add_jump(i, returns[i], returns[i] / deviation);
    }
  }

  void add_jump(std::size_t i, double log_return, double deviations) {
    char sentence[160];
    std::snprintf(sentence, sizeof sentence,
                  "the price moved by %+.1f %% in one bar, %.0f times recent volatility, at %s",
                  100 * std::expm1(log_return), std::abs(deviations), to_minutes_string(bars_[i].open_time).c_str());
    add({FindingKind::jump, range_of({i, 1}), 1, std::abs(deviations), sentence});
  }

  void conclude(Timestamp reference_end) {
    const std::int64_t usable_bars = report_.use.used_rows;
    const auto slots = static_cast<double>(report_.rows + report_.missing_bars);
    report_.usable_share = static_cast<double>(usable_bars) / slots;

    const Duration behind = reference_end - report_.range.to;
    const bool stale = behind > options_.stale_after_days * Duration(std::chrono::hours(24));
    if (stale)
      add({FindingKind::stale,
           {report_.range.to, reference_end},
           behind / series_.key.interval.length(),
           static_cast<double>(behind.count()) / 86'400'000.0,
           "it ends at " + to_minutes_string(report_.range.to) + ", " + to_string(behind) + " before the others"});
    const bool is_short = usable_bars < options_.min_bars;
    if (is_short)
      add({FindingKind::short_history, report_.range, usable_bars, share_of(usable_bars),
           "only " + std::to_string(usable_bars) + " rows can be learned from, fewer than " +
               std::to_string(options_.min_bars)});
    report_.status = status_of(stale, is_short, static_cast<double>(report_.missing_bars) / slots);
    std::stable_sort(report_.findings.begin(), report_.findings.end(),
                     [](const QualityFinding& a, const QualityFinding& b) { return a.kind < b.kind; });
  }

  QualityStatus status_of(bool stale, bool is_short, double missing_share) const {
    const double dead_share = share_of(dead_bars_);
    if (dead_share >= kMostBars) return QualityStatus::frozen;
    if (stale) return QualityStatus::stale;
    if (is_short) return QualityStatus::short_history;
    const bool frozen = dead_share >= kManyBars || dead_at_end_;
    const bool gappy = missing_share > options_.max_missing_share;
    if (frozen && (!gappy || dead_share >= missing_share)) return QualityStatus::frozen;
    return gappy ? QualityStatus::gappy : QualityStatus::ok;
  }

  const CandleSeries& series_;
  std::span<const Candle> bars_;
  const QualityOptions& options_;
  std::int64_t dead_bars_ = 0;
  bool dead_at_end_ = false;
  std::map<FindingKind, std::int64_t> collected_;  ///< findings of a kind that became one
  QualityReport report_;
};

}  // namespace

std::string_view to_string(FindingKind kind) {
  switch (kind) {
    case FindingKind::gap: return "gap";
    case FindingKind::damaged: return "damaged";
    case FindingKind::invalid: return "invalid";
    case FindingKind::ohlc: return "ohlc";
    case FindingKind::zero_volume: return "zero_volume";
    case FindingKind::frozen: return "frozen";
    case FindingKind::jump: return "jump";
    case FindingKind::future: return "future";
    case FindingKind::stale: return "stale";
    case FindingKind::short_history: return "short";
  }
  return "";
}

std::string_view to_string(QualityStatus status) {
  switch (status) {
    case QualityStatus::ok: return "ok";
    case QualityStatus::gappy: return "gappy";
    case QualityStatus::frozen: return "frozen";
    case QualityStatus::stale: return "stale";
    case QualityStatus::short_history: return "short";
  }
  return "";
}

QualityReport check_series(const CandleSeries& series, Timestamp reference_end, const QualityOptions& options,
                           Timestamp now) {
  expects(options.min_frozen_bars >= 2, "one bar is not a stretch");
  return Check(series, options, now).run(reference_end);
}

void tell_damage_from_gaps(QualityReport& report, std::span<const TimeRange> unreadable) {
  for (QualityFinding& finding : report.findings) {
    const bool in_one = std::any_of(unreadable.begin(), unreadable.end(), [&](const TimeRange& range) {
      return finding.range.from < range.to && finding.range.to > range.from;
    });
    if (finding.kind != FindingKind::gap || !in_one) continue;
    finding.kind = FindingKind::damaged;
    finding.sentence = "up to " + std::to_string(finding.bars) + " bars are stored in a damaged file";
    report.missing_bars -= finding.bars;
  }
}

Timestamp typical_end(std::span<const Timestamp> last_closes) {
  if (last_closes.empty()) return Timestamp::min();
  std::vector<Timestamp> sorted(last_closes.begin(), last_closes.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

}  // namespace clm
