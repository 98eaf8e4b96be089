#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "base/time.hpp"

namespace clm {

/// What a file holds, where its name or its folder says that it is not simply candles.
enum class NamedContent {
  unsaid,         ///< candles, or what the columns say
  mark_price,     ///< bars of the mark price
  index_price,    ///< bars of the price of the index
  premium_index,  ///< bars of the premium over the index; may be negative
  funding_rate,   ///< funding rates, perhaps in the shape of candles whose open is the rate
  trades,         ///< single trades or quotes
  option          ///< prices of an option
};

/// What the path of a data file says about what is inside.
struct NameHints {
  std::optional<std::string> symbol;  ///< as the store names it
  std::optional<Interval> interval;
  std::optional<std::string> venue;
  NamedContent content = NamedContent::unsaid;
};

/// Reads hints from a file's name and the folders above it. The same file gives the same hints from wherever it is
/// named (a relative path is completed first):
///
///   BTCUSDT-1h.csv.gz, BTCUSDT-1h-2023-01.csv, BTCUSDT_futures_1m.json.gz, BTCUSDT.parquet, btcusdt-1h.csv,
///   BTCUSDT_230630-1h.csv (a dated contract); freqtrade's names (freqtrade_name.hpp); Binance's public dumps,
///   data/futures/um/monthly/markPriceKlines/BTCUSDT/1h/BTCUSDT-1h-2023-01.csv
///
/// What is inside, if not candles: freqtrade's type behind the interval (-mark, -index, -premiumIndex, -funding_rate,
/// -trades), also behind other names (BTCUSDT-1h-mark.json); or a folder or a word of the name as Binance's dumps have
/// them: markPriceKlines, indexPriceKlines, premiumIndexKlines, fundingRate, aggTrades, trades, bookTicker, bookDepth,
/// liquidationSnapshot.
///
/// The venue. Of freqtrade's files: EXCHANGE-spot, EXCHANGE-um (settled in the quote currency) or EXCHANGE-cm (in the
/// base), so that spot and futures never mix; in a folder `freqtrade` without an exchange "freqtrade" and
/// "freqtrade-futures". Of others, from the nearest of the last three parts that tells: a name that begins `um-` or
/// `cm-`, or the folders `futures/um` and `futures/cm` -> "binance-um", "binance-cm"; `spot-` or a folder `spot` ->
/// "binance-spot"; `freqtrade` -> "freqtrade"; a name with the word futures or perp -> "import-futures". Of Binance's
/// dumps, from the folders above the kind of data.
NameHints hints_from_path(const std::filesystem::path& path);

}  // namespace clm
