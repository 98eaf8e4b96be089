#include "learning/data/universe.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "base/log.hpp"
#include "base/parallel.hpp"
#include "base/shown_text.hpp"
#include "features/inputs/context_source.hpp"
#include "market/quality/usable_candles.hpp"
#include "market/series/symbol_name.hpp"

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
  std::optional<SoundColumns> kept;           ///< while there is room
};

/// What may still be kept.
class Room {
 public:
  explicit Room(std::size_t bytes) : left_(bytes) {}
  bool take(std::size_t bytes) {
    std::size_t left = left_.load();
    do {
      if (bytes > left) return false;
    } while (!left_.compare_exchange_weak(left, left - bytes));
    return true;
  }

 private:
  std::atomic<std::size_t> left_;
};

Look look_at(const UniverseSources& sources, const ContextVenues& venues, const SeriesKey& key, Timestamp latest,
             Room& room) {
  SoundColumns columns = sources.candles.read_columns(key);
  Look look;
  look.damaged = std::move(columns.damaged);
  look.newest_met = columns.newest_close(Timestamp::max());
  look.newest_close = columns.newest_close(latest);
  if (sources.context != nullptr)
    for (const SeriesKind kind : context_kinds_read())
      for (const ContextKey& of_symbol : venues.keys_of(kind, key.symbol))
        if (FileCheck check = sources.context->check_file_of(of_symbol); check.damaged)
          look.damaged.push_back(std::move(*check.damaged));
  if (look.damaged.empty() && room.take(columns.bytes())) look.kept = std::move(columns);
  return look;
}

}  // namespace

struct StoredUniverse::Kept {
  std::mutex mutex;
  std::optional<SoundColumns> columns;

  std::optional<SoundColumns> take() {
    const std::lock_guard lock(mutex);
    return std::exchange(columns, std::nullopt);
  }
};

StoredUniverse::StoredUniverse(const CandleStore& store, const UniverseOptions& options, const SeriesKey& series)
    : store_(&store), options_(options), venue_(series.venue), interval_(series.interval) {}

StoredUniverse::~StoredUniverse() = default;

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
  Room room(sources.max_kept_bytes);
  const ContextVenues venues = sources.context == nullptr ? ContextVenues() : context_venues(*sources.context, venue_);
  parallel_for(sources.jobs, looks.size(), [&](std::size_t i) {
    looks[i] = look_at(sources, venues, SeriesKey{venue_, symbols_[i], interval_}, latest, room);
  });
  std::vector<Symbol> sound;
  Timestamp newest = Timestamp::min();
  for (std::size_t i = 0; i < looks.size(); ++i) {
    if (looks[i].damaged.empty()) {
      sound.push_back(symbols_[i]);
      kept_.push_back(std::make_unique<Kept>());
      kept_.back()->columns = std::move(looks[i].kept);
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
  if (const auto kept = kept_[i]->take())
    return usable_candles(kept->candles(TimeRange{}, as_of_), options_.quality.min_frozen_bars);
  auto series = store_->read(SeriesKey{venue_, symbols_[i], interval_}, TimeRange{}, as_of_);
  if (!series) return forward_error(series);
  return usable_candles(std::move(*series), options_.quality.min_frozen_bars);
}

}  // namespace clm
