#pragma once
#include <cstddef>
#include <string>

#include "base/result.hpp"
#include "models/flat_forest.hpp"

namespace clm {

// The trees in what the libraries store, as a forest that adds up as the library does. Both read one output of a
// regression on numbers with identity link, which is all that our trainers make. Error `forest.format` (data) for
// anything else, and those of `FlatForest::add`. Cost: some ms per MB.

/// LightGBM's text, version 4.
Result<FlatForest> read_lightgbm_trees(const std::string& text, std::size_t columns);

/// XGBoost's UBJSON, from 1.6 on.
Result<FlatForest> read_xgboost_trees(const std::string& ubjson, std::size_t columns);

}  // namespace clm
