#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "market/series/candle.hpp"

/// Symbols as people and exchanges write them, and as the store names them. Every symbol from outside goes
/// through this.
namespace clm {

/// Of the delivery date in a symbol, YYMMDD.
inline constexpr std::size_t kDateDigits = 6;

/// The symbol as the store names it: "BTC/USDT", "btc_usdt", "BTC-USDT", "BTC/USDT:USDT" (a perpetual and what it is
/// settled in), "BTC_USDT_USDT" -> "BTCUSDT"; a delivery date stays apart ("BTCUSDT_230630", "BTC/USDT:USDT-230630").
/// Letters of other scripts stay as they are. None if it is not 1 to 32 letters and digits (64 bytes at most).
std::optional<std::string> normal_symbol(std::string_view text);

/// What a person means by a symbol, whatever is stored: its normal_symbol(). Errors (usage): `symbol.path` for the path
/// of a file, `symbol.name` for what is no symbol; `where` is the flag or setting it was given in.
Result<Symbol> asked_symbol(std::string_view text, std::string_view where);

/// Which of the stored symbols a person means: the one that is called exactly so, else the one with the same
/// normal_symbol(). Errors as asked_symbol(), `universe.unknown_symbol` (usage) if it is none of them,
/// `symbol.ambiguous` (usage) naming the stored ones that it may be.
Result<Symbol> stored_symbol(std::string_view text, std::span<const Symbol> stored, std::string_view where);

}  // namespace clm
