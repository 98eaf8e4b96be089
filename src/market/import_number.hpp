#pragma once
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace clm {

/// 10^0 .. 10^22: every power of ten that a double holds exactly.
inline constexpr double kExactPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                               1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// Reads a plain decimal ("-12.5", no exponent) at `p` and returns where it ends, or nullptr if none of at most 19
/// digits stands there. The value is the nearest double: a mantissa below 2^53 and a power of ten up to 10^22 are
/// exact, so that their quotient is rounded once (Clinger 1990); anything else goes to std::from_chars. Reads up to the
/// first character that is no part of a number, which must exist: the text ends in a line feed. About 4 ns.
inline const char* scan_decimal(const char* p, double& value) {
  const char* const start = p;
  const bool negative = *p == '-';
  if (negative) ++p;
  const char* const digits = p;
  std::uint64_t mantissa = 0;
  while (*p >= '0' && *p <= '9') mantissa = mantissa * 10 + static_cast<std::uint64_t>(*p++ - '0');
  auto digit_count = p - digits;
  std::ptrdiff_t decimals = 0;
  if (*p == '.') {
    const char* const fraction = ++p;
    while (*p >= '0' && *p <= '9') mantissa = mantissa * 10 + static_cast<std::uint64_t>(*p++ - '0');
    decimals = p - fraction;
    digit_count += decimals;
  }
  if (digit_count == 0 || digit_count > 19) return nullptr;
  if (mantissa <= (std::uint64_t{1} << 53)) [[likely]] {
    const double magnitude = static_cast<double>(mantissa) / kExactPowersOfTen[decimals];
    value = negative ? -magnitude : magnitude;
    return p;
  }
  const auto [end, code] = std::from_chars(start, p, value);
  return code == std::errc{} && end == p ? p : nullptr;
}

/// Reads 1 to 18 digits at `p`; otherwise as scan_decimal.
inline const char* scan_integer(const char* p, std::int64_t& value) {
  const char* const digits = p;
  std::int64_t total = 0;
  while (*p >= '0' && *p <= '9' && p - digits < 19) total = total * 10 + (*p++ - '0');
  if (p == digits || p - digits > 18) return nullptr;
  value = total;
  return p;
}

/// Moments outside are not market data but a wrong unit or a damaged number.
inline constexpr Timestamp kEarliestMarketTime = Timestamp(946'684'800'000);  ///< 2000-01-01
inline constexpr Timestamp kLatestMarketTime = Timestamp(4'102'444'800'000);  ///< 2100-01-01

/// A count since the epoch in s, ms, us or ns: its size says which, for every time that is market data. None if it is
/// none in any unit. Binance's spot files went from ms to us on 2025-01-01.
inline std::optional<Timestamp> market_time(std::int64_t count) {
  std::int64_t ms = count;
  if (count < 100'000'000'000)
    ms = count < 0 ? -1 : count * 1000;
  else if (count >= 100'000'000'000'000'000)
    ms = count / 1'000'000;
  else if (count >= 100'000'000'000'000)
    ms = count / 1000;
  const Timestamp time(ms);
  if (time < kEarliestMarketTime || time >= kLatestMarketTime) return std::nullopt;
  return time;
}

/// A whole text as a number, exponent allowed; none if it is not one. Says nothing about infinities: "inf" and "nan"
/// are numbers here, so that the caller can name them.
std::optional<double> parse_number(std::string_view text);

/// A whole text as a market time: a count since the epoch (also written as 1.7e12 or 1672531200000.0) or ISO 8601,
/// with the fraction of a second as long as it likes.
std::optional<Timestamp> parse_market_time(std::string_view text);

}  // namespace clm
