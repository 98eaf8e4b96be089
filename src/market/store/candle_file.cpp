#include "market/store/candle_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/shown_text.hpp"
#include "market/store/columnar_file.hpp"
#include "market/store/content_checksum.hpp"

namespace clm {
namespace {

constexpr const char* kTimeColumn = "open_time";
constexpr const char* kAwaitedEntry = "clm.awaited";

std::vector<ColumnRequest> all_columns() {
  std::vector<ColumnRequest> columns{{kTimeColumn, ColumnType::int64, ColumnRequest::Presence::required}};
  for (const CandleField& field : candle_fields())
    columns.push_back({field.name, ColumnType::float64, ColumnRequest::Presence::optional});
  return columns;
}

std::string text_of(const AwaitedRows& awaited) {
  return std::to_string(awaited.first.ms()) + "," + std::to_string(awaited.last.ms()) + "," +
         std::to_string(awaited.rows);
}

std::optional<AwaitedRows> parse_awaited(const std::string& text) {
  long long first = 0, last = 0;
  unsigned long long rows = 0;
  if (std::sscanf(text.c_str(), "%lld,%lld,%llu", &first, &last, &rows) != 3) return std::nullopt;
  return AwaitedRows{Timestamp(first), Timestamp(last), static_cast<std::size_t>(rows)};
}

tl::unexpected<Error> broken(const std::string& what, const std::filesystem::path& path) {
  return fail(ErrorKind::integrity, "store.integrity", what, path.string(),
              "Import its source again: that puts a sound file in its place.");
}

}  // namespace

bool holds_all(const AwaitedRows& awaited, std::span<const Candle> candles) {
  return !candles.empty() && candles.front().open_time <= awaited.first && candles.back().open_time >= awaited.last &&
         candles.size() >= awaited.rows;
}

Result<std::string> encode_candles(const SeriesKey& key, std::span<const Candle> candles,
                                   const std::optional<AwaitedRows>& awaited) {
  std::vector<std::int64_t> times;
  times.reserve(candles.size());
  for (const Candle& candle : candles) times.push_back(candle.open_time.ms());
  const auto fields = candle_fields();
  std::array<std::vector<double>, kCandleFields> values;
  std::vector<ColumnView> columns{{kTimeColumn, std::span<const std::int64_t>(times)}};
  for (std::size_t f = 0; f < kCandleFields; ++f) {
    const auto missing = [&](const Candle& candle) { return std::isnan(candle.*fields[f].member); };
    if (std::all_of(candles.begin(), candles.end(), missing)) continue;
    values[f].reserve(candles.size());
    for (const Candle& candle : candles) values[f].push_back(candle.*fields[f].member);
    columns.push_back({fields[f].name, std::span<const double>(values[f])});
  }
  std::map<std::string, std::string> metadata{{kSeriesEntry, to_string(key)},
                                              {kChecksumEntry, content_checksum(to_string(key), columns)}};
  if (awaited) metadata[kAwaitedEntry] = text_of(*awaited);
  return encode_parquet(columns, metadata);
}

Result<CandleFileState> read_candle_columns(const std::filesystem::path& path, const SeriesKey& key,
                                            const TimeRange& period, CandleColumns& columns) {
  static const std::vector<ColumnRequest> requests = all_columns();
  auto table = read_parquet(path, requests);
  if (!table) return forward_error(table);
  const std::string title = to_string(key);
  const auto series = table->metadata.find(kSeriesEntry);
  if (series == table->metadata.end()) return broken("it is not a file of " + title, path);
  if (series->second != title) return broken("it is not a file of " + title + " but of " + shown(series->second), path);
  const ChecksumState checksum = compare_checksum(title, *table);
  if (checksum == ChecksumState::differs) return broken("its checksum is not that of its content", path);
  const auto& times = table->values<std::int64_t>(kTimeColumn);
  if (std::adjacent_find(times.begin(), times.end(), std::greater_equal<>()) != times.end())
    return broken("its bars are not in ascending order of time", path);
  if (!times.empty() && !(period.contains(Timestamp(times.front())) && period.contains(Timestamp(times.back()))))
    return broken("it holds bars outside the time its name states", path);

  CandleFileState state{checksum == ChecksumState::matches, times.size(), {}, {}, {}};
  if (!times.empty()) {
    state.first = Timestamp(times.front());
    state.last = Timestamp(times.back());
  }
  if (const auto awaited = table->metadata.find(kAwaitedEntry); awaited != table->metadata.end())
    state.awaited = parse_awaited(awaited->second);
  for (Column& column : table->columns) {
    if (column.name == kTimeColumn)
      columns.open_times_ms = std::get<std::vector<std::int64_t>>(std::move(column.values));
    for (std::size_t f = 0; f < kCandleFields; ++f)
      if (column.name == candle_fields()[f].name)
        columns.values[f] = std::get<std::vector<double>>(std::move(column.values));
  }
  return state;
}

Result<CandleFileState> read_candles(const std::filesystem::path& path, const SeriesKey& key, const TimeRange& period,
                                     const TimeRange& range, std::vector<Candle>& candles) {
  CandleColumns columns;
  auto state = read_candle_columns(path, key, period, columns);
  if (state) columns.append_to(candles, range);
  return state;
}

std::string removal_command(const SeriesKey& key, const TimeRange& period) {
  std::string command =
      "clm data --delete " + key.symbol.str() + " --venue " + key.venue.str() + " --interval " + key.interval.name();
  if (period.to < Timestamp::max())
    command += " --from " + to_date_string(period.from) + " --to " + to_date_string(period.to);
  return command;
}

Status check_whole(const CandleFileState& state, const SeriesKey& key, const TimeRange& period,
                   const std::filesystem::path& path) {
  if (!state.awaited) return {};
  const AwaitedRows& awaited = *state.awaited;
  std::string missing;
  if (state.first > awaited.first) missing += " from " + to_minutes_string(awaited.first);
  if (state.last < awaited.last) missing += " to " + to_minutes_string(awaited.last);
  if (missing.empty()) missing = " (it held " + std::to_string(awaited.rows) + ")";
  return fail(
      ErrorKind::integrity, "store.incomplete",
      "it was damaged and is imported again only in part: " + std::to_string(state.rows) + " bars from " +
          to_minutes_string(state.first) + " to " + to_minutes_string(state.last) + " are there, and bars" + missing +
          " are awaited",
      path.string(),
      "Import the rest of its time too; or, if that is lost, go on without it: " + removal_command(key, period));
}

AwaitedRows awaited_after_damage(const std::filesystem::path& path, const SeriesKey& key, const TimeRange& period,
                                 const Neighbours& neighbours) {
  const Duration bar = key.interval.length();
  if (const auto info = inspect_parquet(path)) {
    const auto series = info->metadata.find(kSeriesEntry);
    const bool own = series != info->metadata.end() && series->second == to_string(key);
    if (own && info->rows > 0 && !info->columns.empty() && info->columns[0].min && info->columns[0].max) {
      const Timestamp first(*info->columns[0].min), last(*info->columns[0].max);
      const bool possible = first <= last && period.contains(first) && period.contains(last) &&
                            info->rows <= static_cast<std::size_t>((last - first) / bar) + 1;
      if (possible) return {first, last, info->rows};
    }
  }
  AwaitedRows awaited;
  if (!neighbours.earlier && !neighbours.later) return awaited;
  // A market may have been at a standstill at the turn of a period.
  constexpr std::int64_t kSlackShare = 100;
  const Duration slack = std::max(bar, (period.to - period.from) / kSlackShare);
  if (neighbours.earlier) awaited.first = period.from + slack;
  if (neighbours.later) awaited.last = period.to - slack - bar;
  return awaited;
}

}  // namespace clm
