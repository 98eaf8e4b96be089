#include "market/import/candle_json_reader.hpp"

#include <array>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <vector>

#include "market/import/import_number.hpp"
#include "market/import/table_layout.hpp"

namespace clm {
namespace {

constexpr std::size_t kFewestCells = 6;
constexpr std::size_t kMostCells = 12;

/// The characters of a document, one at a time, with the line that was reached.
class CharacterSource {
 public:
  CharacterSource(std::unique_ptr<ByteReader> bytes, const ImportLimits& limits)
      : bytes_(std::move(bytes)), limits_(limits), left_bytes_(limits.max_text_bytes()), buffer_(64 * 1024) {
    refill();
  }

  bool ended() const { return position_ == filled_; }
  char current() const { return buffer_[position_]; }
  void advance() {
    if (buffer_[position_] == '\n') ++line_;
    if (++position_ == filled_) refill();
    // The parser holds a text whole until it ends.
    if (++since_value_ > limits_.max_line_bytes) give_up_on_value();
  }
  /// A value is complete.
  void value_done() const { since_value_ = 0; }
  std::uint64_t line() const { return line_; }
  /// Why the characters ended before the document did.
  const Status& status() const { return status_; }

 private:
  void refill() {
    position_ = filled_ = 0;
    const Result<std::size_t> got = bytes_->read(buffer_);
    if (!got) {
      status_ = forward_error(got);
    } else if (*got > left_bytes_) {
      status_ = too_much_text(limits_);
    } else {
      filled_ = *got;
      left_bytes_ -= *got;
    }
  }

  void give_up_on_value() {
    position_ = filled_ = 0;
    status_ = fail(ErrorKind::data, "import.too_large",
                   "a single value or blank of more than " + std::to_string(limits_.max_line_bytes) + " bytes",
                   "line " + std::to_string(line_), "This is no table of market data: export it again.");
  }

  std::unique_ptr<ByteReader> bytes_;
  ImportLimits limits_;
  std::uint64_t left_bytes_;
  mutable std::uint64_t since_value_ = 0;
  std::vector<char> buffer_;
  std::size_t position_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t line_ = 1;
  Status status_;
};

/// What nlohmann's parser reads from; the end is an iterator without a source.
class CharacterIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  CharacterIterator() = default;
  explicit CharacterIterator(CharacterSource& source) : source_(&source) {}
  char operator*() const { return source_->current(); }
  CharacterIterator& operator++() {
    source_->advance();
    return *this;
  }
  CharacterIterator operator++(int) {
    const CharacterIterator before = *this;
    source_->advance();
    return before;
  }
  bool operator==(const CharacterIterator& other) const { return at_end() == other.at_end(); }
  bool operator!=(const CharacterIterator& other) const { return !(*this == other); }

 private:
  bool at_end() const { return source_ == nullptr || source_->ended(); }
  CharacterSource* source_ = nullptr;
};

/// A row while it is being read.
struct RowInProgress {
  std::uint64_t line = 0;
  bool is_array = false;
  std::size_t cells = 0;
  std::optional<Timestamp> time;
  std::array<double, kMostCells> values{};  // an array's cells, or a candle's numbers by role
  bool any_price = false;
  std::string symbol;
  std::string fault;
};

/// Takes the parser's events and turns them into candles. Returning false stops the parser.
class CandleHandler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  CandleHandler(const CharacterSource& source, const ImportLimits& limits, const BarMeaning& bars)
      : source_(source), limits_(limits), bars_(bars), content_(limits.max_quarantine_listed) {
    content_.format = "candle JSON";
    content_.candles.emplace_back();
  }

