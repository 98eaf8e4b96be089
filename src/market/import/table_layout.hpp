#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "market/import/import_rows.hpp"

namespace clm {

/// The numbers of a candle, in the order of Candle's members.
inline constexpr std::size_t kCandleNumbers = 9;

/// What a table's column means. The candle's numbers come first, so that they can index an array.
enum class ColumnRole : std::uint8_t {
  open,
  high,
  low,
  close,
  volume,
  quote_volume,
  trades,
  taker_buy_volume,
  taker_buy_quote_volume,
  skip,
  time,
  symbol,
  context
};

struct TableColumn {
  ColumnRole role = ColumnRole::skip;
  std::string context_name;  ///< "funding_rate"; only for ColumnRole::context
};

/// How the columns of a table are to be read.
struct TableLayout {
  enum class Kind { candles, context };
  Kind kind = Kind::candles;
  std::vector<TableColumn> columns;
  bool has_symbol = false;
};

/// What a name means for a candle: "o", "Open", "quote asset volume"; ColumnRole::skip if nothing. Names are compared
/// in lower case, blanks and hyphens as '_'.
ColumnRole candle_role(std::string_view name);

/// True for names that only a log of trades or signals has.
bool is_trade_name(std::string_view name);

/// The layout that column names say, for CSV and columnar files alike; where they are those of bars, `bars` says what
/// these are. Errors (data):
/// `import.not_candles` for tables known to be something else (trades), `import.unknown_format` naming what is missing.
Result<TableLayout> layout_from_names(const std::vector<std::string>& names, const BarMeaning& bars = {});

/// Binance's kline order for a table without header, from its first row. Error `import.unknown_format` (data).
Result<TableLayout> layout_from_first_row(const std::vector<std::string_view>& fields, const BarMeaning& bars = {});

}  // namespace clm
