#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/time.hpp"
#include "market/series/candle.hpp"

namespace clm {

/// Who what is served is held against. These are heard at every bar and never served; the first two are logged under
/// these names.
///
/// The newest: what the policy `periodic` serves, the newest vintage of each recipe in service, combined as a lineup of
/// one vintage each. The static one: the first lineup (or version) that ever was accepted, going on to speak.
inline constexpr const char* kNewest = "newest";
inline constexpr const char* kStatic = "static";
/// Has a rank IC of zero at every bar.
inline constexpr const char* kSilence = "silence";

/// From so many IC-bars on that what is served is behind the newest vintages, it is warned of.
inline constexpr double kRegretToWarnOf = 25;

/// What came of the bars of one day, in sums over those at which both could be scored.
struct RegretDay {
  Timestamp day;           ///< its begin, UTC; of the close at which it was forecast
  std::string forecaster;  ///< one of the names above, or that of a recipe: its newest vintage in service alone
  std::int64_t bars = 0;
  double forecaster_ic = 0;  ///< sum of its rank IC
  double served_ic = 0;      ///< of that of what was served; zero at a bar where that said nothing
};

/// What was served less one other forecaster, over all bars at which that one spoke. Where it did not, it counts as
/// having said what was served (as sleeping experts do: Freund et al. 1997, STOC 29:334).
struct Regret {
  std::string forecaster;
  Timestamp from, to;  ///< begin of the first day, end of the last
  std::int64_t bars = 0;
  double ic_bars = 0;         ///< sum of the differences of rank IC; below zero: what was served is behind
  double standard_error = 0;  ///< of that sum, like the next two infinite with too few days (`estimate_mean`)
  double lo = 0, hi = 0;      ///< 95 % interval
  double forecaster_ic = 0, served_ic = 0;  ///< mean rank IC
};

/// In IC-bars: one is a rank IC of 1 for one bar.
struct RegretReport {
  std::vector<Regret> all;  ///< newest, static, silence, then recipes by name; who never spoke is not in it
  const Regret* of(const std::string& forecaster) const;
  /// The best in hindsight of all of these: the one that what was served is farthest behind of, or ahead of the least.
  /// Null without any.
  const Regret* best() const;
  /// A sentence where what was served is `kRegretToWarnOf` or more behind the newest vintages; else empty.
  std::string warning() const;
};

/// `days` in any order; a day of two forecasters is two of them. Intervals are those of the sums of days, with a block
/// of at least twice the `horizon_bars`. Cost: O(n L) a forecaster, n days; some ms for two years.
RegretReport regret_of(const std::vector<RegretDay>& days, int horizon_bars, Interval interval);

/// "the newest vintages", "the first lineup", "saying nothing", "lightgbm alone".
std::string forecaster_in_words(const std::string& forecaster);
/// One sentence each of the newest vintages, the first lineup and the best in hindsight, as far as there are such;
/// empty without any.
std::vector<std::string> regret_in_words(const RegretReport& report);
/// How far chance alone takes two forecasters apart, as a sentence.
inline constexpr const char* kRegretByChance =
    "One IC-bar is a rank IC of 1 for one bar. Chance alone takes two equally good forecasters some 26 IC-bars apart "
    "within two years of hourly bars (one standard deviation).";

/// {newest, static, best, all: [..], warning}; each {forecaster, in_words, from, to, bars, ic_bars, interval: [lo, hi]
/// or null, standard_error, rank_ic, served_rank_ic}, null where there is none. Null without any bar.
nlohmann::json to_json(const RegretReport& report);

}  // namespace clm
