#include "market/candle_store.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/contract.hpp"
#include "base/file_io.hpp"
#include "base/log.hpp"
#include "market/candle_file.hpp"
#include "market/candle_store_files.hpp"
#include "market/pending_files.hpp"

namespace clm {
namespace fs = std::filesystem;
namespace {

// A time outside is not in ms: seconds and microseconds of our day are far from here.
const TimeRange kPlausibleTimes{from_calendar(1975, 1, 1), from_calendar(2200, 1, 1)};

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

bool same_bar(const Candle& a, const Candle& b) {
  return std::all_of(candle_fields().begin(), candle_fields().end(),
                     [&](const CandleField& field) { return same(a.*field.member, b.*field.member); });
}

/// Puts `fresh` in the place of `stored`, both of the same time.
void replace(Candle& stored, Candle fresh, StoreResult& result, CandleChanges& changes) {
  const bool same_prices = same(stored.open, fresh.open) && same(stored.high, fresh.high) &&
                           same(stored.low, fresh.low) && same(stored.close, fresh.close) &&
                           same(stored.volume, fresh.volume);
  bool identical = true;
  for (const CandleField& field : candle_fields()) {
    double& value = fresh.*field.member;
    if (same_prices && std::isnan(value)) value = stored.*field.member;
    identical = identical && same(value, stored.*field.member);
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
  const auto files = files_of(root, key);
  if (!files) return neighbours;
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
  if (!current) return before;
  const auto state = read_candles(*current, key, period.range, {}, before.candles);
  if (state) {
    before.awaited = state->awaited;
    before.to_be_renewed = !state->has_checksum;
    if (state->awaited) before.damaged = damaged_file(key, period.name, target, check_whole(*state, target).error());
    return before;
  }
  if (*current != target || !is_damage(state.error(), target)) return forward_error(state);
  before.awaited = awaited_after_damage(target, key, period.range, neighbours_of(root, key, period));
  before.damaged = damaged_file(key, period.name, target, state.error());
  before.unreadable = before.to_be_renewed = true;
  return before;
}

/// Puts the bars of one period beside those that are stored.
Status put_period(const fs::path& root, const SeriesKey& key, const StorePeriod& period, const fs::path& target,
                  std::span<const Candle> fresh, PendingFiles& pending, CandleChanges& changes, StoreResult& result) {
  auto before = stored_before(root, key, period, target, pending);
  if (!before) return forward_error(before);
  const std::int64_t changed_before = result.rows_stored + result.rows_corrected;
  const auto merged = merge(std::move(before->candles), fresh, result, changes);
  std::optional<AwaitedRows> awaited = before->awaited;
  if (awaited && holds_all(*awaited, merged)) awaited.reset();
  const bool changed = result.rows_stored + result.rows_corrected != changed_before;
  if (!changed && !before->to_be_renewed && awaited == before->awaited) return {};
  const auto bytes = encode_candles(key, merged, awaited);
  if (!bytes) return forward_error(bytes);
  if (before->unreadable) pending.keep_damaged(target);
  if (auto put = pending.put(target, *bytes); !put) return put;
  if (!before->damaged) return {};
  RepairedFile repaired{std::move(*before->damaged), merged.size(), {}};
  const CandleFileState state{true, merged.size(), merged.front().open_time, merged.back().open_time, awaited};
  if (auto whole = check_whole(state, target); !whole) repaired.awaited = whole.error();
  result.repaired.push_back(std::move(repaired));
  return {};
}

Result<StoreResult> put_series(const fs::path& root, const CandleSeries& series, PendingFiles& pending,
                               CandleChanges& changes) {
  StoreResult result;
  const auto directory = directory_of(root, series.key);
  if (!directory) return forward_error(directory);
  const std::vector<Candle>& candles = series.candles;
  if (candles.empty()) return result;
  if (auto plausible = check_times(series); !plausible) return forward_error(plausible);
  for (std::size_t first = 0; first < candles.size();) {
    const StorePeriod period = store_period(series.key.interval, candles[first].open_time);
    std::size_t last = first;
    while (last < candles.size() && candles[last].open_time < period.range.to) ++last;
    const auto fresh = std::span(candles).subspan(first, last - first);
    const fs::path target = *directory / (period.name + kCandleFileExtension);
    if (auto put = put_period(root, series.key, period, target, fresh, pending, changes, result); !put)
      return forward_error(put);
    first = last;
  }
  return result;
}

/// What is stored beside `series`: in the files of its time, and in the nearest one on either side. A file that cannot
/// be read says nothing here; what it means for a write, the write itself tells.
std::vector<Candle> stored_beside(const fs::path& root, const CandleSeries& series, const PendingFiles& pending) {
  std::vector<Candle> rows;
  const auto files = files_of(root, series.key);
  const auto directory = directory_of(root, series.key);
  if (!files || !directory) return rows;
  std::map<Timestamp, StoredFile> places;
  for (const StoredFile& file : *files) places.emplace(file.period.range.from, file);
  // Those that this write has only put aside are not listed yet.
  const std::vector<Candle>& fresh = series.candles;
  for (auto at = fresh.begin(); at != fresh.end();) {
    const StorePeriod period = store_period(series.key.interval, at->open_time);
    places.emplace(period.range.from, StoredFile{*directory / (period.name + kCandleFileExtension), period});
    at = std::partition_point(at, fresh.end(), [&](const Candle& bar) { return bar.open_time < period.range.to; });
  }
  auto end = places.upper_bound(fresh.back().open_time);
  if (end != places.end()) ++end;
  auto at = std::prev(places.upper_bound(fresh.front().open_time));
  if (at != places.begin()) --at;
  for (; at != end; ++at) {
    std::vector<Candle> read;
    const auto current = pending.current(at->second.path);
    if (current && read_candles(*current, series.key, at->second.period.range, {}, read))
      rows.insert(rows.end(), read.begin(), read.end());
  }
  return rows;
}

/// put_series() of those bars that can be of this series.
Result<StoreResult> put_fitting(const fs::path& root, const CandleSeries& series, const JumpLimits& limits,
                                PendingFiles& pending, CandleChanges& changes) {
  if (series.candles.empty()) return StoreResult{};
  const JumpVerdict verdict = check_jump(series.candles, stored_beside(root, series, pending), limits);
  if (!verdict.whole.empty()) {
    StoreResult result;
    result.rows_refused = static_cast<std::int64_t>(series.candles.size());
    result.refusal = verdict.whole;
    return result;
  }
  if (verdict.rows.empty()) return put_series(root, series, pending, changes);
  CandleSeries rest{series.key, {}};
  auto refused = verdict.rows.begin();
  for (std::size_t i = 0; i < series.candles.size(); ++i) {
    if (refused != verdict.rows.end() && *refused == i)
      ++refused;
    else
      rest.candles.push_back(series.candles[i]);
  }
  auto result = put_series(root, rest, pending, changes);
  if (!result) return result;
  result->rows_refused = static_cast<std::int64_t>(verdict.rows.size());
  result->refusal = verdict.row_reason;
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
  std::error_code failure;
  fs::create_directories(root_, failure);
  if (failure)
    return fail(ErrorKind::unavailable, "file.write", "cannot make the candle store: " + failure.message(),
                root_.string(), "Check the path and its permissions.");
  const auto lock = FileLock::acquire_within(root_ / kCandleLockName, "writing candles", options_.lock_wait_seconds);
  if (!lock) return forward_error(lock);
  remove_aside_files(root_);
  PendingFiles pending;
  std::vector<CandleChanges> changes;
  std::vector<StoreResult> results;
  for (const CandleSeries& series : batch) {
    changes.push_back({series.key, {}, {}, 0});
    auto result = options.jumps ? put_fitting(root_, series, *options.jumps, pending, changes.back())
                                : put_series(root_, series, pending, changes.back());
    if (!result) return forward_error(result);
    results.push_back(*std::move(result));
  }
  if (auto recorded = record_changes(recorder_, changes); !recorded) return forward_error(recorded);
  if (auto published = pending.publish(); !published) return forward_error(published);
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
                   EditResult& result) {
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
  const auto time = [](const Candle& candle) { return candle.open_time; };
  for (const auto& [from, place] : places) {
    const TimeRange& period = place.period.range;
    std::vector<Candle> stored;
    std::optional<AwaitedRows> awaited;
    if (const auto current = pending.current(place.path)) {
      auto read = read_candles(*current, edit.key, period, {}, stored);
      const bool gone_whole = edit.put.empty() && edit.within.from <= period.from && edit.within.to >= period.to;
      if (!read && gone_whole && is_damage(read.error(), place.path)) {
        pending.remove(place.path);
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
    if (rows.empty()) {
      pending.remove(place.path);
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
  const auto lock = FileLock::acquire_within(root_ / kCandleLockName, "changing candles", options_.lock_wait_seconds);
  if (!lock) return forward_error(lock);
  remove_aside_files(root_);
  const auto edits = plan();
  if (!edits) return forward_error(edits);
  PendingFiles pending;
  std::vector<CandleChanges> changes;
  EditResult result;
  for (const CandleEdit& edit : *edits) {
    changes.push_back({edit.key, {}, {}, 0});
    if (auto edited = edit_series(root_, edit, pending, changes.back(), result); !edited) return forward_error(edited);
  }
  if (auto recorded = record_changes(recorder_, changes); !recorded) return forward_error(recorded);
  if (auto published = pending.publish(); !published) return forward_error(published);
  return result;
}

}  // namespace clm
