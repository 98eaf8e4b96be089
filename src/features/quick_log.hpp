#pragma once
#include <bit>
#include <cstdint>
#include <limits>

namespace clm {

/// Natural logarithm of a positive, normal number to 2e-7 absolute, from elementary operations alone: the same bits
/// on every machine, and several times faster than the library's. NaN for everything else (zero, negative, NaN).
///
/// x = 2^e m with m in [sqrt 1/2, sqrt 2); ln m = 2 artanh s with s = (m - 1) / (m + 1), |s| < .172, by its series to
/// s^9 (next term below 1e-9).
inline double quick_log(double x) {
  if (!(x >= std::numeric_limits<double>::min() && x <= std::numeric_limits<double>::max()))
    return std::numeric_limits<double>::quiet_NaN();
  constexpr std::uint64_t kRootHalf = 0x3fe6a09e667f3bcd;
  const std::uint64_t shifted = std::bit_cast<std::uint64_t>(x) - kRootHalf;
  const auto exponent = static_cast<double>(static_cast<std::int64_t>(shifted) >> 52);
  const double m = std::bit_cast<double>((shifted & 0x000fffffffffffff) + kRootHalf);
  const double s = (m - 1.0) / (m + 1.0);
  const double q = s * s;
  const double series = 2.0 + q * (2.0 / 3.0 + q * (2.0 / 5.0 + q * (2.0 / 7.0 + q * (2.0 / 9.0))));
  return exponent * 0.6931471805599453 + s * series;
}

}  // namespace clm
