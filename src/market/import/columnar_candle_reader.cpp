#include "market/import/columnar_candle_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "market/import/import_number.hpp"
#include "market/import/table_layout.hpp"
#include "market/store/columnar_file.hpp"

namespace clm {
namespace {

/// A column of the file beside what it means.
struct MeantColumn {
  TableColumn meaning;
  const Column* column = nullptr;
  std::string_view name() const { return column->name; }
};

std::optional<Timestamp> time_at(const Column& column, std::size_t row) {
  if (const auto* counts = std::get_if<std::vector<std::int64_t>>(&column.values)) return market_time((*counts)[row]);
  return parse_market_time(std::get<std::vector<std::string>>(column.values)[row]);
}

/// A number, or what is wrong with it. A missing one is NaN.
std::optional<std::string> number_at(const Column& column, std::size_t row, double& value) {
  if (const auto* numbers = std::get_if<std::vector<double>>(&column.values)) {
    value = (*numbers)[row];
    if (std::isinf(value)) return shown(column.name) + " is not a finite number";
    return std::nullopt;
  }
  const std::string& text = std::get<std::vector<std::string>>(column.values)[row];
  value = kMissing;
  if (text.empty()) return std::nullopt;
  const std::optional<double> parsed = parse_number(text);
  if (!parsed || !std::isfinite(*parsed))
    return "'" + shown(text) + "' in " + shown(column.name) + " is not a finite number";
  value = *parsed;
  return std::nullopt;
}

/// Turns a table into rows of candles or of context series.
class ColumnarRows {
 public:
  ColumnarRows(const TableLayout& layout, const ColumnarTable& table, const ImportLimits& limits, FileContent& content)
      : layout_(layout), limits_(limits), content_(content) {
    std::size_t next = 0;
    for (const TableColumn& meaning : layout.columns)
      if (meaning.role != ColumnRole::skip) columns_.push_back({meaning, &table.columns[next++]});
  }

  std::optional<std::string> take(std::size_t row) {
    std::optional<Timestamp> time;
    std::string_view symbol;
    for (const MeantColumn& c : columns_) {
      if (c.meaning.role == ColumnRole::time) time = time_at(*c.column, row);
      if (c.meaning.role == ColumnRole::symbol) symbol = std::get<std::vector<std::string>>(c.column->values)[row];
    }
    if (!time) return "has no time between 2000 and 2100";
    if (layout_.has_symbol && !normal_symbol(symbol)) return "'" + shown(symbol) + "' is not a symbol";
    return layout_.kind == TableLayout::Kind::candles ? take_candle(*time, symbol, row)
                                                      : take_context(*time, symbol, row);
  }

 private:
  std::optional<std::string> take_candle(Timestamp time, std::string_view symbol, std::size_t row) {
    std::array<double, kCandleNumbers> v;
    v.fill(kMissing);
    for (const MeantColumn& c : columns_) {
      const auto at = static_cast<std::size_t>(c.meaning.role);
      if (at >= kCandleNumbers) continue;
      if (std::optional<std::string> fault = number_at(*c.column, row, v[at])) return fault;
    }
    const Candle candle{time, v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8]};
    if (std::isnan(candle.volume)) return "volume is not a finite number";
    if (std::optional<std::string> fault = candle_fault(candle)) return fault;
    if (content_.candles.size() >= limits_.max_symbols && candles_at_.count(symbol) == 0)
      return "is of one symbol more than a file may hold";
    const auto [found, is_new] = candles_at_.try_emplace(std::string(symbol), content_.candles.size());
    if (is_new) content_.candles.push_back({std::string(symbol), {}, {}});
    CandleRows& rows = content_.candles[found->second];
    make_room(rows.candles, limits_.max_rows());
    make_room(rows.lines, limits_.max_rows());
    rows.candles.push_back(candle);
    rows.lines.push_back(static_cast<std::uint32_t>(row + 1));
    return std::nullopt;
  }

  std::optional<std::string> take_context(Timestamp time, std::string_view symbol, std::size_t row) {
    bool any = false;
    for (const MeantColumn& c : columns_) {
      if (c.meaning.role != ColumnRole::context) continue;
      double value = kMissing;
      if (std::optional<std::string> fault = number_at(*c.column, row, value)) return fault;
      if (value < 0.0 && !may_be_negative(c.meaning.context_name)) return c.column->name + " is negative";
      any = any || !std::isnan(value);
    }
    if (!any) return "holds no value";
    for (const MeantColumn& c : columns_) {
      if (c.meaning.role != ColumnRole::context) continue;
      double value = kMissing;
      number_at(*c.column, row, value);
      if (std::isnan(value)) continue;
      const std::pair<std::string, std::string> key(c.meaning.context_name, symbol);
      if (content_.context.size() >= limits_.max_symbols && context_at_.count(key) == 0)
        return "is of one symbol more than a file may hold";
      const auto [found, is_new] = context_at_.try_emplace(key, content_.context.size());
      if (is_new) content_.context.push_back({key.first, key.second, {}, {}});
      ContextRows& rows = content_.context[found->second];
      rows.values.emplace_back(time, value);
      rows.lines.push_back(static_cast<std::uint32_t>(row + 1));
    }
    return std::nullopt;
  }

