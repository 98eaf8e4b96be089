#include "market/import/csv_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>

#include "market/import/import_number.hpp"
#include "market/import/line_reader.hpp"
#include "market/import/table_layout.hpp"

namespace clm {
namespace {

/// Wider tables are not ours; the bound keeps a hostile line from costing more than its length.
constexpr std::size_t kMostFields = 256;

constexpr const char* kTooManySymbols = "is of one symbol more than a file may hold";

std::string_view trimmed(std::string_view field) {
  while (!field.empty() && (field.front() == ' ' || field.front() == '"')) field.remove_prefix(1);
  while (!field.empty() && (field.back() == ' ' || field.back() == '"' || field.back() == '\r')) field.remove_suffix(1);
  return field;
}

void split(std::string_view line, char delimiter, std::vector<std::string_view>& fields) {
  fields.clear();
  while (fields.size() < kMostFields) {
    const std::size_t end = line.find(delimiter);
    fields.push_back(trimmed(line.substr(0, end)));
    if (end == std::string_view::npos) return;
    line.remove_prefix(end + 1);
  }
}

char delimiter_of(std::string_view first_line) {
  char best = ',';
  std::ptrdiff_t most = std::count(first_line.begin(), first_line.end(), best);
  for (const char candidate : {';', '\t'}) {
    const std::ptrdiff_t count = std::count(first_line.begin(), first_line.end(), candidate);
    if (count > most) {
      most = count;
      best = candidate;
    }
  }
  return best;
}

Candle candle_from(Timestamp open_time, const std::array<double, kCandleNumbers>& numbers) {
  return {open_time,  numbers[0], numbers[1], numbers[2], numbers[3],
          numbers[4], numbers[5], numbers[6], numbers[7], numbers[8]};
}

/// Parses the rows of one table after its layout is known.
class TableParser {
 public:
  TableParser(TableLayout layout, char delimiter, const ImportLimits& limits, FileContent& content)
      : layout_(std::move(layout)), delimiter_(delimiter), limits_(limits), content_(content) {
    numbers_.fill(kMissing);
    if (layout_.kind == TableLayout::Kind::candles && !layout_.has_symbol) candles_of({});
  }

  /// `block` is whole lines; `line` is the number of its first and is moved past its last.
  void parse(std::string_view block, std::uint64_t& line) {
    const char* p = block.data();
    const char* const end = p + block.size();
    const bool candles = layout_.kind == TableLayout::Kind::candles;
    for (; p < end; ++line) {
      const char* const next = candles ? parse_plain_candle(p, line) : nullptr;
      if (next != nullptr) {
        ++content_.rows_read;
        p = next;
        continue;
      }
      const auto* const feed = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
      const std::string_view text(p, static_cast<std::size_t>(feed - p));
      p = feed + 1;
      if (trimmed(text).empty()) continue;
      ++content_.rows_read;
      if (std::optional<std::string> fault = parse_with_care(text, line)) content_.quarantine.add(line, *fault);
    }
  }

 private:
  /// The usual row, in one pass over its characters: plain decimals, nothing missing, a sound candle. Returns the
  /// beginning of the next line, or nullptr for a row that needs parse_with_care.
  const char* parse_plain_candle(const char* p, std::uint64_t line) {
    std::int64_t count = 0;
    std::string_view symbol;
    const std::size_t last = layout_.columns.size() - 1;
    for (std::size_t i = 0; i <= last; ++i) {
      const ColumnRole role = layout_.columns[i].role;
      if (static_cast<std::size_t>(role) < kCandleNumbers) {
        p = scan_decimal(p, numbers_[static_cast<std::size_t>(role)]);
      } else if (role == ColumnRole::time) {
        p = scan_integer(p, count);
      } else {
        const char* const field = p;
        while (*p != delimiter_ && *p != '\n') ++p;
        if (role == ColumnRole::symbol) symbol = trimmed({field, static_cast<std::size_t>(p - field)});
      }
      if (p == nullptr) return nullptr;
      if (i < last && *p++ != delimiter_) return nullptr;
    }
    if (*p == '\r') ++p;
    if (*p != '\n') return nullptr;
    const std::optional<Timestamp> time = market_time(count);
    if (!time) return nullptr;
    const Candle candle = candle_from(*time, numbers_);
    if (!is_sound(candle)) return nullptr;
    CandleRows* const rows = layout_.has_symbol ? candles_of(symbol) : current_candles_;
    if (rows == nullptr) return nullptr;
    add(*rows, candle, line);
    return p + 1;
  }

