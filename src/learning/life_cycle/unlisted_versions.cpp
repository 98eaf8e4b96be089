#include "learning/life_cycle/unlisted_versions.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "learning/options/configured_types.hpp"
#include "learning/options/serving_rules.hpp"
#include "serving/expiry.hpp"

namespace clm {

Result<std::vector<UnlistedVersion>> unlisted_versions(const Registry& registry, const LearningOptions& options) {
  const auto active = registry.list(Registry::Filter{{}, {}, VersionStatus::active});
  if (!active) return forward_error(active);
  const auto configured = configured_types(options);
  std::vector<UnlistedVersion> unlisted;
  for (const VersionRecord& record : *active) {
    const std::string model_type = slot_name(record.slot);
    if (model_type == kEnsembleType || model_type == floor_type(options) || configured.contains(model_type)) continue;
    const auto manifest = stored_manifest(record);
    unlisted.push_back({model_type, record.version, manifest ? std::optional(manifest->learned_until) : std::nullopt});
  }
  std::sort(unlisted.begin(), unlisted.end(),
            [](const UnlistedVersion& a, const UnlistedVersion& b) { return a.model_type < b.model_type; });
  return unlisted;
}

std::string describe(const UnlistedVersion& unlisted) {
  const std::string& type = unlisted.model_type;
  return type + " " + unlisted.version.str() + ": active" +
         (unlisted.learned_until ? ", learned until " + to_string(*unlisted.learned_until) : "") +
         (is_named(slot_of(type)) ? ", not a recipe of clm.toml any more" : ", not in training.models") +
         ", so watched and not trained; to end it: clm retire " + type + " --reason TEXT";
}

nlohmann::json to_json(const UnlistedVersion& unlisted) {
  return {{"model_type", unlisted.model_type},
          {"version", unlisted.version.str()},
          {"learned_until",
           unlisted.learned_until ? nlohmann::json(to_string(*unlisted.learned_until)) : nlohmann::json()}};
}

}  // namespace clm
