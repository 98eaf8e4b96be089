#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace clm {

/// How many bytes behind a text must be readable for the scanners, which look at eight characters at once.
inline constexpr std::size_t kScanSlackBytes = 16;

/// 10^0 .. 10^22: every power of ten that a double holds exactly.
inline constexpr double kExactPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                               1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// Up to eight digits at the front of a text.
struct EightDigits {
  std::uint64_t value = 0;
  std::ptrdiff_t count = 0;  ///< 0 .. 8
};

/// Reads the digits among the eight characters at `p` without a branch on their number: numbers of varying length cost
/// a loop one mispredicted branch each. Little endian; the arithmetic is Lemire's (2018, "Quickly parsing eight
/// digits").
inline EightDigits scan_eight_digits(const char* p) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t text = 0;
  std::memcpy(&text, p, sizeof text);
  text ^= 0x3030303030303030;  // a digit is now 0 .. 9
  // The first non-digit has a high half byte, or gets one by adding 6; a carry reaches only what lies behind it.
  const std::uint64_t others = (text | (text + 0x0606060606060606)) & 0xF0F0F0F0F0F0F0F0;
  const int digit_bits = others == 0 ? 64 : std::countr_zero(others) & ~7;
  if (digit_bits == 0) return {};
  text <<= 64 - digit_bits;  // leading zeros
  text = text * 10 + (text >> 8);
  const std::uint64_t value =
      ((text & 0x000000FF000000FF) * 0x000F424000000064 + ((text >> 16) & 0x000000FF000000FF) * 0x0000271000000001) >>
      32;
  return {value, digit_bits / 8};
}

/// Reads a plain decimal ("-12.5", no exponent) at `p` and returns where it ends, or nullptr if none of at most 19
/// digits stands there. The value is the nearest double: a mantissa up to 2^53 and a power of ten up to 10^22 are
/// exact, so that their quotient is rounded once (Clinger 1990); anything else goes to std::from_chars. Behind the text
/// kScanSlackBytes must be readable, and it must end in something that is no digit. About 6 ns.
inline const char* scan_decimal(const char* p, double& value);

/// Any such number, digit by digit.
const char* scan_long_decimal(const char* p, double& value);

inline const char* scan_decimal(const char* p, double& value) {
  const char* const start = p;
  if (*p == '-') ++p;
  const EightDigits whole = scan_eight_digits(p);
  p += whole.count;
  std::uint64_t mantissa = whole.value;
  std::ptrdiff_t decimals = 0;
  if (*p == '.') {
    const EightDigits fraction = scan_eight_digits(++p);
    p += fraction.count;
    decimals = fraction.count;
    constexpr std::uint64_t kPowers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};
    mantissa = mantissa * kPowers[decimals] + fraction.value;
  }
  const bool goes_on = *p >= '0' && *p <= '9';
  if (whole.count + decimals == 0) return nullptr;
  if (goes_on || mantissa > (std::uint64_t{1} << 53)) [[unlikely]]
    return scan_long_decimal(start, value);
  const double magnitude = static_cast<double>(mantissa) / kExactPowersOfTen[decimals];
  value = *start == '-' ? -magnitude : magnitude;
  return p;
}

/// Reads 1 to 16 digits at `p`; otherwise as scan_decimal.
inline const char* scan_integer(const char* p, std::int64_t& value) {
  const EightDigits first = scan_eight_digits(p);
  value = static_cast<std::int64_t>(first.value);
  p += first.count;
  if (first.count < 8) return first.count == 0 ? nullptr : p;
  const EightDigits second = scan_eight_digits(p);
  constexpr std::int64_t kPowers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};
  value = value * kPowers[second.count] + static_cast<std::int64_t>(second.value);
  p += second.count;
  return *p >= '0' && *p <= '9' ? nullptr : p;
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
