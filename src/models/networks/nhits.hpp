#pragma once
#include <memory>

#include "models/networks/network.hpp"
#include "models/sequence/network_options.hpp"

namespace clm {

/// N-HiTS (Challu et al. 2023, AAAI, "N-HiTS: Neural Hierarchical Interpolation for Time Series Forecasting", sections
/// 3.1 to 3.4). Per block: max pooling of what is left of every channel's window, a linear layer, `hidden_layers` with
/// ReLU, and a linear layer to a backcast of the target and a few knots per path; the backcast is taken off the target,
/// the knots, interpolated linearly, are added to the path. The path starts at the last value. Where
/// `normalise_window` says so, all this happens in units of each channel's window.
///
/// Weights: stack.S.block.B.{input,hidden.I,theta}.{weight [in][out],bias}; theta is [backcast | path by path knots].
std::unique_ptr<Network> make_nhits(const Kernels& kernels, const WindowShape& shape, std::size_t paths,
                                    const NHitsOptions& options);

}  // namespace clm
