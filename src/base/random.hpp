#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace clm {

/// splitmix64 (Steele, Lea & Flood 2014): the next 64 bits, from a state of one word. Seeds `Random`; to be used itself
/// where a generator's whole state must be kept with other numbers.
inline std::uint64_t splitmix64(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// xoshiro256++ (Blackman & Vigna 2019), seeded through splitmix64. Own code because the standard's distributions
/// give other numbers on other libraries; these give the same bits everywhere. Not thread-safe: one per job.
class Random {
 public:
  explicit Random(std::uint64_t seed);
  /// An independent stream for a named part of the work, so that adding a part does not move the others.
  static Random stream(std::uint64_t seed, std::string_view part, std::uint64_t index = 0);

  std::uint64_t next();
  /// In [0, 1), 53 bits.
  double uniform();
  /// In [0, bound), without modulo bias; bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Standard normal (polar method, Marsaglia & Bray 1964).
  double normal();
  /// Gamma with the given shape > 0 and scale 1 (Marsaglia & Tsang 2000).
  double gamma(double shape);
  /// Student t with `degrees` > 2 degrees of freedom, scaled to unit variance.
  double student_t(double degrees);
  /// Exponential with mean 1.
  double exponential();

 private:
  std::array<std::uint64_t, 4> state_;
  double spare_normal_ = 0.0;
  bool has_spare_ = false;
};

}  // namespace clm
