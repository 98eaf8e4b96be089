#pragma once
#include <memory>

#include "models/networks/network.hpp"

namespace clm {

/// NLinear (Zeng et al. 2023, section 4): path - last = (window - last) W + b. With covariates, each channel is taken
/// less its own last value, and all of them feed the one map. Weights: linear.weight [channels * input_length]
/// [paths * horizon], linear.bias.
std::unique_ptr<Network> make_nlinear(const Kernels& kernels, const WindowShape& shape, std::size_t paths);

/// DLinear (the same): trend = moving average over `moving_average` bars (odd), ends padded with the first and last
/// value; path = trend W1 + b1 + (window - trend) W2 + b2. Weights: trend.*, remainder.*.
std::unique_ptr<Network> make_dlinear(const Kernels& kernels, const WindowShape& shape, std::size_t paths,
                                      std::size_t moving_average);

}  // namespace clm
