#include "market/candle_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "market/columnar_file.hpp"

namespace clm {
namespace {

constexpr std::array<CandleField, 9> kFields{{{"open", &Candle::open},
                                              {"high", &Candle::high},
                                              {"low", &Candle::low},
                                              {"close", &Candle::close},
                                              {"volume", &Candle::volume},
                                              {"quote_volume", &Candle::quote_volume},
                                              {"trades", &Candle::trades},
                                              {"taker_buy_volume", &Candle::taker_buy_volume},
                                              {"taker_buy_quote_volume", &Candle::taker_buy_quote_volume}}};
constexpr const char* kTimeColumn = "open_time";
constexpr const char* kSeriesEntry = "clm.series";

std::vector<ColumnRequest> all_columns() {
  std::vector<ColumnRequest> columns{{kTimeColumn, ColumnType::int64, ColumnRequest::Presence::required}};
  for (const CandleField& field : kFields)
    columns.push_back({field.name, ColumnType::float64, ColumnRequest::Presence::optional});
  return columns;
}

}  // namespace

std::span<const CandleField> candle_fields() { return kFields; }

Result<std::string> encode_candles(const SeriesKey& key, std::span<const Candle> candles) {
  std::vector<std::int64_t> times;
  times.reserve(candles.size());
  for (const Candle& candle : candles) times.push_back(candle.open_time.ms());
  std::array<std::vector<double>, kFields.size()> values;
  std::vector<ColumnView> columns{{kTimeColumn, std::span<const std::int64_t>(times)}};
  for (std::size_t f = 0; f < kFields.size(); ++f) {
    const auto missing = [&](const Candle& candle) { return std::isnan(candle.*kFields[f].member); };
    if (std::all_of(candles.begin(), candles.end(), missing)) continue;
    values[f].reserve(candles.size());
    for (const Candle& candle : candles) values[f].push_back(candle.*kFields[f].member);
    columns.push_back({kFields[f].name, std::span<const double>(values[f])});
  }
  return encode_parquet(columns, {{kSeriesEntry, to_string(key)}});
}

Status read_candles(const std::filesystem::path& path, const SeriesKey& key, const TimeRange& period,
                    const TimeRange& range, std::vector<Candle>& candles) {
  static const std::vector<ColumnRequest> columns = all_columns();
  const auto table = read_parquet(path, columns);
  if (!table) return forward_error(table);
  const auto broken = [&](const std::string& what) {
    return fail(ErrorKind::integrity, "store.integrity", what, path.string(),
                "Move the file out of the store and import its source again.");
  };
  const auto series = table->metadata.find(kSeriesEntry);
  if (series == table->metadata.end() || series->second != to_string(key))
    return broken("it is not a file of " + to_string(key) +
                  (series == table->metadata.end() ? "" : " but of " + series->second));
  const auto& times = table->values<std::int64_t>(kTimeColumn);
  if (std::adjacent_find(times.begin(), times.end(), std::greater_equal<>()) != times.end())
    return broken("its bars are not in ascending order of time");
  if (!times.empty() && !(period.contains(Timestamp(times.front())) && period.contains(Timestamp(times.back()))))
    return broken("it holds bars outside the time its name states");

  const auto first = std::lower_bound(times.begin(), times.end(), range.from.ms());
  const auto last = std::lower_bound(first, times.end(), range.to.ms());
  const auto from = static_cast<std::size_t>(first - times.begin());
  const auto count = static_cast<std::size_t>(last - first);
  const std::size_t old_size = candles.size();
  candles.resize(old_size + count);
  Candle* out = candles.data() + old_size;
  for (std::size_t i = 0; i < count; ++i) out[i].open_time = Timestamp(times[from + i]);
  for (const CandleField& field : kFields) {
    const Column* column = table->find(field.name);
    if (column == nullptr) continue;
    const double* values = std::get<std::vector<double>>(column->values).data() + from;
    for (std::size_t i = 0; i < count; ++i) out[i].*field.member = values[i];
  }
  return {};
}

}  // namespace clm
