#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "models/flat_forest.hpp"

namespace clm {

/// The trees of a boosted model, node by node.
struct StoredTrees {
  FlatForest::Options options;  ///< how the library adds them up
  std::vector<std::vector<TreeNode>> trees;
  /// Parallel to `trees`: how much of the training came by at each node; rows in LightGBM, their weights in XGBoost.
  std::vector<std::vector<double>> covers;
};

// The trees in what the libraries store. Both read one output of a regression on numbers with identity link, which is
// all that our trainers make. Error `forest.format` (data) for anything else. Cost: some ms per MB.

/// LightGBM's text, version 4.
Result<StoredTrees> parse_lightgbm_trees(const std::string& text, std::size_t columns);
/// XGBoost's UBJSON, from 1.6 on.
Result<StoredTrees> parse_xgboost_trees(const std::string& ubjson, std::size_t columns);

// The same as a forest that adds up as the library does. Errors as above, and those of `FlatForest::add`.

Result<FlatForest> forest_of(const StoredTrees& stored);
/// LightGBM's text, version 4.
Result<FlatForest> read_lightgbm_trees(const std::string& text, std::size_t columns);

/// XGBoost's UBJSON, from 1.6 on.
Result<FlatForest> read_xgboost_trees(const std::string& ubjson, std::size_t columns);

}  // namespace clm
