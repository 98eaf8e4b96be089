#include "learning/universe.hpp"

#include <algorithm>
#include <set>

#include "base/log.hpp"
#include "base/parallel.hpp"
#include "base/shown_text.hpp"
#include "features/context_source.hpp"
#include "market/symbol_name.hpp"
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
  return fail(
      ErrorKind::usage, "universe.ambiguous",
      chosen.empty() ? "several are stored: " + known : "'" + shown(chosen) + "' is not stored; there is: " + known,
      setting, std::string("Set ") + setting + " in clm.toml.");
}

/// The venue and interval to learn from, without a symbol.
Result<SeriesKey> chosen_market(const std::vector<SeriesKey>& keys, const UniverseOptions& options) {
  std::set<Venue> venues;
  for (const auto& key : keys) venues.insert(key.venue);
  const auto venue =
      the_one(venues, options.venue, "universe.venue", [](const Venue& v) -> const std::string& { return v.str(); });
  if (!venue) return forward_error(venue);
  std::set<Interval> intervals;
  for (const auto& key : keys)
    if (key.venue == *venue) intervals.insert(key.interval);
  const auto interval =
      the_one(intervals, options.interval, "universe.interval", [](const Interval& i) { return i.name(); });
  if (!interval) return forward_error(interval);
  return SeriesKey{*venue, Symbol(), *interval};
}

/// What a look at one symbol's files came to.
struct Look {
  std::vector<DamagedFile> damaged;
  Timestamp newest_close = Timestamp::min();  ///< of what was known at `latest`
  Timestamp newest_met = Timestamp::min();    ///< of what is stored
};

Look look_at(const UniverseSources& sources, const SeriesKey& key, Timestamp latest) {
  SoundPart part = sources.candles.read_sound(key, TimeRange{}, Timestamp::max());
  Look look;
  look.damaged = std::move(part.damaged);
  std::size_t bars = part.series.candles.size();
  if (bars > 0) look.newest_met = part.series.known_at(bars - 1);
  while (bars > 0 && part.series.known_at(bars - 1) > latest) --bars;
  if (bars > 0) look.newest_close = part.series.known_at(bars - 1);
  if (sources.context == nullptr) return look;
  for (const SeriesKind kind : context_kinds_read())
    if (FileCheck check = sources.context->check_file_of({kind, key.symbol}); check.damaged)
      look.damaged.push_back(std::move(*check.damaged));
  return look;
}

}  // namespace

Result<std::unique_ptr<StoredUniverse>> StoredUniverse::open(const UniverseSources& sources,
                                                             const UniverseOptions& options, Timestamp latest) {
  const CandleStore& store = sources.candles;
  if (const auto listed = store.list(); !listed) return forward_error(listed);
  const StoreContents contents = store.contents();
  const auto& keys = contents.series;
  if (keys.empty() && contents.damaged.empty())
    return fail(ErrorKind::data, "universe.empty", "no candles are stored", store.root().string(),
                "Run `clm import PATH...`, `clm fetch` or `clm simulate` first.");
  if (keys.empty()) return tl::unexpected<Error>(contents.damaged.front().problem);
  const auto market = chosen_market(keys, options);
  if (!market) return forward_error(market);

  std::unique_ptr<StoredUniverse> universe(new StoredUniverse(store, options, *market));
  std::vector<Symbol> stored;
  for (const auto& key : keys)
    if (key.venue == market->venue && key.interval == market->interval) stored.push_back(key.symbol);
  std::set<Symbol> asked;
  for (const auto& text : options.symbols) {
    const auto symbol = stored_symbol(text, stored, "universe.symbols");
    if (!symbol) return forward_error(symbol);
    asked.insert(*symbol);
  }
  for (const auto& symbol : stored)
    if (asked.empty() || asked.count(symbol) == 1) universe->symbols_.push_back(symbol);
  for (const DamagedFile& folder : contents.damaged)
    if (folder.venue.empty() || folder.venue == market->venue.str()) universe->damaged_.push_back(folder);
  if (auto kept = universe->keep_sound(sources, latest); !kept) return forward_error(kept);
  log_info("candles of " + market->venue.str() + " " + market->interval.name() + ": " +
           std::to_string(universe->symbols_.size()) + " symbols, newest bar closed at " + to_string(universe->as_of_));
  return universe;
}

Status StoredUniverse::keep_sound(const UniverseSources& sources, Timestamp latest) {
  std::vector<Look> looks(symbols_.size());
  parallel_for(sources.jobs, looks.size(), [&](std::size_t i) {
    looks[i] = look_at(sources, SeriesKey{venue_, symbols_[i], interval_}, latest);
  });
  std::vector<Symbol> sound;
  Timestamp newest = Timestamp::min();
  for (std::size_t i = 0; i < looks.size(); ++i) {
    if (looks[i].damaged.empty()) {
      sound.push_back(symbols_[i]);
      newest = std::max(newest, looks[i].newest_close);
      newest_met_ = std::max(newest_met_, looks[i].newest_met);
    }
    for (DamagedFile& file : looks[i].damaged) damaged_.push_back(std::move(file));
  }
  if (!damaged_.empty() && (sound.empty() || sources.if_damaged == IfDamaged::refuse)) {
    const Error& first = damaged_.front().problem;
    return fail(ErrorKind::integrity, "universe.damaged",
                (sound.empty() ? "no symbol is left whose stored files are sound: " : "a stored file is damaged: ") +
                    describe(damaged_.front()),
                damaged_.front().path.string(), first.remedy + " `clm verify` names every damaged file.");
  }
  symbols_ = std::move(sound);
  if (newest == Timestamp::min())
    return fail(ErrorKind::data, "universe.empty", "no stored bar had closed by then", to_string(latest),
                "`clm data` says which times are stored.");
  as_of_ = newest;
  return {};
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
