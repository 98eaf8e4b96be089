#pragma once
#include <array>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "market/series/context_series.hpp"
#include "market/store/context_store.hpp"

namespace clm {

/// Where the engine gets what stands beside the candles: funding, open interest, long/short ratio, sentiment.
class ContextSource {
 public:
  virtual ~ContextSource() = default;
  /// Every series that says something about `symbol`, those of the whole market included; kinds that no feature
  /// reads are passed over. Safe to call from several threads.
  virtual Result<std::vector<ContextSeries>> load(const Symbol& symbol) const = 0;
};

/// Context that is in memory already. Series of `kWholeMarket` belong to every symbol.
class MemoryContextSource final : public ContextSource {
 public:
  explicit MemoryContextSource(std::vector<ContextSeries> series) : series_(std::move(series)) {}
  Result<std::vector<ContextSeries>> load(const Symbol& symbol) const override;

 private:
  std::vector<ContextSeries> series_;
};

/// The kinds that features read.
std::span<const SeriesKind> context_kinds_read();

/// Of which venue the series of each kind are read beside the candles of a venue: of the same one. If that has no
/// series of a kind at all, as a spot market has no funding, of the only other venue that has; if several others have,
/// of none. What is stored without a venue (by a release that knew none) belongs to every venue, up to the first point
/// that the venue's own series has.
struct ContextVenues {
  std::map<SeriesKind, Venue> chosen;  ///< empty: of no venue
  std::vector<std::string> notes;      ///< a sentence for each kind that is not of the candles' venue

  /// Where the points of a symbol come from; the earlier one gives way.
  std::vector<ContextKey> keys_of(SeriesKind kind, const Symbol& symbol) const;
};
ContextVenues context_venues(const ContextStore& store, const Venue& of_candles);

/// Series of the context store that were known at `as_of`, of the venues that context_venues() chooses. Borrows the
/// store.
class StoreContextSource final : public ContextSource {
 public:
  /// Reads the whole market's series once. Errors as ContextStore::read; asked to leave out what is damaged, it names
  /// that in damaged() and goes on as if it were not there.
  static Result<StoreContextSource> open(const ContextStore& store, const Venue& of_candles,
                                         Timestamp as_of = Timestamp::max(), IfDamaged if_damaged = IfDamaged::refuse);
  Result<std::vector<ContextSeries>> load(const Symbol& symbol) const override;
  const std::vector<DamagedFile>& damaged() const { return damaged_; }
  const ContextVenues& venues() const { return venues_; }

 private:
  StoreContextSource(const ContextStore& store, Timestamp as_of) : store_(&store), as_of_(as_of) {}

  const ContextStore* store_;
  Timestamp as_of_;
  ContextVenues venues_;
  std::vector<ContextSeries> whole_market_;
  std::vector<DamagedFile> damaged_;
};

/// What was known of one symbol at the close of a bar; NaN where nothing was, or where it is older than
/// `default_max_age` of its kind and so says nothing of now.
struct ContextValues {
  double funding_rate = kMissing;      ///< of the last settlement, a fraction of the notional
  double open_interest = kMissing;     ///< in the base currency
  double long_short_ratio = kMissing;  ///< accounts long over accounts short
  double fear_greed = kMissing;        ///< 0 to 100, the same for every symbol
};

/// Walks one symbol's context forward in time. Points may be added while walking (live); not thread-safe.
class ContextCursor {
 public:
  ContextCursor() = default;
  explicit ContextCursor(std::vector<ContextSeries> series);

  /// Makes a point known; a kind that no feature reads is passed over. Within a kind `known_at` does not descend
  /// (contract).
  void add(SeriesKind kind, const SeriesPoint& point);
  /// The last point of every kind with `known_at <= now`. `now` never goes back.
  ContextValues at(Timestamp now);

 private:
  struct Walk {
    std::vector<SeriesPoint> points;
    std::size_t known = 0;  // points with known_at <= now
    double value_at(Timestamp now, Duration max_age);
  };
  std::array<Walk, 4> walks_;
};

}  // namespace clm
