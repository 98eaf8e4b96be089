#include "market/import/table_layout.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <utility>

#include "base/shown_text.hpp"
#include "market/import/import_number.hpp"

namespace clm {
namespace {

struct KnownName {
  std::string_view name;
  ColumnRole role;
};

constexpr KnownName kCandleNames[] = {
    {"open_time", ColumnRole::time},
    {"opentime", ColumnRole::time},
    {"timestamp", ColumnRole::time},
    {"time", ColumnRole::time},
    {"date", ColumnRole::time},
    {"datetime", ColumnRole::time},
    {"ts", ColumnRole::time},
    {"ts_ms", ColumnRole::time},
    {"unix", ColumnRole::time},
    {"funding_time", ColumnRole::time},
    {"fundingtime", ColumnRole::time},
    {"calc_time", ColumnRole::time},
    {"create_time", ColumnRole::time},
    {"symbol", ColumnRole::symbol},
    {"pair", ColumnRole::symbol},
    {"open", ColumnRole::open},
    {"o", ColumnRole::open},
    {"high", ColumnRole::high},
    {"h", ColumnRole::high},
    {"low", ColumnRole::low},
    {"l", ColumnRole::low},
    {"close", ColumnRole::close},
    {"c", ColumnRole::close},
    {"v", ColumnRole::volume},
    {"t", ColumnRole::time},
    {"volume", ColumnRole::volume},
    {"base_volume", ColumnRole::volume},
    {"vol", ColumnRole::volume},
    {"quote_volume", ColumnRole::quote_volume},
    {"quotevolume", ColumnRole::quote_volume},
    {"quote_asset_volume", ColumnRole::quote_volume},
    {"quote_vol", ColumnRole::quote_volume},
    {"trades", ColumnRole::trades},
    {"count", ColumnRole::trades},
    {"num_trades", ColumnRole::trades},
    {"number_of_trades", ColumnRole::trades},
    {"trade_count", ColumnRole::trades},
    {"tradecount", ColumnRole::trades},
    {"taker_buy_volume", ColumnRole::taker_buy_volume},
    {"taker_buy_base", ColumnRole::taker_buy_volume},
    {"taker_buy_base_volume", ColumnRole::taker_buy_volume},
    {"taker_buy_base_asset_volume", ColumnRole::taker_buy_volume},
    {"taker_buy_quote", ColumnRole::taker_buy_quote_volume},
    {"taker_buy_quote_volume", ColumnRole::taker_buy_quote_volume},
    {"taker_buy_quote_asset_volume", ColumnRole::taker_buy_quote_volume},
};

struct ContextName {
  std::string_view column;
  std::string_view series;
};

constexpr ContextName kContextNames[] = {
    {"funding_rate", "funding_rate"},
    {"fundingrate", "funding_rate"},
    {"last_funding_rate", "funding_rate"},
    {"funding_mean", "funding_daily_mean"},
    {"sum_open_interest", "open_interest"},
    {"sum_open_interest_value", "open_interest_value"},
    {"count_toptrader_long_short_ratio", "count_toptrader_long_short_ratio"},
    {"sum_toptrader_long_short_ratio", "sum_toptrader_long_short_ratio"},
    {"count_long_short_ratio", "count_long_short_ratio"},
    {"sum_taker_long_short_vol_ratio", "sum_taker_long_short_vol_ratio"},
};

std::string normal_name(std::string_view name) {
  while (!name.empty() && (name.front() == ' ' || name.front() == '"')) name.remove_prefix(1);
  while (!name.empty() && (name.back() == ' ' || name.back() == '"')) name.remove_suffix(1);
  std::string normal(name);
  for (char& c : normal)
    c = c == ' ' || c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return normal;
}

std::string joined(const std::vector<std::string>& names) {
  constexpr std::size_t kShownColumns = 12;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShownColumns); ++i)
    text += (i == 0 ? "" : ", ") + shown(names[i]);
  return names.size() > kShownColumns ? text + ", .." : text;
}

/// Of bars that nobody traded one price is left: the value of a context series.
void keep_one_price(TableLayout& layout, const BarMeaning& bars) {
  layout.kind = TableLayout::Kind::context;
  const ColumnRole value = bars.value == BarMeaning::Value::open ? ColumnRole::open : ColumnRole::close;
  for (TableColumn& column : layout.columns)
    if (column.role == value)
      column = {ColumnRole::context, bars.series};
    else if (static_cast<std::size_t>(column.role) < kCandleNumbers)
      column.role = ColumnRole::skip;
}

tl::unexpected<Error> unknown_format(std::string message) {
  return fail(
      ErrorKind::data, "import.unknown_format", std::move(message), {},
      "Candles need a time, open, high, low, close and volume; context series a time and a known column such as "
      "funding_rate or sum_open_interest.");
}

}  // namespace

