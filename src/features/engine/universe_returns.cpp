#include "features/engine/universe_returns.hpp"

#include <algorithm>
#include <cmath>

namespace clm {

void UniverseReturns::compute(std::span<const float> returns) {
  ranks_.resize(returns.size());
  rank_.compute(returns.data(), ranks_.data(), returns.size());
  double sum = 0.0, squares = 0.0;
  int count = 0;
  for (const float x : returns) {
    if (x != x) continue;
    const auto value = static_cast<double>(x);
    sum += value;
    squares += value * value;
    ++count;
  }
  mean_ = count >= 2 ? sum / count : kMissing;
  dispersion_ = count >= 2 ? std::sqrt(std::max(0.0, squares / count - mean_ * mean_)) : kMissing;
}

}  // namespace clm
