#include "learning/options/configured_weights.hpp"

#include <charconv>

#include "registry/slot.hpp"

namespace clm {

double ConfiguredWeights::of(const std::string& recipe) const {
  const auto own = named.find(recipe);
  if (own != named.end()) return own->second;
  const auto of_type = named.find(slot_of(recipe).model_type);
  return of_type == named.end() ? other : of_type->second;
}

Result<ConfiguredWeights> configured_weights(const EnsembleOptions& options) {
  if (options.min_weight > options.max_weight)
    return fail(ErrorKind::usage, "ensemble.weights", "ensemble.min_weight is above ensemble.max_weight",
                "ensemble.min_weight", "Lower the one or raise the other.");
  ConfiguredWeights weights{{}, options.other_weight};
  for (const auto& entry : options.weights) {
    const auto wrong = [&](const std::string& why) {
      return fail(ErrorKind::usage, "ensemble.weights", "\"" + entry + "\" " + why, "ensemble.weights",
                  "Write TYPE=WEIGHT, such as \"xgboost=0.25\", each type once.");
    };
    const auto equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) return wrong("is not TYPE=WEIGHT");
    double weight = 0;
    const char* end = entry.data() + entry.size();
    const auto [rest, code] = std::from_chars(entry.data() + equals + 1, end, weight);
    if (code != std::errc{} || rest != end || !(weight > 0 && weight <= 1)) return wrong("has no weight in (0, 1]");
    if (!weights.named.emplace(entry.substr(0, equals), weight).second) return wrong("names its type a second time");
  }
  return weights;
}

}  // namespace clm
