#include "base/random.hpp"

#include <bit>
#include <cmath>

#include "base/contract.hpp"

namespace clm {

Random::Random(std::uint64_t seed) {
  for (auto& word : state_) word = splitmix64(seed);
}

Random Random::stream(std::uint64_t seed, std::string_view part, std::uint64_t index) {
  std::uint64_t mixed = 0xcbf29ce484222325ULL;  // FNV-1a over the name
  for (const char c : part) mixed = (mixed ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  std::uint64_t state = seed ^ mixed;
  const std::uint64_t first = splitmix64(state);
  state = first ^ (index * 0x9e3779b97f4a7c15ULL);
  return Random(splitmix64(state));
}

std::uint64_t Random::next() {
  const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::uint64_t Random::below(std::uint64_t bound) {
  expects(bound > 0, "Random::below needs a positive bound");
  const std::uint64_t reject_under = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t draw = next();
    if (draw >= reject_under) return draw % bound;
  }
}

double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_normal_;
  }
  double u = 0, v = 0, s = 0;
  do {
    u = 2 * uniform() - 1;
    v = 2 * uniform() - 1;
    s = u * u + v * v;
  } while (s >= 1 || s == 0);
  const double factor = std::sqrt(-2 * std::log(s) / s);
  spare_normal_ = v * factor;
  has_spare_ = true;
  return u * factor;
}

double Random::gamma(double shape) {
  expects(shape > 0, "Random::gamma needs a positive shape");
  if (shape < 1) {
    const double u = 1.0 - uniform();
    return gamma(shape + 1) * std::pow(u, 1 / shape);
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal();
    const double cube_root = 1 + c * x;
    if (cube_root <= 0) continue;
    const double v = cube_root * cube_root * cube_root;
    const double u = 1.0 - uniform();
    if (std::log(u) < 0.5 * x * x + d * (1 - v + std::log(v))) return d * v;
  }
}

double Random::student_t(double degrees) {
  expects(degrees > 2, "Random::student_t needs more than 2 degrees of freedom");
  const double z = normal();
  const double chi_squared = 2 * gamma(degrees / 2);
  return z / std::sqrt(chi_squared / degrees) * std::sqrt((degrees - 2) / degrees);
}

double Random::exponential() { return -std::log(1.0 - uniform()); }

}  // namespace clm
