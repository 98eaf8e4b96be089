#pragma once
#include <cstddef>
#include <set>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "serving/predictor.hpp"
#include "serving/recipe_names.hpp"

namespace clm {

/// A prediction's members added up by their weights: base + opaque + the effects is the expected return.
struct CombinedExplanation {
  double base_bps = 0;
  double opaque_bps = 0;               ///< from members whose votes do not come apart by feature
  std::vector<FeatureEffect> effects;  ///< descending by size, ties by name
};
CombinedExplanation combined(const Explanation& explanation);

/// The effects descending by size, ties by name.
std::vector<FeatureEffect> by_size(std::vector<FeatureEffect> effects);

/// {as_of, ensemble, regime, explanations: [{symbol, action, note, expected_return_bps, base_bps, opaque_bps, features:
/// [{feature, value, effect_bps}], other_features_bps, members: [{recipe, model_type, version, learned_until, weight,
/// expected_return_bps, base_bps, features, other_features_bps, why_not}], abstained: [{recipe, model_type, version,
/// why}], canaries: [version]}]}.
/// `features` are the `top` largest by size, `other_features_bps` the sum of the others. `base_bps` and
/// `other_features_bps` of a member that does not offer effects are null, and `why_not` says why.
nlohmann::json to_json(const Explanations& explanations, Timestamp as_of, std::size_t top, const RecipeNames& names);

/// Every version that votes or abstains.
std::set<VersionId> versions_in(const Explanations& explanations);

}  // namespace clm
