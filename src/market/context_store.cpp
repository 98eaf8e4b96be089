#include "market/context_store.hpp"

#include <algorithm>
#include <cmath>

#include "base/contract.hpp"
#include "base/file_io.hpp"
#include "market/columnar_file.hpp"
#include "market/pending_files.hpp"
#include "market/store_name.hpp"

namespace clm {
namespace fs = std::filesystem;
namespace {

constexpr const char* kExtension = ".parquet";
constexpr const char* kLockName = ".lock";
constexpr const char* kSeriesEntry = "clm.series";

std::string title_of(SeriesKind kind, const Symbol& symbol) {
  return std::string(info_of(kind).name) + "/" + symbol.str();
}

Result<fs::path> path_of(const fs::path& root, SeriesKind kind, const Symbol& symbol) {
  const auto name = to_file_name(symbol.str());
  if (!name) return forward_error(name);
  return root / info_of(kind).name / (*name + kExtension);
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
  return encode_parquet(columns, {{kSeriesEntry, title_of(series.kind, series.symbol)}});
}

Result<ContextSeries> read_points(const fs::path& path, SeriesKind kind, const Symbol& symbol) {
  static const std::vector<ColumnRequest> columns{
      {"event_time", ColumnType::int64}, {"known_at", ColumnType::int64}, {"value", ColumnType::float64}};
  const auto table = read_parquet(path, columns);
  if (!table) return forward_error(table);
  const auto broken = [&](const std::string& what) {
    return fail(ErrorKind::integrity, "store.integrity", what, path.string(),
                "Move the file out of the store and import its source again.");
  };
  const auto title = table->metadata.find(kSeriesEntry);
  if (title == table->metadata.end() || title->second != title_of(kind, symbol))
    return broken("it is not a file of " + title_of(kind, symbol));
  ContextSeries series{kind, symbol, {}};
  const auto& events = table->values<std::int64_t>("event_time");
  const auto& known = table->values<std::int64_t>("known_at");
  const auto& values = table->values<double>("value");
  for (std::size_t i = 0; i < events.size(); ++i)
    series.points.push_back({Timestamp(events[i]), Timestamp(known[i]), values[i]});
  if (const auto ordered = check_order(series); !ordered) return broken(ordered.error().message);
  return series;
}

bool same(const SeriesPoint& a, const SeriesPoint& b) {
  return a.known_at == b.known_at && (a.value == b.value || (std::isnan(a.value) && std::isnan(b.value)));
}

/// Both ascending; so is the result.
std::vector<SeriesPoint> merge(const std::vector<SeriesPoint>& stored, const std::vector<SeriesPoint>& fresh,
                               StoreResult& result) {
  std::vector<SeriesPoint> all;
  all.reserve(stored.size() + fresh.size());
  auto old = stored.begin();
  for (const SeriesPoint& point : fresh) {
    while (old != stored.end() && old->event_time < point.event_time) all.push_back(*old++);
    if (old != stored.end() && old->event_time == point.event_time) {
      ++(same(*old, point) ? result.rows_duplicate : result.rows_corrected);
      ++old;
    } else {
      ++result.rows_stored;
    }
    all.push_back(point);
  }
  all.insert(all.end(), old, stored.end());
  return all;
}

Result<StoreResult> put_series(const fs::path& root, const ContextSeries& series, PendingFiles& pending) {
  StoreResult result;
  if (auto ordered = check_order(series); !ordered) return forward_error(ordered);
  const auto target = path_of(root, series.kind, series.symbol);
  if (!target) return forward_error(target);
  if (series.points.empty()) return result;
  ContextSeries merged{series.kind, series.symbol, {}};
  if (const auto current = pending.current(*target)) {
    auto stored = read_points(*current, series.kind, series.symbol);
    if (!stored) return forward_error(stored);
    merged = std::move(*stored);
  }
  merged.points = merge(merged.points, series.points, result);
  if (result.rows_stored + result.rows_corrected == 0) return result;
  if (auto ordered = check_order(merged); !ordered) return forward_error(ordered);
  const auto bytes = encode(merged);
  if (!bytes) return forward_error(bytes);
  if (auto put = pending.put(*target, *bytes); !put) return forward_error(put);
  return result;
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
  std::error_code failure;
  fs::create_directories(root_, failure);
  if (failure)
    return fail(ErrorKind::unavailable, "file.write", "cannot make the series store: " + failure.message(),
                root_.string(), "Check the path and its permissions.");
  const auto lock = FileLock::acquire_within(root_ / kLockName, "writing context series", options_.lock_wait_seconds);
  if (!lock) return forward_error(lock);
  remove_aside_files(root_);
  PendingFiles pending;
  std::vector<StoreResult> results;
  for (const ContextSeries& series : batch) {
    auto result = put_series(root_, series, pending);
    if (!result) return forward_error(result);
    results.push_back(*result);
  }
  if (auto published = pending.publish(); !published) return forward_error(published);
  return results;
}

Result<ContextSeries> ContextStore::read(SeriesKind kind, const Symbol& symbol, Timestamp as_of) const {
  const auto path = path_of(root_, kind, symbol);
  if (!path) return forward_error(path);
  std::error_code failure;
  if (!fs::exists(*path, failure)) return ContextSeries{kind, symbol, {}};
  auto series = read_points(*path, kind, symbol);
  if (!series) return series;
  auto& points = series->points;
  points.erase(std::upper_bound(points.begin(), points.end(), as_of,
                                [](Timestamp t, const SeriesPoint& point) { return t < point.known_at; }),
               points.end());
  return series;
}

Result<std::vector<ContextKey>> ContextStore::list(std::optional<SeriesKind> kind) const {
  std::vector<ContextKey> keys;
  for (const SeriesKindInfo& info : series_kinds()) {
    if (kind && *kind != info.kind) continue;
    const auto names = names_in(root_ / info.name);
    if (!names) return forward_error(names);
    for (const std::string& name : *names) {
      const fs::path file(name);
      if (file.extension() != kExtension) continue;
      if (const auto symbol = from_file_name(file.stem().string())) keys.push_back({info.kind, Symbol(*symbol)});
    }
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace clm
