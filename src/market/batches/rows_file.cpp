#include "market/batches/rows_file.hpp"

#include <algorithm>

#include "market/store/candle_file.hpp"
#include "market/store/columnar_file.hpp"

namespace clm {
namespace {

constexpr const char* kSeries = "series";
constexpr const char* kCandleTime = "open_time";
constexpr const char* kEventTime = "event_time";
constexpr const char* kKnownAt = "known_at";
constexpr const char* kValue = "value";

template <typename Row>
Status check_ascending(const std::vector<Row>& rows, const std::filesystem::path& path) {
  const auto descends = [](const Row& a, const Row& b) { return time_of(a) >= time_of(b); };
  if (std::adjacent_find(rows.begin(), rows.end(), descends) == rows.end()) return {};
  return fail(ErrorKind::integrity, "batch.damaged", "the rows that a batch keeps are not in order", path.string(),
              "What it changed cannot be undone any more: import the sources of before again.");
}

}  // namespace

Result<std::string> encode_rows_before(std::span<const CandleChanges> changes) {
  std::vector<std::int64_t> series, times;
  std::vector<std::vector<double>> values(candle_fields().size());
  for (std::size_t i = 0; i < changes.size(); ++i)
    for (const Candle& row : changes[i].before) {
      series.push_back(static_cast<std::int64_t>(i));
      times.push_back(row.open_time.ms());
      for (std::size_t f = 0; f < values.size(); ++f) values[f].push_back(row.*candle_fields()[f].member);
    }
  std::vector<ColumnView> columns{{kSeries, std::span<const std::int64_t>(series)},
                                  {kCandleTime, std::span<const std::int64_t>(times)}};
  for (std::size_t f = 0; f < values.size(); ++f)
    columns.push_back({candle_fields()[f].name, std::span<const double>(values[f])});
  return encode_parquet(columns, {});
}

Result<std::string> encode_rows_before(std::span<const ContextChanges> changes) {
  std::vector<std::int64_t> series, events, known;
  std::vector<double> values;
  for (std::size_t i = 0; i < changes.size(); ++i)
    for (const SeriesPoint& row : changes[i].before) {
      series.push_back(static_cast<std::int64_t>(i));
      events.push_back(row.event_time.ms());
      known.push_back(row.known_at.ms());
      values.push_back(row.value);
    }
  const std::vector<ColumnView> columns{{kSeries, std::span<const std::int64_t>(series)},
                                        {kEventTime, std::span<const std::int64_t>(events)},
                                        {kKnownAt, std::span<const std::int64_t>(known)},
                                        {kValue, std::span<const double>(values)}};
  return encode_parquet(columns, {});
}

Status read_rows_before(const std::filesystem::path& path, std::int64_t series, std::vector<Candle>& rows) {
  std::vector<ColumnRequest> wanted{{kSeries, ColumnType::int64}, {kCandleTime, ColumnType::int64}};
  for (const CandleField& field : candle_fields()) wanted.push_back({field.name, ColumnType::float64});
  const auto table = read_parquet(path, wanted);
  if (!table) return forward_error(table);
  const auto& owners = table->values<std::int64_t>(kSeries);
  const auto& times = table->values<std::int64_t>(kCandleTime);
  for (std::size_t i = 0; i < owners.size(); ++i) {
    if (owners[i] != series) continue;
    Candle row;
    row.open_time = Timestamp(times[i]);
    for (const CandleField& field : candle_fields()) row.*field.member = table->values<double>(field.name)[i];
    rows.push_back(row);
  }
  return check_ascending(rows, path);
}

Status read_rows_before(const std::filesystem::path& path, std::int64_t series, std::vector<SeriesPoint>& rows) {
  const std::vector<ColumnRequest> wanted{{kSeries, ColumnType::int64},
                                          {kEventTime, ColumnType::int64},
                                          {kKnownAt, ColumnType::int64},
                                          {kValue, ColumnType::float64}};
  const auto table = read_parquet(path, wanted);
  if (!table) return forward_error(table);
  const auto& owners = table->values<std::int64_t>(kSeries);
  for (std::size_t i = 0; i < owners.size(); ++i)
    if (owners[i] == series)
      rows.push_back({Timestamp(table->values<std::int64_t>(kEventTime)[i]),
                      Timestamp(table->values<std::int64_t>(kKnownAt)[i]), table->values<double>(kValue)[i]});
  return check_ascending(rows, path);
}

}  // namespace clm
