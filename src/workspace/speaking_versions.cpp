#include "workspace/speaking_versions.hpp"

#include "learning/options/serving_rules.hpp"
#include "serving/predictor.hpp"

namespace clm {

Result<SpeakingVersions> speaking_versions(Workspace& workspace) {
  const auto log = workspace.cycle_log();
  if (!log) return forward_error(log);
  const auto newest = (*log)->list(1);
  if (!newest) return forward_error(newest);
  SpeakingVersions speaking;
  speaking.at = newest->empty() ? workspace.clock().now() : newest->front().as_of;
  const auto registry = workspace.registry();
  if (!registry) return forward_error(registry);
  const auto rules = serving_rules(workspace.learning());
  if (!rules) return forward_error(rules);
  const auto predictor = Predictor::load(**registry, *rules);
  if (!predictor) return forward_error(predictor);
  const Lineup lineup = predictor->plan(speaking.at, {}).lineups.front();
  speaking.ensemble = lineup.ensemble;
  for (const LineupMember& member : lineup.members)
    if (member.why_not.empty()) speaking.weights.emplace(member.version, member.weight);
  return speaking;
}

}  // namespace clm
