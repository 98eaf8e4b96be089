#include "models/networks/kernels/lanes.hpp"
#include "models/networks/kernels/table.hpp"

namespace clm::CLM_KERNEL_SET {

double squared_norm(std::size_t count, const float* x) {
  constexpr std::size_t kBlock = 4096;
  double total = 0;
  for (std::size_t from = 0; from < count; from += kBlock) {
    const std::size_t to = count - from < kBlock ? count : from + kBlock;
    Lanes sum = all(0);
    for (std::size_t i = from; i < to; i += kLanes) {
      const Lanes value = load_part(x + i, at_most_lanes(to - i));
      sum = fma(value, value, sum);
    }
    alignas(64) float partial[kLanes];
    store(partial, sum);
    for (std::size_t i = 0; i < kLanes; ++i) total += static_cast<double>(partial[i]);
  }
  return total;
}

void adam(const AdamStep& s) {
  const Lanes old1 = all(s.beta1), new1 = all(1.0F - s.beta1), old2 = all(s.beta2), new2 = all(1.0F - s.beta2);
  const Lanes rate = all(s.rate * s.root_correction), epsilon = all(s.epsilon * s.root_correction);
  const Lanes scale = all(s.gradient_scale), kept_share = all(1.0F - s.decay);
  for (std::size_t i = 0; i < s.count; i += kLanes) {
    const std::size_t n = at_most_lanes(s.count - i);
    const Lanes gradient = load_part(s.gradient + i, n) * scale;
    const Lanes first = fma(load_part(s.first_moment + i, n), old1, gradient * new1);
    const Lanes second = fma(load_part(s.second_moment + i, n), old2, gradient * gradient * new2);
    store_part(s.first_moment + i, first, n);
    store_part(s.second_moment + i, second, n);
    // m / (sqrt(v / c) + e) = m sqrt(c) / (sqrt(v) + e sqrt(c))
    const Lanes step = rate * first / (root(second) + epsilon);
    store_part(s.parameters + i, load_part(s.parameters + i, n) * kept_share - step, n);
  }
}

}  // namespace clm::CLM_KERNEL_SET
