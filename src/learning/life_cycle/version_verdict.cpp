#include "learning/life_cycle/version_verdict.hpp"

#include "evaluation/verdict/evidence.hpp"

namespace clm {

Result<VersionVerdict> verdict_on(const Registry& registry, const VersionId& version) {
  const auto evidence = registry.latest_evidence(version);
  if (!evidence) return forward_error(evidence);
  const Evidence read = Evidence::from_json(*evidence);
  VersionVerdict verdict;
  verdict.is_refresh = read.is_of_refresh() || read.is_of_lineup();
  // What it holds beside that was found of the version that its recipe was accepted by.
  if (const auto said = read.verdict(); said && !verdict.is_refresh) {
    verdict.decision = said->decision;
    if (!said->reasons.empty()) verdict.why = said->reasons.front();
  }
  const auto alone = read.verdict_alone();
  verdict.fit_alone = alone && alone->decision == DeploymentDecision::deploy;
  return verdict;
}

}  // namespace clm
