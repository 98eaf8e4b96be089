#include "market/import/freqtrade_name.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "market/import/import_rows.hpp"
#include "market/series/symbol_name.hpp"

namespace clm {
namespace {

using Type = FreqtradeName::Type;
constexpr std::array<std::pair<std::string_view, Type>, 7> kTypes{{{"spot", Type::spot},
                                                                   {"futures", Type::futures},
                                                                   {"mark", Type::mark},
                                                                   {"index", Type::index},
                                                                   {"premiumIndex", Type::premium_index},
                                                                   {"funding_rate", Type::funding_rate},
                                                                   {"trades", Type::trades}}};

/// The exchanges whose folders are known as such wherever they lie, by the names that ccxt gives them.
constexpr std::string_view kExchanges[] = {
    "binance",     "binanceus",     "bingx",   "bitfinex",    "bitget",   "bitmart", "bitmex",    "bitpanda",
    "bitstamp",    "bittrex",       "bitvavo", "bybit",       "coinbase", "gate",    "cryptocom", "gateio",
    "coinbasepro", "deribit",       "ftx",     "htx",         "huobi",    "kraken",  "kucoin",    "mexc",
    "myokx",       "krakenfutures", "okex",    "hyperliquid", "okx",      "phemex",  "poloniex",  "upbit"};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// "5m", "1Mo": digits, then one or two letters.
bool is_timeframe(std::string_view text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos || text.size() - digits > 2) return false;
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(digits), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

/// A currency as exchanges write it: letters of any script and digits.
bool is_currency(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80;
  });
}

/// Fills in what the pair says: BASE_QUOTE[_SETTLE[-DATE[-STRIKE-C|P]]].
bool take_pair(std::string_view pair, FreqtradeName& name) {
  const std::vector<std::string_view> contract = split(pair, '-');
  const std::vector<std::string_view> currencies = split(contract[0], '_');
  if (currencies.size() < 2 || currencies.size() > 3) return false;
  if (!std::all_of(currencies.begin(), currencies.end(), is_currency)) return false;
  // BTCUSD_PERP is how Binance itself names a contract.
  if (!is_ticker(currencies[1]) || currencies[1] == "PERP") return false;
  std::string symbol = std::string(currencies[0]) + std::string(currencies[1]);
  if (currencies.size() == 3) {
    if (currencies[2] != currencies[1]) symbol += currencies[2];
    name.settled_in_base = currencies[2] == currencies[0] && currencies[2] != currencies[1];
  }
  if (contract.size() > 1) {
    if (currencies.size() != 3 || contract[1].size() != kDateDigits || !all_digits(contract[1])) return false;
    symbol += "_" + std::string(contract[1]);
    if (contract.size() > 2) name.type = Type::option;
  }
  const std::optional<std::string> normal = normal_symbol(symbol);
  if (!normal) return false;
  name.symbol = *normal;
  return true;
}

std::optional<std::string> exchange_of(const std::filesystem::path& path) {
  std::filesystem::path folder = path.parent_path();
  if (folder.filename() == "futures") folder = folder.parent_path();
  const std::string name = folder.filename().string();
  const bool known = std::find(std::begin(kExchanges), std::end(kExchanges), name) != std::end(kExchanges);
  const std::filesystem::path data = folder.parent_path();
  const bool at_home = data.filename() == "data" && data.parent_path().filename() == "user_data";
  if (!known && !at_home) return std::nullopt;
  return name;
}

}  // namespace

std::string data_file_stem(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  const auto ends_so = [&](std::string_view extension) {
    return name.size() > extension.size() &&
           std::equal(extension.rbegin(), extension.rend(), name.rbegin(), [](char a, char b) {
             return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
           });
  };
  for (const std::string_view extension :
       {".gz", ".csv", ".json", ".jsonl", ".feather", ".arrow", ".parquet", ".txt", ".h5", ".hdf5"})
    if (ends_so(extension)) name.resize(name.size() - extension.size());
  return name;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_ticker(std::string_view text) {
  // Letters of other scripts, which exchanges list too, count as capitals.
  const auto is_capital = [](char c) { return (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80; };
  return std::any_of(text.begin(), text.end(), is_capital) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_capital(c) || (c >= '0' && c <= '9'); });
}

std::optional<FreqtradeName> freqtrade_name(const std::filesystem::path& path) {
  const std::string stem = data_file_stem(path);
  std::vector<std::string_view> parts = split(stem, '-');
  if (parts.size() < 2) return std::nullopt;
  FreqtradeName name;
  if (!is_timeframe(parts.back())) {
    const auto* type =
        std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& t) { return t.first == parts.back(); });
    if (type == kTypes.end()) return std::nullopt;
    name.type = type->second;
    parts.pop_back();
  }
  if (name.type != Type::trades) {
    if (parts.size() < 2 || !is_timeframe(parts.back())) return std::nullopt;
    name.timeframe = parts.back();
    parts.pop_back();
  }
  const std::string_view pair(stem.data(),
                              static_cast<std::size_t>(parts.back().data() - stem.data()) + parts.back().size());
  if (!take_pair(pair, name)) return std::nullopt;
  name.exchange = exchange_of(path);
  return name;
}

}  // namespace clm