  /// Any row; what is wrong with it, if something is.
  std::optional<std::string> parse_with_care(std::string_view text, std::uint64_t line) {
    split(text, delimiter_, fields_);
    if (fields_.size() != layout_.columns.size())
      return "has " + std::to_string(fields_.size()) + " columns instead of " + std::to_string(layout_.columns.size());
    std::optional<Timestamp> time;
    std::string_view symbol;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const ColumnRole role = layout_.columns[i].role;
      if (role == ColumnRole::symbol) symbol = fields_[i];
      if (role != ColumnRole::time) continue;
      time = parse_market_time(fields_[i]);
      if (!time) return "'" + shown(fields_[i]) + "' is not a time between 2000 and 2100";
    }
    if (layout_.has_symbol && !normal_symbol(symbol)) return "'" + shown(symbol) + "' is not a symbol";
    return layout_.kind == TableLayout::Kind::candles ? take_candle(*time, symbol, line)
                                                      : take_context(*time, symbol, line);
  }

  std::optional<std::string> take_candle(Timestamp time, std::string_view symbol, std::uint64_t line) {
    std::array<double, kCandleNumbers> numbers;
    numbers.fill(kMissing);
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const auto number = static_cast<std::size_t>(layout_.columns[i].role);
      if (number >= kCandleNumbers) continue;
      const bool may_be_missing = number > static_cast<std::size_t>(ColumnRole::volume);
      if (fields_[i].empty() && may_be_missing) continue;
      const std::optional<double> value = parse_number(fields_[i]);
      if (!value) return "'" + shown(fields_[i]) + "' in column " + std::to_string(i + 1) + " is not a number";
      if (!std::isfinite(*value))
        return "'" + shown(fields_[i]) + "' in column " + std::to_string(i + 1) + " is not a finite number";
      numbers[number] = *value;
    }
    const Candle candle = candle_from(time, numbers);
    if (std::optional<std::string> fault = candle_fault(candle)) return fault;
    CandleRows* const rows = layout_.has_symbol ? candles_of(symbol) : current_candles_;
    if (rows == nullptr) return kTooManySymbols;
    add(*rows, candle, line);
    return std::nullopt;
  }

  void add(CandleRows& rows, const Candle& candle, std::uint64_t line) {
    if (rows.candles.size() >= limits_.max_rows()) return;  // the file is about to be refused
    make_room(rows.candles, limits_.max_rows());
    make_room(rows.lines, limits_.max_rows());
    rows.candles.push_back(candle);
    rows.lines.push_back(static_cast<std::uint32_t>(line));
  }

  std::optional<std::string> take_context(Timestamp time, std::string_view symbol, std::uint64_t line) {
    values_.assign(fields_.size(), kMissing);
    bool any = false;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (layout_.columns[i].role != ColumnRole::context || fields_[i].empty()) continue;
      const std::optional<double> value = parse_number(fields_[i]);
      if (!value) return "'" + shown(fields_[i]) + "' in column " + std::to_string(i + 1) + " is not a number";
      if (!std::isfinite(*value))
        return "'" + shown(fields_[i]) + "' in column " + std::to_string(i + 1) + " is not a finite number";
      if (*value < 0.0 && !may_be_negative(layout_.columns[i].context_name))
        return "'" + shown(fields_[i]) + "' in column " + std::to_string(i + 1) + " is negative";
      values_[i] = *value;
      any = true;
    }
    if (!any) return "holds no value";
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (std::isnan(values_[i])) continue;
      ContextRows* const rows = context_of(layout_.columns[i].context_name, symbol);
      if (rows == nullptr) return kTooManySymbols;
      rows->values.emplace_back(time, values_[i]);
      rows->lines.push_back(static_cast<std::uint32_t>(line));
    }
    return std::nullopt;
  }

  /// nullptr if the symbol is none, or one too many.
  CandleRows* candles_of(std::string_view symbol) {
    if (current_candles_ != nullptr && current_symbol_ == symbol) return current_candles_;
    if (!symbol.empty() && !normal_symbol(symbol)) return nullptr;
    if (layout_.has_symbol && symbol.empty()) return nullptr;
    const std::string name(symbol);
    if (content_.candles.size() >= limits_.max_symbols && candles_at_.count(name) == 0) return nullptr;
    const auto [found, is_new] = candles_at_.try_emplace(name, content_.candles.size());
    if (is_new) content_.candles.push_back({name, {}, {}});
    current_symbol_ = name;
    current_candles_ = &content_.candles[found->second];
    return current_candles_;
  }

  /// nullptr if it is one too many.
  ContextRows* context_of(const std::string& series, std::string_view symbol) {
    const std::pair<std::string, std::string> name(series, symbol);
    if (content_.context.size() >= limits_.max_symbols && context_at_.count(name) == 0) return nullptr;
    const auto [found, is_new] = context_at_.try_emplace(name, content_.context.size());
    if (is_new) content_.context.push_back({name.first, name.second, {}, {}});
    return &content_.context[found->second];
  }

  TableLayout layout_;
  char delimiter_;
  const ImportLimits& limits_;
  FileContent& content_;
  std::array<double, kCandleNumbers> numbers_{};
  std::vector<std::string_view> fields_;
  std::vector<double> values_;
  std::map<std::string, std::size_t, std::less<>> candles_at_;
  std::map<std::pair<std::string, std::string>, std::size_t> context_at_;
  CandleRows* current_candles_ = nullptr;
  std::string current_symbol_;
};

