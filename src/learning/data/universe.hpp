#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "features/inputs/candle_source.hpp"
#include "learning/options/learning_options.hpp"
#include "market/store/candle_store.hpp"
#include "market/store/context_store.hpp"

namespace clm {

/// How a universe is put together.
struct UniverseSources {
  const CandleStore& candles;
  const ContextStore* context = nullptr;  ///< its symbols' series are looked at too
  IfDamaged if_damaged = IfDamaged::leave_out;
  int jobs = 1;  ///< series looked at side by side
  /// What open() has read is kept for the first load() of a symbol, up to so much for all symbols; the rest is read
  /// again then. 0: keep nothing. 128 MiB are 2.8 M bars of six columns.
  std::size_t max_kept_bytes = std::size_t{128} << 20;
};

/// The symbols of one venue and interval as known at one moment, with what cannot be learned from cut out
/// (usable_candles.hpp). A symbol belongs to it whatever its condition as a whole: to leave one out for what became of
/// it later would be survivorship bias, and would change earlier cross-sections. Borrows the stores; thread-safe.
///
/// A symbol of which a stored file is damaged is left out as a whole and named in damaged(), until the file is sound
/// again. Only its period left out would look like a gap of the market to whatever learns from it, and a version that
/// learned so could not be made again once the file is repaired; so a version's list of symbols says what it saw.
class StoredUniverse final : public CandleSource {
 public:
  ~StoredUniverse() override;

  /// Reads every series once, since it must be known which symbols are sound before features are computed, and keeps
  /// what it read as UniverseSources says, so that loading each symbol once reads no file again. `latest`: nothing
  /// known later is read. Errors: `universe.empty` (data: nothing stored), `universe.ambiguous` (usage: several venues
  /// or intervals and none chosen), `universe.unknown_symbol` and those of stored_symbol() (usage); `universe.damaged`
  /// (integrity) if nothing sound is left, or if asked to refuse.
  static Result<std::unique_ptr<StoredUniverse>> open(const UniverseSources& sources, const UniverseOptions& options,
                                                      Timestamp latest);

  Venue venue() const override { return venue_; }
  Interval interval() const override { return interval_; }
  const std::vector<Symbol>& symbols() const override { return symbols_; }
  Result<CandleSeries> load(std::size_t i) const override;

  /// Stored bars of all symbols that closed after `time` and until `as_of`, those that cannot be learned from included.
  /// Reads the files of that time alone.
  Result<std::int64_t> bars_since(Timestamp time) const;

  /// When the newest bar closed that was known at `latest`: what counts as now.
  Timestamp as_of() const { return as_of_; }
  /// What kept symbols out.
  const std::vector<DamagedFile>& damaged() const { return damaged_; }
  /// Close of the newest stored bar: later than `latest` where bars are stored that had not closed by then.
  Timestamp newest_met() const { return newest_met_; }

 private:
  struct Kept;
  StoredUniverse(const CandleStore& store, const UniverseOptions& options, const SeriesKey& series);
  Status keep_sound(const UniverseSources& sources, Timestamp latest);

  const CandleStore* store_;
  UniverseOptions options_;
  Venue venue_;
  Interval interval_;
  std::vector<Symbol> symbols_;
  std::vector<DamagedFile> damaged_;
  std::vector<std::unique_ptr<Kept>> kept_;  // one a symbol
  Timestamp as_of_ = Timestamp::max();
  Timestamp newest_met_ = Timestamp::min();
};

}  // namespace clm