  const TableLayout& layout_;
  const ImportLimits& limits_;
  FileContent& content_;
  std::vector<MeantColumn> columns_;
  std::map<std::string, std::size_t, std::less<>> candles_at_;
  std::map<std::pair<std::string, std::string>, std::size_t> context_at_;
};

tl::unexpected<Error> unreadable_column(const ColumnInfo& column) {
  return fail(ErrorKind::data, "import.unknown_format",
              "the column " + shown(column.name) + " has the type " + shown(column.file_type), {},
              "Times are timestamps, integers or texts; numbers are numbers or texts; symbols are texts.");
}

/// The error of a reader; where it is that the file needs too much memory, with the way to allow it more.
tl::unexpected<Error> with_the_setting(Error error, const std::filesystem::path& path, const ImportLimits& limits) {
  if (!error.code.ends_with(".too_large")) return tl::unexpected<Error>(std::move(error));
  Error told = too_much_text(limits).value();
  std::error_code failure;
  const std::uintmax_t bytes = std::filesystem::file_size(path, failure);
  told.message = error.message + "; the file has " + std::to_string(failure ? 0 : bytes) + " bytes, and the limit is " +
                 std::to_string(limits.max_memory_bytes / 1'000'000) + " MB";
  return tl::unexpected<Error>(std::move(told));
}

Result<ColumnRequest> request_for(const TableColumn& meaning, const ColumnInfo& column) {
  if (!column.type) return unreadable_column(column);
  ColumnRequest request{column.name, *column.type, ColumnRequest::Presence::required};
  if (meaning.role == ColumnRole::symbol && request.type != ColumnType::text) return unreadable_column(column);
  if (request.type != ColumnType::text)
    request.type = meaning.role == ColumnRole::time ? ColumnType::int64 : ColumnType::float64;
  return request;
}

}  // namespace

Result<FileContent> read_columnar_candles(const std::filesystem::path& path, ColumnarFormat format,
                                          const ImportLimits& limits, const BarMeaning& bars) {
  const bool feather = format == ColumnarFormat::feather;
  const auto most_bytes = static_cast<std::int64_t>(limits.max_memory_bytes);
  const Result<ColumnarInfo> info = feather ? inspect_feather(path, most_bytes) : inspect_parquet(path);
  if (!info) return with_the_setting(info.error(), path, limits);
  if (info->rows == 0) return fail(ErrorKind::data, "import.empty", "the file holds no rows", {}, "Export it again.");

  std::vector<std::string> names;
  for (const ColumnInfo& column : info->columns) names.push_back(shown(column.name));
  const Result<TableLayout> layout = layout_from_names(names, bars);
  if (!layout) return forward_error(layout);
  std::vector<ColumnRequest> requests;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (layout->columns[i].role == ColumnRole::skip) continue;
    Result<ColumnRequest> request = request_for(layout->columns[i], info->columns[i]);
    if (!request) return forward_error(request);
    requests.push_back(*std::move(request));
  }
  // The columns that are read lie beside the rows that are made of them, and a Feather file beside both.
  const std::uint64_t row_bytes =
      std::max(ImportLimits::kRowBytes, ImportLimits::kHeldRowBytes + requests.size() * sizeof(double));
  const std::uint64_t most_rows = limits.max_memory_bytes / row_bytes;
  if (info->rows > most_rows) return too_many_rows(info->rows, row_bytes, RowsCounted::all, limits);
  const Result<ColumnarTable> table =
      feather ? read_feather(path, requests, most_bytes) : read_parquet(path, requests, most_bytes);
  if (!table) return with_the_setting(table.error(), path, limits);

  FileContent content(limits.max_quarantine_listed);
  content.format = std::string(feather ? "Feather, " : "Parquet, ") + std::to_string(names.size()) + " columns";
  ColumnarRows rows(*layout, *table, limits, content);
  for (std::size_t row = 0; row < table->rows(); ++row) {
    ++content.rows_read;
    if (std::optional<std::string> fault = rows.take(row)) content.quarantine.add(row + 1, *std::move(fault));
  }
  return content;
}

}  // namespace clm