ColumnRole candle_role(std::string_view name) {
  const std::string normal = normal_name(name);
  const auto* known =
      std::find_if(std::begin(kCandleNames), std::end(kCandleNames), [&](const auto& k) { return k.name == normal; });
  return known == std::end(kCandleNames) ? ColumnRole::skip : known->role;
}

bool is_trade_name(std::string_view name) {
  constexpr std::string_view kTradeNames[] = {"entry_price", "exit_price", "pnl_percent", "is_buyer_maker",
                                              "side",        "signal",     "trade_id"};
  const std::string normal = normal_name(name);
  return std::find(std::begin(kTradeNames), std::end(kTradeNames), normal) != std::end(kTradeNames);
}

Result<TableLayout> layout_from_names(const std::vector<std::string>& names, const BarMeaning& bars) {
  TableLayout layout;
  std::array<int, kCandleNumbers> seen{};
  bool has_time = false;
  bool has_context = false;
  std::size_t plain_value_column = names.size();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = normal_name(names[i]);
    TableColumn column{candle_role(name), {}};
    const auto* context_name = std::find_if(std::begin(kContextNames), std::end(kContextNames),
                                            [&](const auto& k) { return k.column == name; });
    if (is_trade_name(name))
      return fail(ErrorKind::data, "import.not_candles", "a table of trades, not candles (column " + name + ")", {},
                  "Give candles or context series.");
    if (context_name != std::end(kContextNames)) column = {ColumnRole::context, std::string(context_name->series)};
    if (name == "value") plain_value_column = i;
    // A second column of the same meaning (time and date) says the same in other words.
    if (column.role == ColumnRole::time && std::exchange(has_time, true)) column.role = ColumnRole::skip;
    if (column.role == ColumnRole::symbol && std::exchange(layout.has_symbol, true)) column.role = ColumnRole::skip;
    if (static_cast<std::size_t>(column.role) < kCandleNumbers && seen[static_cast<std::size_t>(column.role)]++ > 0)
      return unknown_format("two columns mean the same: " + shown(names[i]));
    has_context = has_context || column.role == ColumnRole::context;
    layout.columns.push_back(std::move(column));
  }
  if (!has_time) return unknown_format("no column holds a time: " + joined(names));
  const bool has_prices = seen[0] && seen[1] && seen[2] && seen[3];
  if (has_prices && !has_context) {
    if (!bars.series.empty())
      keep_one_price(layout, bars);
    else if (!seen[4])
      keep_one_price(layout, {"mark_price", BarMeaning::Value::close});  // bars without volume
    return layout;
  }
  layout.kind = TableLayout::Kind::context;
  for (TableColumn& column : layout.columns)
    if (static_cast<std::size_t>(column.role) < kCandleNumbers) column.role = ColumnRole::skip;
  if (!has_context && plain_value_column < names.size() && !layout.has_symbol && names.size() <= 4) {
    layout.columns[plain_value_column] = {ColumnRole::context, "value"};
    return layout;
  }
  if (!has_context)
    return unknown_format("the columns are neither candles nor a known context series: " + joined(names));
  return layout;
}

Result<TableLayout> layout_from_first_row(const std::vector<std::string_view>& fields, const BarMeaning& bars) {
  constexpr std::size_t kFewestColumns = 6;
  constexpr std::size_t kMostColumns = 12;
  if (fields.size() < kFewestColumns || fields.size() > kMostColumns)
    return unknown_format("a table without header and with " + std::to_string(fields.size()) +
                          " columns; klines have 6 to 12");
  const std::optional<Timestamp> open_time = parse_market_time(fields[0]);
  if (!open_time) return unknown_format("the first column of a table without header is not a time");
  const std::optional<Timestamp> close_time =
      fields.size() > kFewestColumns ? parse_market_time(fields[6]) : std::nullopt;
  constexpr auto kLongestBar = std::chrono::hours(31 * 24);
  const bool has_close_time = close_time && *close_time >= *open_time && *close_time - *open_time <= kLongestBar;

  std::vector<ColumnRole> roles = {ColumnRole::time, ColumnRole::open,  ColumnRole::high,
                                   ColumnRole::low,  ColumnRole::close, ColumnRole::volume};
  if (has_close_time) roles.push_back(ColumnRole::skip);
  for (const ColumnRole role : {ColumnRole::quote_volume, ColumnRole::trades, ColumnRole::taker_buy_volume,
                                ColumnRole::taker_buy_quote_volume, ColumnRole::skip, ColumnRole::skip})
    roles.push_back(role);
  TableLayout layout;
  for (std::size_t i = 0; i < fields.size(); ++i) layout.columns.push_back({roles[i], {}});
  if (!bars.series.empty()) keep_one_price(layout, bars);
  return layout;
}

}  // namespace clm