/// Rows of a file of which too many were read: the rest is counted, not kept, for as long as that is quick.
tl::unexpected<Error> refuse(LineReader& lines, std::uint64_t rows, const ImportLimits& limits) {
  constexpr std::uint64_t kMostCounted = 20;
  while (rows < kMostCounted * limits.max_rows()) {
    const Result<std::string_view> block = lines.next();
    if (!block) return forward_error(block);
    if (block->empty()) return too_many_rows(rows, ImportLimits::kRowBytes, RowsCounted::all, limits);
    rows += static_cast<std::uint64_t>(std::count(block->begin(), block->end(), '\n'));
  }
  return too_many_rows(rows, ImportLimits::kRowBytes, RowsCounted::at_least, limits);
}

/// A header is a first line whose fields are no numbers and no times.
bool is_header(const std::vector<std::string_view>& fields) {
  return std::none_of(fields.begin(), fields.end(), [](std::string_view field) {
    return parse_number(field).has_value() || parse_market_time(field).has_value();
  });
}

std::string format_name(const TableLayout& layout, std::size_t columns) {
  return std::string(layout.kind == TableLayout::Kind::candles ? "kline CSV, " : "context CSV, ") +
         std::to_string(columns) + " columns";
}

}  // namespace

Result<FileContent> read_csv(std::unique_ptr<ByteReader> bytes, const ImportLimits& limits,
                             std::uint64_t expected_bytes, const BarMeaning& bars) {
  LineReader lines(std::move(bytes), limits.max_line_bytes);
  Result<std::string_view> block = lines.next();
  if (!block) return forward_error(block);
  if (block->starts_with("\xEF\xBB\xBF")) block->remove_prefix(3);  // a byte order mark

  std::uint64_t line = 1;
  for (; !block->empty(); ++line) {
    const std::string_view first = block->substr(0, block->find('\n'));
    if (!trimmed(first).empty()) break;
    block->remove_prefix(first.size() + 1);
  }
  if (block->empty()) return fail(ErrorKind::data, "import.empty", "the file holds no rows", {}, "Export it again.");

  const std::string_view first = block->substr(0, block->find('\n'));
  const char delimiter = delimiter_of(first);
  std::vector<std::string_view> fields;
  split(first, delimiter, fields);
  const bool header = is_header(fields);
  std::vector<std::string> names;
  for (const std::string_view field : fields) names.push_back(shown(field));
  Result<TableLayout> layout = header ? layout_from_names(names, bars) : layout_from_first_row(fields, bars);
  if (!layout) return forward_error(layout);

  FileContent content(limits.max_quarantine_listed);
  content.format = format_name(*layout, fields.size()) + (header ? "" : " without header");
  if (header) {
    block->remove_prefix(first.size() + 1);
    ++line;
  }
  TableParser parser(*std::move(layout), delimiter, limits, content);
  if (!block->empty() && content.candles.size() == 1) {
    const auto lines_in_block = static_cast<std::uint64_t>(std::count(block->begin(), block->end(), '\n'));
    const std::uint64_t rows = std::max(expected_bytes, block->size()) / (block->size() / lines_in_block);
    content.candles[0].candles.reserve(std::min(rows, limits.max_rows()));
    content.candles[0].lines.reserve(std::min(rows, limits.max_rows()));
  }
  while (true) {
    parser.parse(*block, line);
    // Empty lines are no rows, but nobody needs so many of them.
    if (content.rows_read > limits.max_rows() || line > 4 * limits.max_rows()) return refuse(lines, line - 1, limits);
    block = lines.next();
    if (!block) return forward_error(block);
    if (block->empty()) break;
  }
  if (content.rows_read == 0)
    return fail(ErrorKind::data, "import.empty", "the file holds a header but no rows", {}, "Export it again.");
  return content;
}

}  // namespace clm
