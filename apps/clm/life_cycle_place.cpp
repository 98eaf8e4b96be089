#include "life_cycle_place.hpp"

namespace clm::app {

Result<LifeCycleState> stored_life_cycle(Session& session, const LifeCycleLog& log, Interval interval) {
  const auto stored = log.state();
  if (!stored) return forward_error(stored);
  if (!*stored) return LifeCycleState();
  const LearningOptions& options = session.learning();
  return read_life_cycle_state(**stored, options.deployment.stages, options.label, interval);
}

Result<std::vector<CanaryShare>> canaries_in_service(Session& session, Interval interval) {
  const auto database = session.database();
  if (!database) return forward_error(database);
  const auto registry = session.registry();
  if (!registry) return forward_error(registry);
  const auto log = LifeCycleLog::open(**database);
  if (!log) return forward_error(log);
  const auto state = stored_life_cycle(session, *log, interval);
  if (!state) return forward_error(state);
  std::vector<CanaryShare> canaries;
  for (const Trial& trial : state->trials) {
    const double share = canary_share(trial, session.learning().deployment.stages.canary);
    if (share == 0) continue;
    // A person may have taken it back since.
    const auto record = (*registry)->find(trial.challenger.str());
    if (!record) return forward_error(record);
    if (record->status == VersionStatus::canary) canaries.push_back({trial.model_type, trial.challenger, share});
  }
  return canaries;
}

}  // namespace clm::app
