#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace clm {

/// Natural logarithm of a positive, normal number to 2e-7 absolute, from elementary operations alone: the same bits
/// on every machine, and several times faster than the library's. NaN for everything else (zero, negative, NaN).
///
/// x = 2^e m with m in [sqrt 1/2, sqrt 2); ln m = 2 artanh s with s = (m - 1) / (m + 1), |s| < .172, by its series to
/// s^9 (next term below 1e-9). No branches: a loop over many numbers takes several at once.
inline double quick_log(double x) {
  constexpr std::uint64_t kRootHalf = 0x3fe6a09e667f3bcd, kBias = 1023, kWholeNumbers = 0x4330000000000000;
  const std::uint64_t shifted = std::bit_cast<std::uint64_t>(x) - kRootHalf;
  // e + 1023 as the lowest bits of 2^52 + e + 1023, a number whose unit in the last place is 1.
  const std::uint64_t exponent_bits = (shifted + (kBias << 52)) >> 52;
  const double exponent = std::bit_cast<double>(exponent_bits | kWholeNumbers) - (0x1p52 + 1023.0);
  const double m = std::bit_cast<double>((shifted & 0x000fffffffffffff) + kRootHalf);
  const double s = (m - 1.0) / (m + 1.0);
  const double q = s * s;
  const double series = 2.0 + q * (2.0 / 3.0 + q * (2.0 / 5.0 + q * (2.0 / 7.0 + q * (2.0 / 9.0))));
  const double result = exponent * 0.6931471805599453 + s * series;
  const bool normal = (x >= std::numeric_limits<double>::min()) & (x <= std::numeric_limits<double>::max());
  return normal ? result : std::numeric_limits<double>::quiet_NaN();
}

/// The logarithms of `count` numbers. Where a number comes out of a condition, let that be a loop of its own before
/// this one: compilers join the two conditions to one branch, which no vector can take.
inline void quick_logs(std::size_t count, const double* numbers, float* results) {
  for (std::size_t i = 0; i < count; ++i) results[i] = static_cast<float>(quick_log(numbers[i]));
}

}  // namespace clm