  bool null() override { return value_is({}, "null"); }
  bool boolean(bool value) override { return value_is({}, value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return number(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return number(static_cast<double>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return number(value); }
  bool binary(binary_t&) override { return true; }

  bool string(string_t& text) override {
    source_.value_done();
    if (depth_ == 1 && !in_rows()) {
      if (key_ == "symbol") content_.candles[0].symbol = text;
      if (key_ == "interval" || key_ == "timeframe") return take_interval(text);
      return true;
    }
    if (in_row() && !row_.is_array && candle_role(key_) == ColumnRole::symbol) {
      row_.symbol = text;
      return true;
    }
    if (in_row() && is_time_cell()) {
      row_.time = parse_market_time(text);
      if (!row_.time) row_fault("'" + shown(text) + "' is not a time between 2000 and 2100");
      ++row_.cells;
      return true;
    }
    return value_is(parse_number(text), text);
  }

  bool start_object(std::size_t) override { return start(false); }
  bool start_array(std::size_t) override { return start(true); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }

  bool key(string_t& name) override {
    source_.value_done();
    if (in_row() || depth_ == 1) key_ = name;
    if (depth_ == 1 && is_trade_name(name)) trade_name_seen_ = true;
    if (in_row() && is_trade_name(name)) trade_name_seen_ = true;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) override {
    const std::string what = error.what();
    const std::size_t detail = what.find("syntax error");
    error_ = Error{ErrorKind::data, "json.syntax", shown(detail == std::string::npos ? what : what.substr(detail), 160),
                   "line " + std::to_string(source_.line()), "The file is damaged or is no JSON: export it again."};
    return false;
  }

  Result<FileContent> finish() && {
    if (!source_.status()) return forward_error(source_.status());
    if (error_) return tl::unexpected<Error>(*error_);
    if (!rows_seen_)
      return not_candles(trade_name_seen_ ? "a log of trades or signals, not candles"
                                          : "JSON without an array of candles");
    if (content_.rows_read == 0)
      return fail(ErrorKind::data, "import.empty", "the file holds no candles", {}, "Export it again.");
    if (!bars_.series.empty()) {
      series_.name = bars_.series;
      series_.symbol = content_.candles[0].symbol;
      content_.candles.clear();
      if (!series_.values.empty()) content_.context.push_back(std::move(series_));
    }
    return std::move(content_);
  }

 private:
  static tl::unexpected<Error> not_candles(std::string message) {
    return fail(ErrorKind::data, "import.not_candles", std::move(message), {},
                "Give candles: {symbol, interval, candles: [..]} or an array of klines.");
  }
  bool stop(tl::unexpected<Error> error) {
    error_ = std::move(error.value());
    return false;
  }

  bool in_rows() const { return rows_depth_ != 0 && depth_ >= rows_depth_; }
  bool in_row() const { return rows_depth_ != 0 && depth_ == rows_depth_ + 1; }
  bool is_time_cell() const {
    return row_.is_array ? row_.cells == 0 : candle_role(key_) == ColumnRole::time && !row_.time;
  }

  bool start(bool is_array) {
    constexpr std::size_t kDeepest = 64;
    source_.value_done();
    if (depth_ >= kDeepest)
      return stop(fail(ErrorKind::data, "import.not_candles",
                       "lists within lists, " + std::to_string(kDeepest) + " deep",
                       "line " + std::to_string(source_.line()),
                       "Give candles: {symbol, interval, candles: [..]} or an array of klines."));
    if (rows_depth_ == 0 && is_array &&
        (depth_ == 0 ||
         (depth_ == 1 && !root_is_array_ && (key_ == "candles" || key_ == "klines" || key_ == "data")))) {
      rows_depth_ = depth_ + 1;
      rows_seen_ = true;
    } else if (in_rows() && depth_ == rows_depth_) {
      row_ = RowInProgress{};
      row_.line = source_.line();
      row_.is_array = is_array;
      row_.values.fill(kMissing);
    } else if (in_row()) {
      row_fault("a value is a list or an object");
    }
    if (depth_ == 0) root_is_array_ = is_array;
    ++depth_;
    return true;
  }

  bool end() {
    source_.value_done();
    const bool row_ends = in_row();
    --depth_;
    if (row_ends) return finish_row();
    if (rows_depth_ != 0 && depth_ + 1 == rows_depth_) rows_depth_ = 0;
    return true;
  }

  bool take_interval(const std::string& text) {
    const Result<Interval> interval = Interval::parse(text);
    if (!interval)
      return stop(fail(ErrorKind::data, "interval.unknown", "the file states the interval '" + shown(text) + "'", {},
                       "Known are 1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w."));
    content_.interval = *interval;
    return true;
  }

  void row_fault(std::string fault) {
    if (row_.fault.empty()) row_.fault = std::move(fault);
  }

  bool number(double value) {
    source_.value_done();
    if (in_row() && is_time_cell()) {
      // Below 9e18 the conversion is defined; no market time is larger in any unit.
      row_.time = std::fabs(value) < 9e18 ? market_time(static_cast<std::int64_t>(value)) : std::nullopt;
      if (!row_.time) row_fault(shown(std::to_string(value)) + " is not a time between 2000 and 2100");
      ++row_.cells;
      return true;
    }
    return value_is(value, {});
  }

  /// A value that is no time: a number, or `text` that is none.
  bool value_is(std::optional<double> value, std::string_view text) {
    source_.value_done();
    if (!in_row()) {
      if (in_rows() && depth_ == rows_depth_) {
        ++content_.rows_read;
        content_.quarantine.add(source_.line(), "is not a row");
        if (content_.rows_read > limits_.max_rows())
          return stop(too_many_rows(content_.rows_read, ImportLimits::kRowBytes, RowsCounted::at_least, limits_));
      }
      return true;
    }
    std::size_t at = row_.cells++;
    if (!row_.is_array) {
      const auto role = static_cast<std::size_t>(candle_role(key_));
      if (role >= kCandleNumbers) return true;
      at = role;
      row_.any_price = row_.any_price || at <= static_cast<std::size_t>(ColumnRole::close);
    }
    if (at >= kMostCells) return true;
    if (value && std::isfinite(*value))
      row_.values[at] = *value;
    else if (!row_.is_array || at <= 5)
      row_fault("'" + shown(text) + "' for " + (row_.is_array ? "cell " + std::to_string(at + 1) : shown(key_)) +
                " is not a finite number");
    return true;
  }

  /// The candle's numbers of an array in kline order: the cell after the volume may be the close time.
  Candle candle_of_array() const {
    const auto& v = row_.values;
    const double close_time = v[6];
    const bool has_close_time = close_time >= 0.0 && close_time < 9e18 && [&] {
      const auto time = market_time(static_cast<std::int64_t>(close_time));
      return time && *time >= *row_.time && *time - *row_.time <= std::chrono::hours(31 * 24);
    }();
    const std::size_t next = has_close_time ? 7 : 6;
    return {*row_.time, v[1], v[2], v[3], v[4], v[5], v[next], v[next + 1], v[next + 2], v[next + 3]};
  }

  bool finish_row() {
    ++content_.rows_read;
    if (content_.rows_read > limits_.max_rows())
      return stop(too_many_rows(content_.rows_read, ImportLimits::kRowBytes, RowsCounted::at_least, limits_));
    if (content_.rows_read == 1 && !row_.is_array && !row_.any_price)
      return stop(not_candles(trade_name_seen_ ? "a log of trades or signals, not candles"
                                               : "a list of records without open, high, low and close"));
    if (row_.is_array && (row_.cells < kFewestCells || row_.cells > kMostCells))
      row_fault("has " + std::to_string(row_.cells) + " cells; klines have 6 to 12");
    if (!row_.time) row_fault("has no time");
    CandleRows& rows = content_.candles[0];
    if (!row_.symbol.empty()) {
      if (rows.symbol.empty()) rows.symbol = row_.symbol;
      if (rows.symbol != row_.symbol) row_fault("belongs to the symbol '" + shown(row_.symbol) + "'");
    }
    if (row_.fault.empty()) {
      const auto& v = row_.values;
      const Candle candle =
          row_.is_array ? candle_of_array() : Candle{*row_.time, v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8]};
      if (!bars_.series.empty()) return take_value(candle);
      if (std::isnan(candle.volume)) row_fault("has no volume");
      if (std::optional<std::string> fault = candle_fault(candle)) row_fault(*fault);
      if (row_.fault.empty()) {
        make_room(rows.candles, limits_.max_rows());
        make_room(rows.lines, limits_.max_rows());
        rows.candles.push_back(candle);
        rows.lines.push_back(static_cast<std::uint32_t>(row_.line));
        return true;
      }
    }
    content_.quarantine.add(row_.line, std::move(row_.fault));
    return true;
  }

  /// The one price of a bar that nobody traded.
  bool take_value(const Candle& bar) {
    const double value = bars_.value == BarMeaning::Value::open ? bar.open : bar.close;
    if (std::isnan(value) || (value < 0.0 && !may_be_negative(bars_.series))) {
      content_.quarantine.add(row_.line, std::isnan(value) ? "holds no value" : "is negative");
      return true;
    }
    series_.values.emplace_back(bar.open_time, value);
    series_.lines.push_back(static_cast<std::uint32_t>(row_.line));
    return true;
  }

  const CharacterSource& source_;
  const ImportLimits& limits_;
  const BarMeaning& bars_;
  FileContent content_;
  ContextRows series_;  // where the rows are no candles
  std::optional<Error> error_;
  std::string key_;
  RowInProgress row_;
  std::size_t depth_ = 0;
  std::size_t rows_depth_ = 0;  // depth inside the array of rows; 0 = not there
  bool root_is_array_ = false;
  bool rows_seen_ = false;
  bool trade_name_seen_ = false;
};

}  // namespace

Result<FileContent> read_candle_json(std::unique_ptr<ByteReader> bytes, const ImportLimits& limits,
                                     const BarMeaning& bars) {
  CharacterSource source(std::move(bytes), limits);
  CandleHandler handler(source, limits, bars);
  // Not strict: what follows the first object of a JSON-lines log would hide what the file is.
  const bool whole = nlohmann::json::sax_parse(CharacterIterator(source), CharacterIterator(), &handler,
                                               nlohmann::json::input_format_t::json, false);
  Result<FileContent> content = std::move(handler).finish();
  if (!content || !whole) return content;
  while (!source.ended()) {
    const char c = source.current();
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
      return fail(ErrorKind::data, "json.syntax", "more text after the end of the JSON document",
                  "line " + std::to_string(source.line()), "One document per file.");
    source.advance();
  }
  if (!source.status()) return forward_error(source.status());
  return content;
}

}  // namespace clm
