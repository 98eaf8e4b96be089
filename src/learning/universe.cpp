#include "learning/universe.hpp"

#include <algorithm>
#include <set>

#include "base/log.hpp"
#include "market/usable_candles.hpp"

namespace clm {
namespace {

/// The one that was chosen, or the only one there is.
template <typename Value, typename Name>
Result<Value> the_one(const std::set<Value>& present, const std::string& chosen, const char* setting, Name name) {
  std::string known;
  for (const auto& value : present) {
    if (name(value) == chosen) return value;
    known += (known.empty() ? "" : ", ") + name(value);
  }
  if (chosen.empty() && present.size() == 1) return *present.begin();
  return fail(ErrorKind::usage, "universe.ambiguous",
              chosen.empty() ? "several are stored: " + known : "'" + chosen + "' is not stored; there is: " + known,
              setting, std::string("Set ") + setting + " in clm.toml.");
}

}  // namespace

Result<std::unique_ptr<StoredUniverse>> StoredUniverse::open(const CandleStore& store, const UniverseOptions& options,
                                                             Timestamp latest) {
  const auto keys = store.list();
  if (!keys) return forward_error(keys);
  if (keys->empty())
    return fail(ErrorKind::data, "universe.empty", "no candles are stored", store.root().string(),
                "Run `clm import PATH...`, `clm fetch` or `clm simulate` first.");
  std::set<Venue> venues;
  for (const auto& key : *keys) venues.insert(key.venue);
  const auto venue =
      the_one(venues, options.venue, "universe.venue", [](const Venue& v) -> const std::string& { return v.str(); });
  if (!venue) return forward_error(venue);
  std::set<Interval> intervals;
  for (const auto& key : *keys)
    if (key.venue == *venue) intervals.insert(key.interval);
  const auto interval =
      the_one(intervals, options.interval, "universe.interval", [](const Interval& i) { return i.name(); });
  if (!interval) return forward_error(interval);

  std::unique_ptr<StoredUniverse> universe(new StoredUniverse(store, options, SeriesKey{*venue, Symbol(), *interval}));
  const std::set<std::string> asked(options.symbols.begin(), options.symbols.end());
  for (const auto& key : *keys)
    if (key.venue == *venue && key.interval == *interval && (asked.empty() || asked.count(key.symbol.str()) == 1))
      universe->symbols_.push_back(key.symbol);
  for (const auto& symbol : asked)
    if (!std::binary_search(universe->symbols_.begin(), universe->symbols_.end(), Symbol(symbol)))
      return fail(ErrorKind::usage, "universe.unknown_symbol", "no candles of " + symbol + " are stored", symbol,
                  "`clm data` lists what is stored.");
  const auto newest = universe->newest_close(latest);
  if (!newest) return forward_error(newest);
  if (*newest == Timestamp::min())
    return fail(ErrorKind::data, "universe.empty", "no stored bar had closed by then", to_string(latest),
                "`clm data` says which times are stored.");
  universe->as_of_ = *newest;
  log_info("candles of " + venue->str() + " " + interval->name() + ": " + std::to_string(universe->symbols_.size()) +
           " symbols, newest bar closed at " + to_string(*newest));
  return universe;
}

Result<Timestamp> StoredUniverse::newest_close(Timestamp latest) {
  Timestamp newest = Timestamp::min();
  const Timestamp newest_possible(latest.ms() / interval_.ms() * interval_.ms());
  for (const auto& symbol : symbols_) {
    const SeriesKey key{venue_, symbol, interval_};
    const auto span = store_->span_of(key);
    if (!span) return forward_error(span);
    if (span->rows == 0) continue;
    Timestamp close = span->last_open + interval_.length();
    newest_met_ = std::max(newest_met_, close);
    if (close > latest) {
      const auto series = store_->read(key, TimeRange{}, latest);
      if (!series) return forward_error(series);
      if (series->candles.empty()) continue;
      close = series->known_at(series->candles.size() - 1);
    }
    newest = std::max(newest, close);
    if (newest >= newest_possible) break;
  }
  return newest;
}

Result<std::int64_t> StoredUniverse::bars_since(Timestamp time) const {
  std::int64_t bars = 0;
  const TimeRange opened_since{time - interval_.length() + Duration(1), Timestamp::max()};
  for (const auto& symbol : symbols_) {
    const auto series = store_->read(SeriesKey{venue_, symbol, interval_}, opened_since, as_of_);
    if (!series) return forward_error(series);
    bars += static_cast<std::int64_t>(series->candles.size());
  }
  return bars;
}

Result<CandleSeries> StoredUniverse::load(std::size_t i) const {
  auto series = store_->read(SeriesKey{venue_, symbols_[i], interval_}, TimeRange{}, as_of_);
  if (!series) return forward_error(series);
  return usable_candles(std::move(*series), options_.quality.min_frozen_bars);
}

}  // namespace clm
