#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace clm {

/// What freqtrade's name of a data file says:
///
///   [user_data/data/]EXCHANGE/[futures/]BASE_QUOTE[_SETTLE[-DATE]]-TIMEFRAME[-TYPE].feather|parquet|json|json.gz|h5
///   [user_data/data/]EXCHANGE/[futures/]BASE_QUOTE[_SETTLE[-DATE]]-trades.EXTENSION
///
/// TYPE is futures, mark, index, premiumIndex or funding_rate; spot candles have none. "1000PEPE_USDT_USDT-1h-futures"
/// is 1000PEPEUSDT; a contract that is settled in another currency than its quote names it ("BTCUSDBTC"), a dated one
/// its date ("BTCUSDT_230630").
struct FreqtradeName {
  enum class Type { spot, futures, mark, index, premium_index, funding_rate, trades, option };
  Type type = Type::spot;
  std::string symbol;     ///< as the store names it
  std::string timeframe;  ///< "8h", "1Mo"; empty for trades
  bool settled_in_base = false;
  std::optional<std::string> exchange;  ///< "binance", where the folders tell
};

/// None if the file is not named as freqtrade does.
std::optional<FreqtradeName> freqtrade_name(const std::filesystem::path& path);

/// The file's name without the extensions of data files.
std::string data_file_stem(const std::filesystem::path& path);

/// Capitals and digits, a capital among them: how exchanges write symbols and currencies.
bool is_ticker(std::string_view text);
bool all_digits(std::string_view text);

}  // namespace clm
