#include "market/candle_store.hpp"

#include <algorithm>
#include <cmath>

#include "base/contract.hpp"
#include "base/file_io.hpp"
#include "base/hash.hpp"
#include "market/candle_file.hpp"
#include "market/columnar_file.hpp"
#include "market/pending_files.hpp"
#include "market/store_name.hpp"

namespace clm {
namespace fs = std::filesystem;
namespace {

constexpr const char* kExtension = ".parquet";
constexpr const char* kLockName = ".lock";
// A time outside is not in ms: seconds and microseconds of our day are far from here.
const TimeRange kPlausibleTimes{from_calendar(1975, 1, 1), from_calendar(2200, 1, 1)};

struct StoredFile {
  fs::path path;
  TimeRange period;
};

/// The period a file's stem names; none if no period of this interval is called that.
std::optional<StorePeriod> parse_period(const Interval& interval, const std::string& stem) {
  const auto number = [&](std::size_t at, std::size_t digits, int otherwise) {
    if (stem.size() < at + digits) return otherwise;
    int value = 0;
    for (const char c : stem.substr(at, digits)) {
      if (c < '0' || c > '9') return otherwise;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const int month = number(5, 2, 1), day = number(8, 2, 1);
  if (month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
  StorePeriod period = store_period(interval, from_calendar(number(0, 4, 1970), month, day));
  if (period.name != stem) return std::nullopt;
  return period;
}

Result<fs::path> directory_of(const fs::path& root, const SeriesKey& key) {
  const auto venue = to_file_name(key.venue.str());
  if (!venue) return forward_error(venue);
  const auto symbol = to_file_name(key.symbol.str());
  if (!symbol) return forward_error(symbol);
  return root / *venue / key.interval.name() / *symbol;
}

/// The files of a series in order of time.
Result<std::vector<StoredFile>> files_of(const fs::path& root, const SeriesKey& key) {
  const auto directory = directory_of(root, key);
  if (!directory) return forward_error(directory);
  const auto names = names_in(*directory);
  if (!names) return forward_error(names);
  std::vector<StoredFile> files;
  for (const std::string& name : *names) {
    const fs::path path = *directory / name;
    if (path.extension() != kExtension) continue;
    const auto period = parse_period(key.interval, path.stem().string());
    if (!period)
      return fail(ErrorKind::integrity, "store.integrity", "its name is not a period of " + key.interval.name(),
                  path.string(), "Move it out of the store; files come in through an import.");
    files.push_back({path, period->range});
  }
  return files;
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

/// Puts `fresh` in the place of `stored`, both of the same time.
void replace(Candle& stored, Candle fresh, StoreResult& result) {
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
    stored = fresh;
  }
}

/// Both ascending; so is the result.
std::vector<Candle> merge(std::vector<Candle> stored, std::span<const Candle> fresh, StoreResult& result) {
  std::vector<Candle> added;
  auto at = stored.begin();
  for (const Candle& candle : fresh) {
    at = std::lower_bound(at, stored.end(), candle.open_time,
                          [](const Candle& bar, Timestamp t) { return bar.open_time < t; });
    if (at != stored.end() && at->open_time == candle.open_time) {
      replace(*at, candle, result);
    } else {
      added.push_back(candle);
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

Result<StoreResult> put_series(const fs::path& root, const CandleSeries& series, PendingFiles& pending) {
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
    const fs::path target = *directory / (period.name + kExtension);
    std::vector<Candle> stored;
    if (const auto current = pending.current(target))
      if (auto read = read_candles(*current, series.key, period.range, {}, stored); !read) return forward_error(read);
    const StoreResult before = result;
    const auto merged = merge(std::move(stored), std::span(candles).subspan(first, last - first), result);
    if (result.rows_stored != before.rows_stored || result.rows_corrected != before.rows_corrected) {
      const auto bytes = encode_candles(series.key, merged);
      if (!bytes) return forward_error(bytes);
      if (auto put = pending.put(target, *bytes); !put) return forward_error(put);
    }
    first = last;
  }
  return result;
}

}  // namespace

StoreResult& StoreResult::operator+=(const StoreResult& other) {
  rows_stored += other.rows_stored;
  rows_duplicate += other.rows_duplicate;
  rows_corrected += other.rows_corrected;
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

Result<std::vector<StoreResult>> CandleStore::write_all(std::span<const CandleSeries> batch) {
  std::error_code failure;
  fs::create_directories(root_, failure);
  if (failure)
    return fail(ErrorKind::unavailable, "file.write", "cannot make the candle store: " + failure.message(),
                root_.string(), "Check the path and its permissions.");
  const auto lock = FileLock::acquire_within(root_ / kLockName, "writing candles", options_.lock_wait_seconds);
  if (!lock) return forward_error(lock);
  remove_aside_files(root_);
  PendingFiles pending;
  std::vector<StoreResult> results;
  for (const CandleSeries& series : batch) {
    auto result = put_series(root_, series, pending);
    if (!result) return forward_error(result);
    results.push_back(*result);
  }
  if (auto published = pending.publish(); !published) return forward_error(published);
  return results;
}

Result<CandleSeries> CandleStore::read(const SeriesKey& key, const TimeRange& range, Timestamp as_of) const {
  const auto files = files_of(root_, key);
  if (!files) return forward_error(files);
  // A bar is known at its close: the last open time that may be seen is as_of - interval.
  const Timestamp unseen_from = as_of - key.interval.length() + Duration(1);
  const TimeRange seen{range.from, std::min(range.to, unseen_from)};
  CandleSeries series{key, {}};
  for (const StoredFile& file : *files) {
    if (file.period.to <= seen.from || file.period.from >= seen.to) continue;
    if (auto read = read_candles(file.path, key, file.period, seen, series.candles); !read) return forward_error(read);
  }
  return series;
}

Result<std::vector<SeriesKey>> CandleStore::list(const SeriesFilter& filter) const {
  std::vector<SeriesKey> keys;
  const auto venues = names_in(root_);
  if (!venues) return forward_error(venues);
  for (const std::string& venue_name : *venues) {
    const auto venue = from_file_name(venue_name);
    if (!venue || (filter.venue && filter.venue->str() != *venue)) continue;
    const auto intervals = names_in(root_ / venue_name);
    if (!intervals) return forward_error(intervals);
    for (const std::string& interval_name : *intervals) {
      const auto interval = Interval::parse(interval_name);
      if (!interval || (filter.interval && *filter.interval != *interval)) continue;
      const auto symbols = names_in(root_ / venue_name / interval_name);
      if (!symbols) return forward_error(symbols);
      for (const std::string& symbol_name : *symbols) {
        const auto symbol = from_file_name(symbol_name);
        if (!symbol) continue;
        const auto& wanted = filter.symbols;
        if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), Symbol(*symbol)) == wanted.end()) continue;
        const auto files = names_in(root_ / venue_name / interval_name / symbol_name);
        if (!files) return forward_error(files);
        if (!files->empty()) keys.push_back({Venue(*venue), Symbol(*symbol), *interval});
      }
    }
  }
  std::sort(keys.begin(), keys.end());
  return keys;
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
                  "Move the file out of the store and import its source again.");
    if (span.rows == 0) span.first_open = Timestamp(*times->min);
    span.last_open = Timestamp(*times->max);
    span.rows += info->rows;
  }
  return span;
}

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
