#pragma once
#include <map>
#include <string>

#include "registry/version.hpp"

namespace clm {

/// By which recipe versions were made, for documents that tell by recipe; `recipe_names` (learning) makes them.
struct RecipeNames {
  std::map<VersionId, std::string> of_version;
  std::map<std::string, std::string> in_force;  ///< by model type, what the settings ask for

  /// Of a version; of a type without one (`version` empty) the recipe in force. Empty where it is not known, as of an
  /// ensemble.
  std::string of(const std::string& model_type, const VersionId& version) const {
    const auto made = of_version.find(version);
    if (made != of_version.end()) return made->second;
    const auto asked = in_force.find(model_type);
    return version.empty() && asked != in_force.end() ? asked->second : std::string();
  }
};

}  // namespace clm
