#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "market/series/candle.hpp"

namespace clm {

/// One value of a series beside the candles, at the time the exchange states for it.
struct BinancePoint {
  Timestamp time;
  double value = kMissing;
};

/// The rows of an answer in the order in which they came. Every row must be understood: an answer that is not what
/// Binance documents is error `fetch.response` (data), naming the row and `where`, and none of it is used.

/// GET /api/v3/klines and /fapi/v1/klines: [[open time, open, high, low, close, volume, close time, quote volume,
/// trades, taker buy volume, taker buy quote volume, unused], ...]
Result<std::vector<Candle>> parse_klines(const nlohmann::json& answer, const std::string& where);

/// GET /fapi/v1/fundingRate: [{"fundingTime": ms, "fundingRate": "0.0001", ...}, ...]
Result<std::vector<BinancePoint>> parse_funding_rates(const nlohmann::json& answer, const std::string& where);

/// GET /futures/data/openInterestHist: [{"timestamp": ms, "sumOpenInterest": "20403.6", ...}, ...], in base currency.
Result<std::vector<BinancePoint>> parse_open_interest(const nlohmann::json& answer, const std::string& where);

}  // namespace clm
