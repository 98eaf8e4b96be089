#include <algorithm>
#include <cmath>

#include "base/file_io.hpp"
#include "base/hash.hpp"
#include "market/store/candle_file.hpp"
#include "market/store/candle_store.hpp"
#include "market/store/candle_store_files.hpp"
#include "market/store/columnar_file.hpp"
#include "market/store/pending_files.hpp"
#include "market/store/store_name.hpp"
#include "market/store/written_periods.hpp"

namespace clm {
namespace fs = std::filesystem;
namespace {

/// A file that is as it should be.
Result<CandleFileState> read_whole(const StoredFile& file, const SeriesKey& key, CandleColumns& columns) {
  auto state = read_candle_columns(file.path, key, file.period.range, columns);
  if (!state) return state;
  if (auto whole = check_whole(*state, key, file.period.range, file.path); !whole) return forward_error(whole);
  return state;
}

/// A bar is known at its close: the last open time that may be seen is as_of - interval.
TimeRange seen_as_of(const TimeRange& range, const Interval& interval, Timestamp as_of) {
  return {range.from, std::min(range.to, as_of - interval.length() + Duration(1))};
}

}  // namespace

Result<CandleSeries> CandleStore::read(const SeriesKey& key, const TimeRange& range, Timestamp as_of) const {
  const auto files = files_of(root_, key);
  if (!files) return forward_error(files);
  const TimeRange seen = seen_as_of(range, key.interval, as_of);
  for (const StoredFile& file : gone_files(root_, key))
    if (file.period.range.to > seen.from && file.period.range.from < seen.to)
      return tl::unexpected<Error>(gone_error(file, key));
  CandleSeries series{key, {}};
  for (const StoredFile& file : *files) {
    if (file.period.range.to <= seen.from || file.period.range.from >= seen.to) continue;
    CandleColumns columns;
    if (auto read = read_whole(file, key, columns); !read) return forward_error(read);
    columns.append_to(series.candles, seen);
  }
  return series;
}

SoundColumns CandleStore::read_columns(const SeriesKey& key) const {
  SoundColumns part{key, {}, {}};
  const auto files = files_of(root_, key);
  if (!files) {
    const auto directory = directory_of(root_, key);
    part.damaged.push_back(damaged_file(key, {}, directory ? *directory : root_, files.error()));
    return part;
  }
  for (const StoredFile& file : *files) {
    CandleColumns columns;
    if (auto read = read_whole(file, key, columns); !read)
      part.damaged.push_back(damaged_file(key, file.period.name, file.path, read.error()));
    else
      part.files.push_back(std::move(columns));
  }
  for (const StoredFile& file : gone_files(root_, key))
    part.damaged.push_back(damaged_file(key, file.period.name, file.path, gone_error(file, key)));
  return part;
}

SoundPart CandleStore::read_sound(const SeriesKey& key, const TimeRange& range, Timestamp as_of) const {
  SoundColumns columns = read_columns(key);
  return {columns.candles(range, as_of), std::move(columns.damaged)};
}

std::size_t SoundColumns::bytes() const {
  std::size_t bytes = 0;
  for (const CandleColumns& file : files) bytes += file.bytes();
  return bytes;
}

Timestamp SoundColumns::newest_close(Timestamp as_of) const {
  const std::int64_t end = seen_as_of({}, key.interval, as_of).to.ms();
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    const auto& times = file->open_times_ms;
    const auto later = std::lower_bound(times.begin(), times.end(), end);
    if (later != times.begin()) return Timestamp(*std::prev(later)) + key.interval.length();
  }
  return Timestamp::min();
}

CandleSeries SoundColumns::candles(const TimeRange& range, Timestamp as_of) const {
  const TimeRange seen = seen_as_of(range, key.interval, as_of);
  CandleSeries series{key, {}};
  std::size_t bars = 0;
  for (const CandleColumns& file : files) bars += file.open_times_ms.size();
  series.candles.reserve(bars);
  for (const CandleColumns& file : files) file.append_to(series.candles, seen);
  return series;
}

namespace {

/// What is wrong with a file that reads well: its footer, which span_of() believes, says something else.
Status check_footer(const StoredFile& file, const CandleFileState& state) {
  const auto info = inspect_parquet(file.path);
  if (!info) return forward_error(info);
  const ColumnInfo* times = info->columns.empty() ? nullptr : &info->columns.front();
  const bool same_rows = info->rows == state.rows;
  const bool same_span =
      state.rows == 0 || (times != nullptr && times->min == state.first.ms() && times->max == state.last.ms());
  if (same_rows && same_span) return {};
  return fail(ErrorKind::integrity, "store.integrity", "its footer states another number or time of bars than it holds",
              file.path.string(), "Import its source again: that puts a sound file in its place.");
}

FileCheck check_one(const StoredFile& file, const SeriesKey& key) {
  CandleColumns unused;
  const auto state = read_whole(file, key, unused);
  if (!state) return {file.path, damaged_file(key, file.period.name, file.path, state.error()), {}};
  if (auto footer = check_footer(file, *state); !footer)
    return {file.path, damaged_file(key, file.period.name, file.path, footer.error()), {}};
  return {file.path, {}, state->has_checksum ? "" : kNoChecksumYet};
}

/// The folders in a folder, by name; one that cannot be listed is noted. Whatever else lies there is none of ours.
std::vector<std::string> folders_in(const fs::path& folder, const DamagedFile& place,
                                    std::vector<DamagedFile>& damaged) {
  const auto names = names_in(folder);
  if (!names) {
    damaged.push_back(place);
    damaged.back().path = folder;
    damaged.back().problem = names.error();
    return {};
  }
  std::vector<std::string> folders;
  std::error_code failure;
  for (const std::string& name : *names)
    if (fs::is_directory(folder / name, failure)) folders.push_back(name);
  return folders;
}

}  // namespace

