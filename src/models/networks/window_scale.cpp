#include "models/networks/window_scale.hpp"

#include <cmath>

namespace clm {

WindowScale normalise_window(const float* values, std::size_t length, float* out) {
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < length; ++i) sum += static_cast<double>(values[i]);
  const double mean = sum / static_cast<double>(length);
  for (std::size_t i = 0; i < length; ++i) {
    const double centred = static_cast<double>(values[i]) - mean;
    squares += centred * centred;
  }
  const double deviation = std::sqrt(squares / static_cast<double>(length) + 1e-5);
  const WindowScale scale{static_cast<float>(mean), static_cast<float>(deviation)};
  const auto factor = static_cast<float>(1 / deviation);
  for (std::size_t i = 0; i < length; ++i) out[i] = (values[i] - scale.mean) * factor;
  return scale;
}

}  // namespace clm
