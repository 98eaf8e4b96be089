#include "market/store/context_store.hpp"

#include <algorithm>
#include <cmath>

#include "base/contract.hpp"
#include "base/file_io.hpp"
#include "market/store/columnar_file.hpp"
#include "market/store/content_checksum.hpp"
#include "market/store/pending_files.hpp"
#include "market/store/store_name.hpp"

namespace clm {
namespace fs = std::filesystem;
namespace {

constexpr const char* kExtension = ".parquet";
constexpr const char* kContextLockName = ".lock";

ContextKey key_of(const ContextSeries& series) { return {series.kind, series.symbol, series.venue}; }

std::string title_of(const ContextKey& key) {
  const std::string venue = key.venue.empty() ? "" : key.venue.str() + "/";
  return std::string(info_of(key.kind).name) + "/" + venue + key.symbol.str();
}

Result<fs::path> path_of(const fs::path& root, const ContextKey& key) {
  const auto name = to_file_name(key.symbol.str());
  if (!name) return forward_error(name);
  const fs::path folder = root / info_of(key.kind).name;
  if (key.venue.empty()) return folder / (*name + kExtension);
  const auto venue = to_file_name(key.venue.str());
  if (!venue) return forward_error(venue);
  return folder / *venue / (*name + kExtension);
}

Result<std::string> encode(const ContextSeries& series) {
  std::vector<std::int64_t> events, known;
  std::vector<double> values;
  for (const SeriesPoint& point : series.points) {
    events.push_back(point.event_time.ms());
    known.push_back(point.known_at.ms());
    values.push_back(point.value);
  }
  const std::vector<ColumnView> columns{{"event_time", std::span<const std::int64_t>(events)},
                                        {"known_at", std::span<const std::int64_t>(known)},
                                        {"value", std::span<const double>(values)}};
  const std::string title = title_of(key_of(series));
  return encode_parquet(columns, {{kSeriesEntry, title}, {kChecksumEntry, content_checksum(title, columns)}});
}

struct StoredPoints {
  ContextSeries series;
  bool has_checksum = false;
};

Result<StoredPoints> read_points(const fs::path& path, const ContextKey& key) {
  static const std::vector<ColumnRequest> columns{
      {"event_time", ColumnType::int64}, {"known_at", ColumnType::int64}, {"value", ColumnType::float64}};
  const auto table = read_parquet(path, columns);
  if (!table) return forward_error(table);
  const auto broken = [&](const std::string& what) {
    return fail(ErrorKind::integrity, "store.integrity", what, path.string(),
                "Import its source again: that puts a sound file in its place.");
  };
  const auto title = table->metadata.find(kSeriesEntry);
  if (title == table->metadata.end() || title->second != title_of(key))
    return broken("it is not a file of " + title_of(key));
  const ChecksumState checksum = compare_checksum(title->second, *table);
  if (checksum == ChecksumState::differs) return broken("its checksum is not that of its content");
  ContextSeries series{key.kind, key.symbol, {}, key.venue};
  const auto& events = table->values<std::int64_t>("event_time");
  const auto& known = table->values<std::int64_t>("known_at");
  const auto& values = table->values<double>("value");
  for (std::size_t i = 0; i < events.size(); ++i)
    series.points.push_back({Timestamp(events[i]), Timestamp(known[i]), values[i]});
  if (const auto ordered = check_order(series); !ordered) return broken(ordered.error().message);
  return StoredPoints{std::move(series), checksum == ChecksumState::matches};
}

DamagedFile damaged_file(const ContextKey& key, const fs::path& path, Error problem) {
  const std::string kind(info_of(key.kind).name);
  return {key.venue.str(), key.symbol.str(), {}, kind, {}, path, as_damage(std::move(problem))};
}

bool same(const SeriesPoint& a, const SeriesPoint& b) {
  return a.known_at == b.known_at && (a.value == b.value || (std::isnan(a.value) && std::isnan(b.value)));
}

/// Both ascending; so is the result.
std::vector<SeriesPoint> merge(const std::vector<SeriesPoint>& stored, const std::vector<SeriesPoint>& fresh,
                               StoreResult& result, ContextChanges& changes) {
  std::vector<SeriesPoint> all;
  AddedRanges ranges(changes);
  all.reserve(stored.size() + fresh.size());
  auto old = stored.begin();
  for (const SeriesPoint& point : fresh) {
    while (old != stored.end() && old->event_time < point.event_time) all.push_back(*old++);
    if (old != stored.end() && old->event_time == point.event_time) {
      if (same(*old, point)) {
        ++result.rows_duplicate;
      } else {
        ++result.rows_corrected;
        changes.before.push_back(*old);
      }
      ++old;
    } else {
      ++result.rows_stored;
      ranges.add(point.event_time, old - stored.begin());
    }
    all.push_back(point);
  }
  all.insert(all.end(), old, stored.end());
  return all;
}

Result<StoreResult> put_series(const fs::path& root, const ContextSeries& series, PendingFiles& pending,
                               ContextChanges& changes) {
  StoreResult result;
  if (auto ordered = check_order(series); !ordered) return forward_error(ordered);
  const auto target = path_of(root, key_of(series));
  if (!target) return forward_error(target);
  if (series.points.empty()) return result;
  ContextSeries merged{series.kind, series.symbol, {}, series.venue};
  bool to_be_renewed = false;
  if (const auto current = pending.current(*target)) {
    auto stored = read_points(*current, key_of(series));
    if (stored) {
      merged = std::move(stored->series);
      to_be_renewed = !stored->has_checksum;
    } else if (*current == *target && is_damage(stored.error(), *target)) {
      pending.keep_damaged(*target);
      result.repaired.push_back({damaged_file(key_of(series), *target, stored.error()), 0, {}});
    } else {
      return forward_error(stored);
    }
  }
  merged.points = merge(merged.points, series.points, result, changes);
  if (!result.repaired.empty()) result.repaired.back().rows = merged.points.size();
  if (result.rows_stored + result.rows_corrected == 0 && !to_be_renewed) return result;
  if (auto ordered = check_order(merged); !ordered) return forward_error(ordered);
  const auto bytes = encode(merged);
  if (!bytes) return forward_error(bytes);
  if (auto put = pending.put(*target, *bytes); !put) return forward_error(put);
  return result;
}

/// The lock of whoever changes something; makes the store if it is absent.
Result<FileLock> lock_context(const fs::path& root, std::string_view purpose, double wait_seconds) {
  std::error_code failure;
  fs::create_directories(root, failure);
  if (failure)
    return fail(ErrorKind::unavailable, "file.write", "cannot make the series store: " + failure.message(),
                root.string(), "Check the path and its permissions.");
  return FileLock::acquire_within(root / kContextLockName, purpose, wait_seconds);
}

Status edit_series(const fs::path& root, const ContextEdit& edit, PendingFiles& pending, ContextChanges& changes,
                   EditResult& result) {
  const auto target = path_of(root, edit.key);
  if (!target) return forward_error(target);
  ContextSeries series{edit.key.kind, edit.key.symbol, {}, edit.key.venue};
  if (const auto current = pending.current(*target)) {
    auto stored = read_points(*current, edit.key);
    const bool gone_whole = edit.put.empty() && edit.within == TimeRange{};
    if (!stored && gone_whole && is_damage(stored.error(), *target)) {
      pending.remove(*target);
      return {};
    }
    if (!stored) return forward_error(stored);
    series = std::move(stored->series);
  }
  const EditResult before = result;
  const auto time = [](const SeriesPoint& point) { return point.event_time; };
  series.points = edit_rows(series.points, std::span<const SeriesPoint>(edit.put), edit, time, same, changes, result);
  if (result.rows_removed == before.rows_removed && result.rows_put == before.rows_put) return {};
  if (series.points.empty()) {
    pending.remove(*target);
    return {};
  }
  if (auto ordered = check_order(series); !ordered) return ordered;
  const auto bytes = encode(series);
  if (!bytes) return forward_error(bytes);
  return pending.put(*target, *bytes);
}

}  // namespace

Result<ContextStore> ContextStore::open(const fs::path& root) { return open(root, Options{}); }

Result<ContextStore> ContextStore::open(const fs::path& root, const Options& options) {
  expects(options.lock_wait_seconds >= 0, "a wait is not negative");
  return ContextStore(root, options);
}

Result<StoreResult> ContextStore::write(const ContextSeries& series) {
  auto results = write_all(std::span(&series, 1));
  if (!results) return forward_error(results);
  return results->front();
}

Result<std::vector<StoreResult>> ContextStore::write_all(std::span<const ContextSeries> batch) {
  const auto lock = lock_context(root_, "writing context series", options_.lock_wait_seconds);
  if (!lock) return forward_error(lock);
  remove_aside_files(root_);
  PendingFiles pending;
  std::vector<ContextChanges> changes;
  std::vector<StoreResult> results;
  for (const ContextSeries& series : batch) {
    changes.push_back({key_of(series), {}, {}, 0});
    auto result = put_series(root_, series, pending, changes.back());
    if (!result) return forward_error(result);
    results.push_back(*result);
  }
  if (auto recorded = record_changes(recorder_, changes); !recorded) return forward_error(recorded);
  if (auto published = pending.publish(); !published) return forward_error(published);
  return results;
}

Result<EditResult> ContextStore::edit(const EditPlan<ContextEdit>& plan) {
  const auto lock = lock_context(root_, "changing context series", options_.lock_wait_seconds);
  if (!lock) return forward_error(lock);
  remove_aside_files(root_);
  const auto edits = plan();
  if (!edits) return forward_error(edits);
  PendingFiles pending;
  std::vector<ContextChanges> changes;
  EditResult result;
  for (const ContextEdit& edit : *edits) {
    changes.push_back({edit.key, {}, {}, 0});
    if (auto edited = edit_series(root_, edit, pending, changes.back(), result); !edited) return forward_error(edited);
  }
  if (auto recorded = record_changes(recorder_, changes); !recorded) return forward_error(recorded);
  if (auto published = pending.publish(); !published) return forward_error(published);
  return result;
}

Result<ContextSeries> ContextStore::read(const ContextKey& key, Timestamp as_of) const {
  const auto path = path_of(root_, key);
  if (!path) return forward_error(path);
  std::error_code failure;
  if (!fs::exists(*path, failure) && !failure) return ContextSeries{key.kind, key.symbol, {}, key.venue};
  auto stored = read_points(*path, key);
  if (!stored) return forward_error(stored);
  auto& points = stored->series.points;
  points.erase(std::upper_bound(points.begin(), points.end(), as_of,
                                [](Timestamp t, const SeriesPoint& point) { return t < point.known_at; }),
               points.end());
  return std::move(stored->series);
}

FileCheck ContextStore::check_file_of(const ContextKey& key) const {
  const auto path = path_of(root_, key);
  if (!path) return {root_, damaged_file(key, root_, path.error()), {}};
  std::error_code failure;
  if (!fs::exists(*path, failure) && !failure) return {*path, {}, {}};
  const auto stored = read_points(*path, key);
  if (!stored) return {*path, damaged_file(key, *path, stored.error()), {}};
  return {*path, {}, stored->has_checksum ? "" : kNoChecksumYet};
}

namespace {

/// The series in a folder of one kind, and of one venue if that is not empty; returns the names of the folders in it.
std::vector<std::string> add_series_in(const fs::path& folder, SeriesKind kind, const Venue& venue,
                                       ContextContents& found) {
  std::vector<std::string> folders;
  const auto names = names_in(folder);
  if (!names) {
    found.damaged.push_back(damaged_file({kind, Symbol(), venue}, folder, names.error()));
    return folders;
  }
  std::error_code failure;
  for (const std::string& name : *names) {
    const fs::path file(name);
    if (file.extension() != kExtension) {
      if (fs::is_directory(folder / name, failure)) folders.push_back(name);
      continue;
    }
    if (const auto symbol = from_file_name(file.stem().string()))
      found.series.push_back({kind, Symbol(*symbol), venue});
  }
  return folders;
}

}  // namespace

ContextContents ContextStore::contents(std::optional<SeriesKind> kind) const {
  ContextContents found;
  std::error_code failure;
  for (const SeriesKindInfo& info : series_kinds()) {
    if (kind && *kind != info.kind) continue;
    const fs::path folder = root_ / info.name;
    if (!fs::is_directory(folder, failure)) continue;
    for (const std::string& name : add_series_in(folder, info.kind, {}, found))
      if (const auto venue = from_file_name(name)) add_series_in(folder / name, info.kind, Venue(*venue), found);
  }
  std::sort(found.series.begin(), found.series.end());
  return found;
}

Result<std::vector<ContextKey>> ContextStore::list(std::optional<SeriesKind> kind) const {
  if (const auto kinds = names_in(root_); !kinds) return forward_error(kinds);
  return contents(kind).series;
}

}  // namespace clm
