#pragma once
#include <memory>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "models/networks/network.hpp"
#include "models/sequence/network_options.hpp"

namespace clm {

/// How the training is done; none for the closed form.
const FitOptions* fit_options(const NetworkOptions& options);

/// Every option by name; infinity is null.
nlohmann::json options_json(const NetworkOptions& options);
/// Absent fields take their default. Errors `model.type`, `train.options` (usage): an unknown field, a wrong type, or a
/// value out of range.
Result<NetworkOptions> options_of(std::string_view type, const nlohmann::json& written);
/// Error `train.options` (usage) names the first value out of range.
Status check_network_options(const NetworkOptions& options);
/// The options that decide which tensors there are: two networks that agree in them can exchange weights.
nlohmann::json structure_json(const NetworkOptions& options);

/// Error `train.shape` (usage) where a window of this shape cannot feed the network.
Result<std::unique_ptr<Network>> make_network(const Kernels& kernels, const NetworkOptions& options,
                                              const WindowShape& shape);

}  // namespace clm
