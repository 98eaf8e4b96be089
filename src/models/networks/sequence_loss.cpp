#include "models/networks/sequence_loss.hpp"

#include <cmath>

#include "base/contract.hpp"

namespace clm {
namespace {

struct Term {
  double loss, slope;
};

/// Of one forecast with this error (forecast - target).
Term term_of(const FitOptions& options, double error, std::size_t path) {
  const double sign = error > 0 ? 1 : error < 0 ? -1 : 0;
  switch (options.loss) {
    case SequenceLoss::mse: return {error * error, 2 * error};
    case SequenceLoss::mae: return {std::abs(error), sign};
    case SequenceLoss::huber: {
      const double delta = options.huber_delta;
      if (std::abs(error) <= delta) return {.5 * error * error, error};
      return {delta * (std::abs(error) - .5 * delta), delta * sign};
    }
    case SequenceLoss::quantile: {
      const double quantile = options.quantiles[path];
      return error > 0 ? Term{(1 - quantile) * error, 1 - quantile}
                       : Term{-quantile * error, error < 0 ? -quantile : 0};
    }
  }
  return {0, 0};
}

}  // namespace

double sequence_loss(const FitOptions& options, const WindowBatch& batch, std::span<const float> outputs,
                     std::span<float> gradient) {
  expects(batch.windows > 0 && outputs.size() % batch.targets.size() == 0, "outputs for every target");
  const std::size_t horizon = batch.targets.size() / batch.windows;
  const std::size_t paths = outputs.size() / batch.targets.size();
  double weights = 0;
  for (const float weight : batch.weights) weights += static_cast<double>(weight);
  double total = 0;
  for (std::size_t window = 0; window < batch.windows; ++window) {
    const double share = static_cast<double>(batch.weights[window]) / (weights * static_cast<double>(paths * horizon));
    double sum = 0;
    for (std::size_t path = 0; path < paths; ++path) {
      for (std::size_t step = 0; step < horizon; ++step) {
        const std::size_t at = (window * paths + path) * horizon + step;
        const double error =
            static_cast<double>(outputs[at]) - static_cast<double>(batch.targets[window * horizon + step]);
        const Term term = term_of(options, error, path);
        sum += term.loss;
        if (!gradient.empty()) gradient[at] = static_cast<float>(term.slope * share);
      }
    }
    total += sum * share;
  }
  return total;
}

}  // namespace clm
