#include "market/store/candle_store.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/contract.hpp"
#include "base/file_io.hpp"
#include "base/log.hpp"
#include "market/store/candle_file.hpp"
#include "market/store/candle_store_files.hpp"
#include "market/store/pending_files.hpp"
#include "market/store/written_periods.hpp"

namespace clm {
namespace fs = std::filesystem;
namespace {

// A time outside is not in ms: seconds and microseconds of our day are far from here.
const TimeRange kPlausibleTimes{from_calendar(1975, 1, 1), from_calendar(2200, 1, 1)};

/// Puts `fresh` in the place of `stored`, both of the same time.
void replace(Candle& stored, Candle fresh, StoreResult& result, CandleChanges& changes) {
  const bool same_prices = same_value(stored.open, fresh.open) && same_value(stored.high, fresh.high) &&
                           same_value(stored.low, fresh.low) && same_value(stored.close, fresh.close) &&
                           same_value(stored.volume, fresh.volume);
  bool identical = true;
  for (const CandleField& field : candle_fields()) {
    double& value = fresh.*field.member;
    if (same_prices && std::isnan(value)) value = stored.*field.member;
    identical = identical && same_value(value, stored.*field.member);
  }
  if (identical) {
    ++result.rows_duplicate;
  } else {
    ++result.rows_corrected;
    changes.before.push_back(stored);
    stored = fresh;
  }
}

/// Both ascending; so is the result.
std::vector<Candle> merge(std::vector<Candle> stored, std::span<const Candle> fresh, StoreResult& result,
                          CandleChanges& changes) {
  std::vector<Candle> added;
  AddedRanges ranges(changes);
  auto at = stored.begin();
  for (const Candle& candle : fresh) {
    at = std::lower_bound(at, stored.end(), candle.open_time,
                          [](const Candle& bar, Timestamp t) { return bar.open_time < t; });
    if (at != stored.end() && at->open_time == candle.open_time) {
      replace(*at, candle, result, changes);
    } else {
      added.push_back(candle);
      ranges.add(candle.open_time, at - stored.begin());
    }
  }
  result.rows_stored += static_cast<std::int64_t>(added.size());
  if (stored.empty()) return added;
  std::vector<Candle> all;
  all.reserve(stored.size() + added.size());
  std::merge(stored.begin(), stored.end(), added.begin(), added.end(), std::back_inserter(all),
             [](const Candle& a, const Candle& b) { return a.open_time < b.open_time; });
  return all;
}

Status check_times(const CandleSeries& series) {
  const auto& candles = series.candles;
  const auto descends = [](const Candle& a, const Candle& b) { return a.open_time >= b.open_time; };
  expects(std::adjacent_find(candles.begin(), candles.end(), descends) == candles.end(),
          "the bars of a series are strictly ascending in time");
  for (const Candle* candle : {&candles.front(), &candles.back()})
    if (!kPlausibleTimes.contains(candle->open_time))
      return fail(ErrorKind::data, "store.time",
                  "open time " + std::to_string(candle->open_time.ms()) + " ms is not between 1975 and 2200",
                  to_string(series.key), "Times are ms since 1970; convert seconds or microseconds first.");
  return {};
}

/// The lock of whoever changes something; makes the store if it is absent.
Result<FileLock> lock_candles(const fs::path& root, std::string_view purpose, double wait_seconds) {
  std::error_code failure;
  fs::create_directories(root, failure);
  if (failure)
    return fail(ErrorKind::unavailable, "file.write", "cannot make the candle store: " + failure.message(),
                root.string(), "Check the path and its permissions.");
  return FileLock::acquire_within(root / kCandleLockName, purpose, wait_seconds);
}

/// What a period holds before a write.
struct StoredBefore {
  std::vector<Candle> candles;
  std::optional<AwaitedRows> awaited;
  std::optional<DamagedFile> damaged;
  bool unreadable = false;     ///< nothing of it could be read
  bool to_be_renewed = false;  ///< even if no bar changes
};

Neighbours neighbours_of(const fs::path& root, const SeriesKey& key, const StorePeriod& period) {
  Neighbours neighbours;
  auto files = files_of(root, key);
  if (!files) return neighbours;
  for (StoredFile& gone : gone_files(root, key)) files->push_back(std::move(gone));
  for (const StoredFile& file : *files) {
    neighbours.earlier = neighbours.earlier || file.period.range.to <= period.range.from;
    neighbours.later = neighbours.later || file.period.range.from >= period.range.to;
  }
  return neighbours;
}

Result<StoredBefore> stored_before(const fs::path& root, const SeriesKey& key, const StorePeriod& period,
                                   const fs::path& target, const PendingFiles& pending) {
  StoredBefore before;
  const auto current = pending.current(target);
  if (!current) {
    for (const StoredFile& gone : gone_files(root, key)) {
      if (gone.path != target) continue;
      before.awaited = awaited_after_damage(target, key, period.range, neighbours_of(root, key, period));
      before.damaged = damaged_file(key, period.name, target, gone_error(gone, key));
    }
    return before;
  }
  const auto state = read_candles(*current, key, period.range, {}, before.candles);
  if (state) {
    before.awaited = state->awaited;
    before.to_be_renewed = !state->has_checksum;
    if (state->awaited)
      before.damaged = damaged_file(key, period.name, target, check_whole(*state, key, period.range, target).error());
    return before;
  }
  if (*current != target || !is_damage(state.error(), target)) return forward_error(state);
  before.awaited = awaited_after_damage(target, key, period.range, neighbours_of(root, key, period));
  before.damaged = damaged_file(key, period.name, target, state.error());
  before.unreadable = before.to_be_renewed = true;
  return before;
}

/// The bars of a write that go into one file, and what it holds.
struct FilePart {
  StorePeriod period;
  fs::path target;
  std::span<const Candle> fresh;
  StoredBefore before;
};

/// Splits a series into files, each read once.
Result<std::vector<FilePart>> parts_of(const fs::path& root, const CandleSeries& series, const PendingFiles& pending) {
  const auto directory = directory_of(root, series.key);
  if (!directory) return forward_error(directory);
  std::vector<FilePart> parts;
  const std::vector<Candle>& candles = series.candles;
  if (candles.empty()) return parts;
  if (auto plausible = check_times(series); !plausible) return forward_error(plausible);
  for (std::size_t first = 0; first < candles.size();) {
    const StorePeriod period = store_period(series.key.interval, candles[first].open_time);
    std::size_t last = first;
    while (last < candles.size() && candles[last].open_time < period.range.to) ++last;
    const fs::path target = *directory / (period.name + kCandleFileExtension);
    auto before = stored_before(root, series.key, period, target, pending);
    if (!before) return forward_error(before);
    parts.push_back({period, target, std::span(candles).subspan(first, last - first), *std::move(before)});
    first = last;
  }
  return parts;
}

/// Puts the bars of one file beside those that are stored.
Status put_part(const SeriesKey& key, FilePart& part, PendingFiles& pending, CandleChanges& changes,
                StoreResult& result) {
  StoredBefore& before = part.before;
  const std::int64_t changed_before = result.rows_stored + result.rows_corrected;
  const auto merged = merge(std::move(before.candles), part.fresh, result, changes);
  std::optional<AwaitedRows> awaited = before.awaited;
  if (awaited && holds_all(*awaited, merged)) awaited.reset();
  const bool changed = result.rows_stored + result.rows_corrected != changed_before;
  if (!changed && !before.to_be_renewed && awaited == before.awaited) return {};
  const auto bytes = encode_candles(key, merged, awaited);
  if (!bytes) return forward_error(bytes);
  if (before.unreadable) pending.keep_damaged(part.target);
  if (auto put = pending.put(part.target, *bytes); !put) return put;
  if (!before.damaged) return {};
  RepairedFile repaired{std::move(*before.damaged), merged.size(), {}};
  const CandleFileState state{true, merged.size(), merged.front().open_time, merged.back().open_time, awaited};
  if (auto whole = check_whole(state, key, part.period.range, part.target); !whole) repaired.awaited = whole.error();
  result.repaired.push_back(std::move(repaired));
  return {};
}

/// The bars of the files that a series does not go into: those between its own, and the nearest on either side. One
/// that cannot be read says nothing here.
Status add_neighbours(const fs::path& root, const SeriesKey& key, const std::vector<FilePart>& parts,
                      std::vector<Candle>& stored) {
  const auto files = files_of(root, key);
  if (!files) return forward_error(files);
  const TimeRange whole{parts.front().period.range.from, parts.back().period.range.to};
  const auto is_own = [&](const StoredFile& file) {
    return std::any_of(parts.begin(), parts.end(), [&](const FilePart& part) { return part.target == file.path; });
  };
  for (std::size_t i = 0; i < files->size(); ++i) {
    const StoredFile& file = (*files)[i];
    const bool ends_before = file.period.range.to <= whole.from, begins_after = file.period.range.from >= whole.to;
    const bool is_next_before = i + 1 == files->size() || (*files)[i + 1].period.range.to > whole.from;
    const bool is_next_after = i == 0 || (*files)[i - 1].period.range.from < whole.to;
    if ((ends_before && !is_next_before) || (begins_after && !is_next_after) || is_own(file)) continue;
    std::vector<Candle> read;
    if (read_candles(file.path, key, file.period.range, {}, read))
      stored.insert(stored.end(), read.begin(), read.end());
  }
  std::sort(stored.begin(), stored.end(), [](const Candle& a, const Candle& b) { return a.open_time < b.open_time; });
  return {};
}

Result<JumpVerdict> judge(const fs::path& root, const CandleSeries& series, const std::vector<FilePart>& parts,
                          const JumpLimits& limits) {
  std::vector<Candle> stored;
  for (const FilePart& part : parts)
    stored.insert(stored.end(), part.before.candles.begin(), part.before.candles.end());
  if (!have_common_bar(series.candles, stored))
    if (auto added = add_neighbours(root, series.key, parts, stored); !added) return forward_error(added);
  return check_jump(series.candles, stored, limits);
}

/// Leaves out the bars at these places.
std::vector<Candle> without(const std::vector<Candle>& candles, const std::vector<std::size_t>& places) {
  std::vector<Candle> rest;
  rest.reserve(candles.size() - places.size());
  auto next = places.begin();
  for (std::size_t i = 0; i < candles.size(); ++i) {
    if (next != places.end() && *next == i)
      ++next;
    else
      rest.push_back(candles[i]);
  }
  return rest;
}

/// Why nothing can be written into the folder of a series: something else lies in its place. Empty: nothing does.
std::string why_no_folder(const fs::path& root, const SeriesKey& key) {
  const auto folder = directory_of(root, key);
  if (!folder) return {};
  std::error_code failure;
  for (fs::path place = *folder; place != root; place = place.parent_path()) {
    const fs::file_type type = fs::status(place, failure).type();
    if (type == fs::file_type::not_found || type == fs::file_type::none || type == fs::file_type::directory) continue;
    return "something that is no folder lies in the place of its folder, " + place.string() +
           "; move that out of the store, then import again";
  }
  return {};
}

/// Puts those bars of a series that can be of it.
Result<StoreResult> put_series(const fs::path& root, const CandleSeries& series, const CandleWriteOptions& options,
                               PendingFiles& pending, CandleChanges& changes) {
  StoreResult result;
  if (result.refusal = why_no_folder(root, series.key); !result.refusal.empty()) {
    result.rows_refused = static_cast<std::int64_t>(series.candles.size());
    return result;
  }
  auto parts = parts_of(root, series, pending);
  if (!parts) return forward_error(parts);
  if (parts->empty()) return result;
  std::vector<Candle> rest;
  if (options.jumps) {
    const auto verdict = judge(root, series, *parts, *options.jumps);
    if (!verdict) return forward_error(verdict);
    if (!verdict->whole.empty()) {
      result.rows_refused = static_cast<std::int64_t>(series.candles.size());
      result.refusal = verdict->whole;
      return result;
    }
    if (!verdict->rows.empty()) {
      result.rows_refused = static_cast<std::int64_t>(verdict->rows.size());
      result.refusal = verdict->row_reason;
      rest = without(series.candles, verdict->rows);
      auto at = rest.begin();
      for (FilePart& part : *parts) {
        const auto end = std::partition_point(at, rest.end(),
                                              [&](const Candle& bar) { return bar.open_time < part.period.range.to; });
        part.fresh = std::span(at, end);
        at = end;
      }
    }
  }
  for (FilePart& part : *parts)
    if (auto put = put_part(series.key, part, pending, changes, result); !put) return forward_error(put);
  return result;
}

}  // namespace

void add_repaired(std::vector<RepairedFile>& list, const RepairedFile& repaired) {
  const auto known = std::find_if(list.begin(), list.end(),
                                  [&](const RepairedFile& other) { return other.was.path == repaired.was.path; });
  if (known == list.end()) {
    list.push_back(repaired);
    return;
  }
  known->rows = repaired.rows;
  known->awaited = repaired.awaited;
}

StoreResult& StoreResult::operator+=(const StoreResult& other) {
  rows_stored += other.rows_stored;
  rows_duplicate += other.rows_duplicate;
  rows_corrected += other.rows_corrected;
  rows_refused += other.rows_refused;
  if (refusal.empty()) refusal = other.refusal;
  repaired.insert(repaired.end(), other.repaired.begin(), other.repaired.end());
  return *this;
}

Result<CandleStore> CandleStore::open(const fs::path& root) { return open(root, Options{}); }

Result<CandleStore> CandleStore::open(const fs::path& root, const Options& options) {
  expects(options.lock_wait_seconds >= 0, "a wait is not negative");
  return CandleStore(root, options);
}

Result<StoreResult> CandleStore::write(const CandleSeries& series) {
  auto results = write_all(std::span(&series, 1));
  if (!results) return forward_error(results);
  return results->front();
}

Result<std::vector<StoreResult>> CandleStore::write_all(std::span<const CandleSeries> batch,
                                                        const CandleWriteOptions& options) {
  const auto lock = lock_candles(root_, "writing candles", options_.lock_wait_seconds);
  if (!lock) return forward_error(lock);
  remove_aside_files(root_);
  PendingFiles pending;
  std::vector<CandleChanges> changes;
  std::vector<StoreResult> results;
  for (const CandleSeries& series : batch) {
    changes.push_back({series.key, {}, {}, 0});
    auto result = put_series(root_, series, options, pending, changes.back());
    if (!result) return forward_error(result);
    results.push_back(*std::move(result));
  }
  if (auto recorded = record_changes(recorder_, changes); !recorded) return forward_error(recorded);
  if (auto published = pending.publish(); !published) return forward_error(published);
  std::set<SeriesKey> touched;
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (results[i].rows_refused < static_cast<std::int64_t>(batch[i].candles.size())) touched.insert(batch[i].key);
  if (auto noted = note_written(root_, touched); !noted) return forward_error(noted);
  for (std::size_t i = 0; i < results.size(); ++i)
    log_info("candles of " + batch[i].key.venue.str() + " " + batch[i].key.symbol.str() + " " +
             batch[i].key.interval.name() + ": " + std::to_string(results[i].rows_stored) + " rows stored, " +
             std::to_string(results[i].rows_duplicate) + " known, " + std::to_string(results[i].rows_corrected) +
             " corrected");
  return results;
}

namespace {

/// Carries out an edit on the files that are there or that it needs.
Status edit_series(const fs::path& root, const CandleEdit& edit, PendingFiles& pending, CandleChanges& changes,
                   EditResult& result, std::set<std::string>& removed) {
  const auto directory = directory_of(root, edit.key);
  if (!directory) return forward_error(directory);
  const auto files = files_of(root, edit.key);
  if (!files) return forward_error(files);
  std::map<Timestamp, StoredFile> places;
  for (const StoredFile& file : *files)
    if (file.period.range.to > edit.within.from && file.period.range.from < edit.within.to)
      places.emplace(file.period.range.from, file);
  for (const Candle& candle : edit.put) {
    const StorePeriod period = store_period(edit.key.interval, candle.open_time);
    places.emplace(period.range.from, StoredFile{*directory / (period.name + kCandleFileExtension), period});
  }
  const auto goes_whole = [&](const TimeRange& period) {
    return edit.put.empty() && edit.within.from <= period.from && edit.within.to >= period.to;
  };
  std::set<fs::path> gone;
  for (const StoredFile& file : gone_files(root, edit.key)) {
    gone.insert(file.path);
    if (goes_whole(file.period.range)) removed.insert(file.period.name);
  }
  const auto time = [](const Candle& candle) { return candle.open_time; };
  for (const auto& [from, place] : places) {
    const TimeRange& period = place.period.range;
    std::vector<Candle> stored;
    std::optional<AwaitedRows> awaited;
    if (gone.contains(place.path))
      awaited = awaited_after_damage(place.path, edit.key, period, neighbours_of(root, edit.key, place.period));
    if (const auto current = pending.current(place.path)) {
      auto read = read_candles(*current, edit.key, period, {}, stored);
      if (!read && goes_whole(period) && is_damage(read.error(), place.path)) {
        pending.remove(place.path);
        removed.insert(place.period.name);
        continue;
      }
      if (!read) return forward_error(read);
      awaited = read->awaited;
    }
    const auto starts_before = [&](Timestamp t) { return [t](const Candle& bar) { return bar.open_time < t; }; };
    const auto first = std::partition_point(edit.put.begin(), edit.put.end(), starts_before(period.from));
    const auto last = std::partition_point(first, edit.put.end(), starts_before(period.to));
    const EditResult before = result;
    const auto rows = edit_rows(stored, std::span(first, last), edit, time, same_bar, changes, result);
    if (result.rows_removed == before.rows_removed && result.rows_put == before.rows_put) continue;
    if (awaited && holds_all(*awaited, rows)) awaited.reset();
    if (rows.empty()) {
      pending.remove(place.path);
      removed.insert(place.period.name);
      continue;
    }
    const auto bytes = encode_candles(edit.key, rows, awaited);
    if (!bytes) return forward_error(bytes);
    if (auto put = pending.put(place.path, *bytes); !put) return put;
  }
  return {};
}

}  // namespace

Result<EditResult> CandleStore::edit(const EditPlan<CandleEdit>& plan) {
  const auto lock = lock_candles(root_, "changing candles", options_.lock_wait_seconds);
  if (!lock) return forward_error(lock);
  remove_aside_files(root_);
  const auto edits = plan();
  if (!edits) return forward_error(edits);
  PendingFiles pending;
  std::vector<CandleChanges> changes;
  EditResult result;
  std::map<SeriesKey, std::set<std::string>> removed;
  std::set<SeriesKey> touched;
  for (const CandleEdit& edit : *edits) {
    changes.push_back({edit.key, {}, {}, 0});
    if (auto edited = edit_series(root_, edit, pending, changes.back(), result, removed[edit.key]); !edited)
      return forward_error(edited);
    touched.insert(edit.key);
  }
  if (auto recorded = record_changes(recorder_, changes); !recorded) return forward_error(recorded);
  if (auto forgotten = forget_written(root_, removed); !forgotten) return forward_error(forgotten);
  if (auto published = pending.publish(); !published) return forward_error(published);
  if (auto noted = note_written(root_, touched); !noted) return forward_error(noted);
  return result;
}

}  // namespace clm
