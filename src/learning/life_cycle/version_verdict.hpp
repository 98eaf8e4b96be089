#pragma once
#include <optional>
#include <string>

#include "evaluation/verdict/deployment_policy.hpp"
#include "learning/trials/trial.hpp"
#include "registry/registry.hpp"

namespace clm {

/// What was found when a version was judged.
struct VersionVerdict {
  std::string why;                             ///< the deciding sentence; empty where the evidence is no verdict
  std::optional<DeploymentDecision> decision;  ///< none likewise
  bool is_refresh = false;                     ///< of a recipe that had been accepted, or a lineup of such
  bool fit_alone = false;                      ///< deploy, had nothing been active
  Route route() const { return decision == DeploymentDecision::deploy ? Route::direct : Route::through_canary; }
};

/// From the registry's latest evidence on it. Errors: those of the registry.
Result<VersionVerdict> verdict_on(const Registry& registry, const VersionId& version);

}  // namespace clm
