#pragma once
#include "base/run_context.hpp"
#include "models/networks/parameters.hpp"
#include "models/sequence/window_source.hpp"

namespace clm {

/// The exact least-squares NLinear: weights [channels * input_length][horizon], then bias [horizon], of the map from
/// the window less its last values to the path less the last value, with `ridge` added to the diagonal but for the
/// bias. Windows count by their weights. In doubles; cost: windows * inputs * (inputs / 2 + horizon) multiplications.
/// Errors `train.diverged` (data: the equations have no finite solution), `cancelled`.
Result<std::vector<double>> solve_nlinear(const WindowSource& windows, double ridge, const RunContext& context);

}  // namespace clm
