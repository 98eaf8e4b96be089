#pragma once
#include <memory>
#include <span>
#include <vector>

#include "models/model.hpp"

namespace clm {

/// The plain mean of what they say, entry by entry, of those that say something; NaN where none does. All `forecasts`
/// have `out.size()` entries.
void mean_forecast(std::span<const std::span<const float>> forecasts, std::span<float> out);

/// Several fits of one type, which differ in the rows and seeds that they were fitted with, as one model of that type:
/// it says their mean (`mean_forecast`), and what a feature moved is the mean of what it moved in those that say
/// something (Breiman 1996, Machine Learning 24:123). `save` writes the first as a model by itself is written, and the
/// others into folders beside its files, `fit2`, `fit3`, ...; `load_model` reads all of them. `fits`: two at least, of
/// one type and one feature hash (contract). Cost: that of each, one after the other.
std::unique_ptr<Model> mean_of_fits(std::vector<std::unique_ptr<Model>> fits);

/// The fits of such a model, in the order in which they were given; of any other model, itself alone. Borrows it.
std::vector<const Model*> fits_of(const Model& model);

/// The folder of a fit beside the files of the first; `fit` counts from 1.
std::filesystem::path folder_of_fit(const std::filesystem::path& directory, std::size_t fit);

}  // namespace clm
