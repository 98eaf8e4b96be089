#pragma once
#include <string>
#include <vector>

#include "registry/version.hpp"
#include "workspace/speaking_versions.hpp"

namespace clm::app {

/// Who forecasts, in words: the ensemble and how many vintages of what it is made of, or without one the active
/// versions. `model_types`: of each who has a vote.
std::string voters(const VersionId& ensemble, const std::vector<std::string>& model_types);

/// How a version stands and whether it speaks: "active, and speaks with weight 0.17 in ensemble 0123456789ab", "retired
/// from its slot, and speaks on with ...", "rejected". `status` in words.
std::string standing(const std::string& status, const VersionId& version, const SpeakingVersions& speaking);

}  // namespace clm::app
