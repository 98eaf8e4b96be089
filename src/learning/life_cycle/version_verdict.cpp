#include "learning/life_cycle/version_verdict.hpp"

#include <nlohmann/json.hpp>

namespace clm {

Result<VersionVerdict> verdict_on(const Registry& registry, const VersionId& version) {
  const auto evidence = registry.latest_evidence(version);
  if (!evidence) return forward_error(evidence);
  const auto json = nlohmann::json::parse(*evidence, nullptr, false);
  VersionVerdict verdict;
  if (!json.is_object() || !json.contains("verdict")) return verdict;
  const auto& said = json["verdict"];
  if (const auto reasons = said.value("reasons", nlohmann::json()); reasons.is_array() && !reasons.empty())
    verdict.why = reasons.front().get<std::string>();
  const auto decision = said.value("decision", std::string());
  for (const auto one :
       {DeploymentDecision::deploy, DeploymentDecision::canary, DeploymentDecision::keep, DeploymentDecision::reject})
    if (to_string(one) == decision) verdict.decision = one;
  if (const auto alone = json.find("verdict_alone"); alone != json.end() && alone->is_object())
    verdict.fit_alone = alone->value("decision", std::string()) == to_string(DeploymentDecision::deploy);
  return verdict;
}

}  // namespace clm
