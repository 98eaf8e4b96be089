#pragma once
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "learning/options/learning_options.hpp"
#include "registry/registry.hpp"

namespace clm {

/// An active version of a recipe that the settings do not name any more (`configured_types`). It is watched: its
/// bytes, its age and its trials. It is not trained, and has a vote only as a member of the active ensemble.
struct UnlistedVersion {
  std::string model_type;
  VersionId version;
  std::optional<Timestamp> learned_until;  ///< `Manifest::learned_until`; none: its record is broken
};

/// As the registry stands, ascending by model type. An active ensemble is none: it serves also where no more are made.
/// Errors: the registry's.
Result<std::vector<UnlistedVersion>> unlisted_versions(const Registry& registry, const LearningOptions& options);

/// "ridge 0123456789ab: active, learned until ..., not in training.models, so watched and not trained; ..."
std::string describe(const UnlistedVersion& unlisted);
/// {model_type, version, learned_until}
nlohmann::json to_json(const UnlistedVersion& unlisted);

}  // namespace clm
