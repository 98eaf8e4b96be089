#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "models/model.hpp"

namespace clm {

/// What a model that reads windows of bars sees, in the order of its channels: "price_to_universe", "price", "volume",
/// or some of them. Empty for models that read features.
std::vector<std::string> window_channels(const Model& model);

/// The forecasts of `rows` (ordered by decision time) when one of `window_channels` says nothing true any more: among
/// the rows of a time that have a window, whole windows of this channel are dealt out anew; the other channels stay. So
/// each row sees a past that was there, but another symbol's. `out` has `rows.size()` entries, NaN where the model
/// abstains. Cost and errors: those of `Model::predict`.
Status predict_dealt_out(const Model& model, const RowSet& rows, std::size_t channel, Random random,
                         std::span<float> out);

}  // namespace clm
