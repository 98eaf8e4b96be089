#include "features/inputs/context_source.hpp"

#include <algorithm>
#include <set>

#include "base/contract.hpp"

namespace clm {

namespace {

// The kinds that features read, in the order of ContextValues.
constexpr std::array<SeriesKind, 4> kKindsRead{SeriesKind::funding_rate, SeriesKind::open_interest,
                                               SeriesKind::count_long_short_ratio, SeriesKind::fear_greed};

std::size_t place_of(SeriesKind kind) {
  return static_cast<std::size_t>(std::find(kKindsRead.begin(), kKindsRead.end(), kind) - kKindsRead.begin());
}

}  // namespace

Result<std::vector<ContextSeries>> MemoryContextSource::load(const Symbol& symbol) const {
  std::vector<ContextSeries> of_symbol;
  for (const ContextSeries& series : series_)
    if (series.symbol == symbol || series.symbol == kWholeMarket) of_symbol.push_back(series);
  return of_symbol;
}

std::span<const SeriesKind> context_kinds_read() { return kKindsRead; }

std::vector<ContextKey> ContextVenues::keys_of(SeriesKind kind, const Symbol& symbol) const {
  std::vector<ContextKey> keys{{kind, symbol, {}}};
  const auto venue = chosen.find(kind);
  if (venue != chosen.end() && !venue->second.empty()) keys.push_back({kind, symbol, venue->second});
  return keys;
}

ContextVenues context_venues(const ContextStore& store, const Venue& of_candles) {
  ContextVenues venues;
  for (const SeriesKind kind : kKindsRead) {
    std::set<Venue> stored;
    for (const ContextKey& key : store.contents(kind).series)
      if (!key.venue.empty()) stored.insert(key.venue);
    const std::string name(info_of(kind).name);
    if (stored.empty()) continue;
    if (stored.contains(of_candles)) {
      venues.chosen[kind] = of_candles;
    } else if (stored.size() == 1) {
      venues.chosen[kind] = *stored.begin();
      venues.notes.push_back(name + " is read of " + stored.begin()->str() + ": " + of_candles.str() + " has none");
    } else {
      std::string names;
      for (const Venue& venue : stored) names += (names.empty() ? "" : ", ") + venue.str();
      venues.notes.push_back(name + " is not read: " + of_candles.str() + " has none, and which of " + names +
                             " is meant is not known; import it with --venue " + of_candles.str());
    }
  }
  return venues;
}

namespace {

/// The points of a symbol: those without a venue, until the venue's own begin.
Result<ContextSeries> joined(const ContextStore& store, const std::vector<ContextKey>& keys, Timestamp as_of) {
  ContextSeries all;
  for (const ContextKey& key : keys) {
    auto series = store.read(key, as_of);
    if (!series) return series;
    if (!series->points.empty()) {
      const Timestamp begin = series->points.front().event_time;
      std::erase_if(all.points, [&](const SeriesPoint& point) { return point.event_time >= begin; });
    }
    series->points.insert(series->points.begin(), all.points.begin(), all.points.end());
    all = std::move(*series);
  }
  return all;
}

}  // namespace

Result<StoreContextSource> StoreContextSource::open(const ContextStore& store, const Venue& of_candles, Timestamp as_of,
                                                    IfDamaged if_damaged) {
  StoreContextSource source(store, as_of);
  source.venues_ = context_venues(store, of_candles);
  for (const SeriesKind kind : kKindsRead) {
    auto series = store.read({kind, kWholeMarket, {}}, as_of);
    if (series) {
      if (!series->points.empty()) source.whole_market_.push_back(std::move(*series));
      continue;
    }
    FileCheck check = store.check_file_of({kind, kWholeMarket, {}});
    if (if_damaged == IfDamaged::refuse || !check.damaged) return forward_error(series);
    source.damaged_.push_back(std::move(*check.damaged));
  }
  return source;
}

Result<std::vector<ContextSeries>> StoreContextSource::load(const Symbol& symbol) const {
  std::vector<ContextSeries> of_symbol = whole_market_;
  for (const SeriesKind kind : kKindsRead) {
    auto series = joined(*store_, venues_.keys_of(kind, symbol), as_of_);
    if (!series) return forward_error(series);
    if (!series->points.empty()) of_symbol.push_back(std::move(*series));
  }
  return of_symbol;
}

ContextCursor::ContextCursor(std::vector<ContextSeries> series) {
  for (ContextSeries& one : series) {
    const std::size_t place = place_of(one.kind);
    if (place < walks_.size()) walks_[place].points = std::move(one.points);
  }
}

void ContextCursor::add(SeriesKind kind, const SeriesPoint& point) {
  const std::size_t place = place_of(kind);
  if (place == walks_.size()) return;
  Walk& walk = walks_[place];
  expects(walk.points.empty() || walk.points.back().known_at <= point.known_at,
          "context comes in the order it becomes known");
  // Only the last point that is known can still be asked for: a cursor that lives for months stays small.
  constexpr std::size_t kKeptPoints = 1024;
  if (walk.known > kKeptPoints) {
    walk.points.erase(walk.points.begin(), walk.points.begin() + static_cast<std::ptrdiff_t>(walk.known - 1));
    walk.known = 1;
  }
  walk.points.push_back(point);
}

double ContextCursor::Walk::value_at(Timestamp now, Duration max_age) {
  while (known < points.size() && points[known].known_at <= now) ++known;
  if (known == 0) return kMissing;
  const SeriesPoint& last = points[known - 1];
  return now - last.event_time <= max_age ? last.value : kMissing;
}

ContextValues ContextCursor::at(Timestamp now) {
  ContextValues values;
  double* const value[] = {&values.funding_rate, &values.open_interest, &values.long_short_ratio, &values.fear_greed};
  for (std::size_t i = 0; i < walks_.size(); ++i)
    if (!walks_[i].points.empty()) *value[i] = walks_[i].value_at(now, default_max_age(kKindsRead[i]));
  return values;
}

}  // namespace clm
