#include "learning/life_cycle/version_verdict.hpp"

#include "evaluation/verdict/evidence.hpp"

namespace clm {

Result<VersionVerdict> verdict_on(const Registry& registry, const VersionId& version) {
  const auto evidence = registry.latest_evidence(version);
  if (!evidence) return forward_error(evidence);
  const Evidence read = Evidence::from_json(*evidence);
  VersionVerdict verdict;
  if (const auto said = read.verdict()) {
    verdict.decision = said->decision;
    if (!said->reasons.empty()) verdict.why = said->reasons.front();
  }
  const auto alone = read.verdict_alone();
  verdict.fit_alone = alone && alone->decision == DeploymentDecision::deploy;
  return verdict;
}

}  // namespace clm
