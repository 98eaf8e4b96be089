#include "adapters/binance/binance_answers.hpp"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

namespace clm {
namespace {

using nlohmann::json;

constexpr std::size_t kKlineColumns = 11;  // the twelfth is unused and may be absent

tl::unexpected<Error> not_understood(const std::string& what, std::size_t row, const std::string& where) {
  return fail(ErrorKind::data, "fetch.response", "row " + std::to_string(row) + " of the answer: " + what, where,
              "The exchange's format may have changed; nothing of this answer was stored.");
}

template <typename Number>
std::optional<Number> parse_whole(const std::string& text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

/// Numbers come as decimal strings, counts as numbers; both are taken in both forms. Finite only.
std::optional<double> number_of(const json& value) {
  std::optional<double> number;
  if (value.is_string()) number = parse_whole<double>(value.get_ref<const std::string&>());
  if (value.is_number()) number = value.get<double>();
  return number && std::isfinite(*number) ? number : std::nullopt;
}

/// A plausible moment in ms: 2001 .. 2286. Seconds and microseconds fall outside.
std::optional<Timestamp> time_of(const json& value) {
  std::optional<std::int64_t> ms;
  if (value.is_string()) ms = parse_whole<std::int64_t>(value.get_ref<const std::string&>());
  if (value.is_number_integer()) ms = value.get<std::int64_t>();
  if (!ms || *ms < 1'000'000'000'000 || *ms >= 10'000'000'000'000) return std::nullopt;
  return Timestamp(*ms);
}

Status check_list(const json& answer, const std::string& where) {
  if (answer.is_array()) return {};
  return fail(ErrorKind::data, "fetch.response", std::string("the answer is not a list but ") + answer.type_name(),
              where, "The exchange's format may have changed; nothing of this answer was stored.");
}

Result<std::vector<BinancePoint>> parse_points(const json& answer, const char* time_name, const char* value_name,
                                               const std::string& where) {
  if (Status list = check_list(answer, where); !list) return forward_error(list);
  std::vector<BinancePoint> points;
  points.reserve(answer.size());
  for (const json& row : answer) {
    if (!row.is_object() || !row.contains(time_name) || !row.contains(value_name))
      return not_understood(std::string("no ") + time_name + " or no " + value_name, points.size() + 1, where);
    const std::optional<Timestamp> time = time_of(row[time_name]);
    const std::optional<double> value = number_of(row[value_name]);
    if (!time) return not_understood(std::string(time_name) + " is not a time in ms", points.size() + 1, where);
    if (!value) return not_understood(std::string(value_name) + " is not a number", points.size() + 1, where);
    points.push_back({*time, *value});
  }
  return points;
}

}  // namespace

Result<std::vector<Candle>> parse_klines(const json& answer, const std::string& where) {
  if (Status list = check_list(answer, where); !list) return forward_error(list);
  std::vector<Candle> candles;
  candles.reserve(answer.size());
  for (const json& row : answer) {
    const std::size_t number = candles.size() + 1;
    if (!row.is_array() || row.size() < kKlineColumns)
      return not_understood("not a kline of 12 columns", number, where);
    const std::optional<Timestamp> open_time = time_of(row[0]);
    if (!open_time) return not_understood("the open time is not a time in ms", number, where);
    Candle candle;
    candle.open_time = *open_time;
    struct Column {
      std::size_t index;
      const char* name;
      double* field;
    };
    const Column columns[] = {{1, "open", &candle.open},
                              {2, "high", &candle.high},
                              {3, "low", &candle.low},
                              {4, "close", &candle.close},
                              {5, "volume", &candle.volume},
                              {7, "quote volume", &candle.quote_volume},
                              {8, "trades", &candle.trades},
                              {9, "taker buy volume", &candle.taker_buy_volume},
                              {10, "taker buy quote volume", &candle.taker_buy_quote_volume}};
    for (const Column& column : columns) {
      const std::optional<double> value = number_of(row[column.index]);
      if (!value) return not_understood(std::string(column.name) + " is not a number", number, where);
      *column.field = *value;
    }
    candles.push_back(candle);
  }
  return candles;
}

Result<std::vector<BinancePoint>> parse_funding_rates(const json& answer, const std::string& where) {
  return parse_points(answer, "fundingTime", "fundingRate", where);
}

Result<std::vector<BinancePoint>> parse_open_interest(const json& answer, const std::string& where) {
  return parse_points(answer, "timestamp", "sumOpenInterest", where);
}

}  // namespace clm
