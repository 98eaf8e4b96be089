#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "market/candle.hpp"

/// What the readers of single files hand to the importer: rows as the file had them, with the line each came from.
namespace clm {

/// Bounds of one import, so that no file can take all memory or time.
struct ImportLimits {
  std::uint64_t max_file_bytes = std::uint64_t{4} << 30;    ///< of one file, inflated
  std::uint64_t max_json_bytes = std::uint64_t{256} << 20;  ///< of one JSON document, inflated
  std::uint64_t max_rows = 20'000'000;                      ///< of one file; 80 bytes of memory each
  std::size_t max_line_bytes = 64 * 1024;                   ///< 1 .. 1 MiB
  std::size_t max_quarantine_listed = 1'000;                ///< further bad rows are counted only
};

/// A row that was left out, and why. `line` counts from 1; in files without lines it is the row, from 1; 0 stands
/// for many rows of the file, whose number the reason states.
struct QuarantinedRow {
  std::string file;
  std::uint64_t line = 0;
  std::string reason;
};

/// Bad rows: all are counted, the first ones are listed.
class Quarantine {
 public:
  explicit Quarantine(std::size_t max_listed) : max_listed_(max_listed) {}

  void add(std::uint64_t line, std::string reason) {
    ++count_;
    if (rows_.size() < max_listed_) rows_.emplace_back(QuarantinedRow{{}, line, std::move(reason)});
  }
  /// Many rows for one reason, listed once; their line is 0.
  void add_all(std::uint64_t rows, std::string reason) {
    count_ += rows;
    if (rows_.size() < max_listed_) rows_.emplace_back(QuarantinedRow{{}, 0, std::move(reason)});
  }
  std::uint64_t count() const { return count_; }
  const std::vector<QuarantinedRow>& rows() const { return rows_; }
  std::vector<QuarantinedRow>& rows() { return rows_; }

 private:
  std::size_t max_listed_;
  std::uint64_t count_ = 0;
  std::vector<QuarantinedRow> rows_;
};

/// The candles of one symbol in the order of the file. `lines[i]` is where `candles[i]` came from.
struct CandleRows {
  std::string symbol;  ///< as the file writes it; empty when it does not say
  std::vector<Candle> candles;
  std::vector<std::uint32_t> lines;
};

/// The values of one context series ("funding_rate") of one symbol, in the order of the file.
struct ContextRows {
  std::string name;
  std::string symbol;  ///< empty when the file does not say, or the series is the whole market's
  std::vector<std::pair<Timestamp, double>> values;
  std::vector<std::uint32_t> lines;
};

/// What the bars of a file are, where its name says that nobody traded at them.
struct BarMeaning {
  enum class Value { open, close };
  std::string series;          ///< the context series they hold; empty: candles
  Value value = Value::close;  ///< which of a bar's prices holds it
};

/// True for context series whose values may be below zero: funding rates and premiums.
bool may_be_negative(std::string_view context_name);

/// All that a file holds. Either candles or context series are there, never both.
struct FileContent {
  explicit FileContent(std::size_t max_quarantine_listed) : quarantine(max_quarantine_listed) {}

  std::string format;                ///< for people: "kline CSV, 10 columns"
  std::optional<Interval> interval;  ///< where the content states one
  std::uint64_t rows_read = 0;       ///< data rows, the bad ones included
  std::vector<CandleRows> candles;
  std::vector<ContextRows> context;
  Quarantine quarantine;
};

/// Why a candle cannot be one: a price that is missing, not finite or not positive, a negative volume, a high below the
/// low, an open or close outside of them by more than rounding (1e-8 relative). None for a sound candle.
std::optional<std::string> candle_fault(const Candle& candle);

/// Sources that compute prices (means, other quote currencies) leave the last bits of a double unequal.
inline constexpr double kPriceRounding = 1e-8;

/// The same as yes or no, about 2 ns.
inline bool is_sound(const Candle& c) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  const auto is_usable_amount = [](double v) { return !(v < 0.0) && !(v > kLargest); };  // missing is NaN, and usable
  const double highest = c.high + kPriceRounding * c.high;
  const double lowest = c.low - kPriceRounding * c.high;
  return c.low > 0.0 && c.high >= c.low && c.high <= kLargest && c.open <= highest && c.open >= lowest &&
         c.close <= highest && c.close >= lowest && is_usable_amount(c.volume) && is_usable_amount(c.quote_volume) &&
         is_usable_amount(c.trades) && is_usable_amount(c.taker_buy_volume) &&
         is_usable_amount(c.taker_buy_quote_volume);
}

/// Text of a file, fit to be shown to a person or written as JSON: what is not printable ASCII becomes '?', and what is
/// longer than 40 characters is cut.
std::string shown(std::string_view text);

/// The symbol as the store names it: "ETH/BTC", "eth_btc" -> "ETHBTC"; a delivery date stays apart ("BTCUSDT_230630").
/// None if it is not 1 to 32 letters and digits.
std::optional<std::string> normal_symbol(std::string_view text);

/// Error `import.too_many_rows` (data).
tl::unexpected<Error> too_many_rows(std::uint64_t max_rows);

}  // namespace clm