std::vector<FileCheck> CandleStore::check_files_of(const SeriesKey& key) const {
  std::vector<FileCheck> checks;
  const auto directory = directory_of(root_, key);
  const auto names = directory ? names_in(*directory) : forward_error(directory);
  if (!names) {
    const fs::path folder = directory ? *directory : root_;
    return {{folder, damaged_file(key, {}, folder, names.error()), {}}};
  }
  for (const std::string& name : *names) {
    const fs::path path = *directory / name;
    if (path.extension() != kCandleFileExtension) continue;
    if (const auto period = parse_store_period(key.interval, path.stem().string())) {
      checks.push_back(check_one({path, *period}, key));
      continue;
    }
    Error stray{ErrorKind::integrity, "store.integrity",
                "its name is not a period of " + key.interval.name() + ", so nobody reads it", path.string(),
                "Move it out of the store; files come in through an import."};
    checks.push_back({path, damaged_file(key, {}, path, std::move(stray)), {}});
  }
  for (const StoredFile& file : gone_files(root_, key))
    checks.push_back({file.path, damaged_file(key, file.period.name, file.path, gone_error(file, key)), {}});
  return checks;
}

namespace {

bool is_wanted(const SeriesFilter& filter, const SeriesKey& key) {
  const auto& symbols = filter.symbols;
  return (!filter.venue || *filter.venue == key.venue) && (!filter.interval || *filter.interval == key.interval) &&
         (symbols.empty() || std::find(symbols.begin(), symbols.end(), key.symbol) != symbols.end());
}

}  // namespace

StoreContents CandleStore::contents(const SeriesFilter& filter) const {
  StoreContents found;
  DamagedFile place;
  place.series = "candles";
  for (const std::string& venue_name : folders_in(root_, place, found.damaged)) {
    const auto venue = from_file_name(venue_name);
    if (!venue || (filter.venue && filter.venue->str() != *venue)) continue;
    place.venue = *venue;
    place.interval.clear();
    for (const std::string& interval_name : folders_in(root_ / venue_name, place, found.damaged)) {
      const auto interval = Interval::parse(interval_name);
      if (!interval || (filter.interval && *filter.interval != *interval)) continue;
      place.interval = interval->name();
      for (const std::string& symbol_name : folders_in(root_ / venue_name / interval_name, place, found.damaged)) {
        const auto symbol = from_file_name(symbol_name);
        if (!symbol || !is_wanted(filter, {Venue(*venue), Symbol(*symbol), *interval})) continue;
        // A folder that cannot be listed is a series too: reading it says why it cannot be read.
        const auto files = names_in(root_ / venue_name / interval_name / symbol_name);
        if (!files || !files->empty()) found.series.push_back({Venue(*venue), Symbol(*symbol), *interval});
      }
    }
  }
  std::sort(found.series.begin(), found.series.end());
  // So is one of which every file is gone.
  std::vector<SeriesKey> gone;
  for (const SeriesKey& key : series_written(root_))
    if (is_wanted(filter, key) && !std::binary_search(found.series.begin(), found.series.end(), key))
      gone.push_back(key);
  found.series.insert(found.series.end(), gone.begin(), gone.end());
  std::sort(found.series.begin(), found.series.end());
  return found;
}

Result<std::vector<SeriesKey>> CandleStore::list(const SeriesFilter& filter) const {
  if (const auto venues = names_in(root_); !venues) return forward_error(venues);
  return contents(filter).series;
}

Result<StoredSpan> CandleStore::span_of(const SeriesKey& key) const {
  const auto files = files_of(root_, key);
  if (!files) return forward_error(files);
  StoredSpan span;
  for (const StoredFile& file : *files) {
    const auto info = inspect_parquet(file.path);
    if (!info) return forward_error(info);
    if (info->rows == 0) continue;
    const ColumnInfo* times = info->columns.empty() ? nullptr : &info->columns.front();
    if (times == nullptr || !times->min || !times->max)
      return fail(ErrorKind::integrity, "store.integrity", "it does not state which time it spans", file.path.string(),
                  "Import its source again: that puts a sound file in its place.");
    if (span.rows == 0) span.first_open = Timestamp(*times->min);
    span.last_open = Timestamp(*times->max);
    span.rows += info->rows;
  }
  return span;
}

std::optional<std::string> CandleStore::writer() const { return FileLock::holder(root_ / kCandleLockName); }

std::string fingerprint(const CandleSeries& series) {
  Sha256 hash;
  hash.update(to_string(series.key)).update("\n");
  // In blocks, so that the copy out of the structs stays in the cache.
  constexpr std::size_t kBlock = 1'024;
  std::vector<std::int64_t> times;
  std::vector<double> values;
  const auto missing_sign = [](double value) { return std::isnan(value) ? kMissing : value; };
  for (std::size_t first = 0; first < series.candles.size(); first += kBlock) {
    const auto block = std::span(series.candles).subspan(first, std::min(kBlock, series.candles.size() - first));
    times.clear();
    for (const Candle& candle : block) times.push_back(candle.open_time.ms());
    hash.update_values(std::span<const std::int64_t>(times));
    for (const CandleField& field : candle_fields()) {
      values.clear();
      for (const Candle& candle : block) values.push_back(missing_sign(candle.*field.member));
      const bool absent = std::all_of(values.begin(), values.end(), [](double v) { return std::isnan(v); });
      hash.update(absent ? "-" : "+");
      if (!absent) hash.update_values(std::span<const double>(values));
    }
  }
  return hash.hex_digest();
}

}  // namespace clm
