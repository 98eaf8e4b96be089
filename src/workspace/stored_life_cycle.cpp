#include "workspace/stored_life_cycle.hpp"

#include "learning/life_cycle/active_versions.hpp"
#include "learning/options/recipe_options.hpp"

namespace clm {

Result<LifeCycleState> stored_life_cycle(Workspace& workspace, const LifeCycleLog& log, Interval interval) {
  const auto stored = log.state();
  if (!stored) return forward_error(stored);
  if (!*stored) return LifeCycleState();
  const LearningOptions& options = workspace.learning();
  return read_life_cycle_state(**stored, options.deployment.stages, options.label, interval);
}

Result<LifeCycleState> current_life_cycle(Workspace& workspace, const LifeCycleLog& log, Interval interval) {
  const auto registry = workspace.registry();
  if (!registry) return forward_error(registry);
  auto stored = stored_life_cycle(workspace, log, interval);
  if (!stored) return forward_error(stored);
  LifeCycleState state = std::move(*stored);
  for (const auto& recipe : trained_recipes(workspace.learning())) state.types[recipe];
  for (auto& [model_type, type] : state.types) {
    if (auto read = read_active(**registry, model_type, type); !read) return forward_error(read);
    if (type.charted != type.active) type.chart.reset();
  }
  return state;
}

Result<std::vector<TrialView>> trials_under_way(Workspace& workspace, Interval interval) {
  const auto database = workspace.database();
  if (!database) return forward_error(database);
  const auto registry = workspace.registry();
  if (!registry) return forward_error(registry);
  const auto log = LifeCycleLog::open(**database);
  if (!log) return forward_error(log);
  const auto state = stored_life_cycle(workspace, *log, interval);
  if (!state) return forward_error(state);
  const LearningOptions& options = workspace.learning();
  std::vector<TrialView> trials;
  for (const Trial& trial : state->trials) {
    // A person may have moved it since.
    const auto record = (*registry)->find(trial.challenger.str());
    if (!record) return forward_error(record);
    if (record->status == status_in(trial.stage))
      trials.push_back(view_of(trial, options.deployment.stages, options.label, interval));
  }
  return trials;
}

Result<std::vector<CanaryShare>> canaries_in_service(Workspace& workspace, Interval interval) {
  const auto trials = trials_under_way(workspace, interval);
  if (!trials) return forward_error(trials);
  std::vector<Trial> under_way;
  for (const TrialView& view : *trials) under_way.push_back(view.trial);
  return canaries_of(under_way, workspace.learning().deployment.stages.canary);
}

}  // namespace clm
