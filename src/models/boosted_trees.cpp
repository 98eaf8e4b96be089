#include "models/boosted_trees.hpp"

namespace clm {

Result<FlatForest> forest_of(const StoredTrees& stored) {
  FlatForest forest(stored.options);
  for (const auto& tree : stored.trees)
    if (auto added = forest.add(tree); !added) return forward_error(added);
  return forest;
}

}  // namespace clm
