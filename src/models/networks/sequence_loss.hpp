#pragma once
#include <span>

#include "models/networks/parameters.hpp"
#include "models/sequence/network_options.hpp"
#include "models/sequence/window_source.hpp"

namespace clm {

/// Mean over windows (by weight), paths and steps of the loss, and optionally its gradient by the outputs.
/// `outputs` is [window][path][step]; `gradient` has its size or is empty.
double sequence_loss(const FitOptions& options, const WindowBatch& batch, std::span<const float> outputs,
                     std::span<float> gradient);

}  // namespace clm
