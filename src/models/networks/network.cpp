#include "models/networks/network.hpp"

#include <cmath>

namespace clm {

DropoutMask dropout_mask(std::uint64_t key, std::uint64_t site, double probability) {
  DropoutMask mask;
  if (probability <= 0) return mask;
  mask.key = Random::stream(key, "dropout", site).next();
  mask.threshold = static_cast<std::uint32_t>(probability * 0x1.0p32);
  mask.scale = static_cast<float>(1 / (1 - probability));
  return mask;
}

void draw_linear(Random& random, std::size_t inputs, std::span<float> values) {
  const double bound = 1 / std::sqrt(static_cast<double>(inputs));
  for (float& value : values) value = static_cast<float>((2 * random.uniform() - 1) * bound);
}

}  // namespace clm
