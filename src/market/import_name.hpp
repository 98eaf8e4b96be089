#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "base/time.hpp"

namespace clm {

/// What the path of a data file says about what is inside.
struct NameHints {
  std::optional<std::string> symbol;  ///< as the store names it
  std::optional<Interval> interval;
  std::optional<std::string> venue;
};

/// Reads hints from a file's name and the folders above it (the last three parts of the path):
///
///   BTCUSDT-1h.csv.gz, BTCUSDT-1h-2023-01.csv, BTCUSDT_futures_1m.json.gz, BTCUSDT.parquet, btcusdt-1h.csv,
///   ETH_BTC-5m.feather, BTC_USDT_USDT-1h-futures.feather (freqtrade), BTCUSDT_230630-1h.csv (a dated contract)
///
/// The venue, from the nearest part that tells: a name that begins `um-` or `cm-`, or the folders `futures/um` and
/// `futures/cm` -> "binance-um", "binance-cm"; `spot-` or a folder `spot` -> "binance-spot"; `freqtrade` ->
/// "freqtrade"; a name with the word futures or perp -> "import-futures", so that perpetuals never mix with spot.
NameHints hints_from_path(const std::filesystem::path& path);

}  // namespace clm
