#pragma once
#include <vector>

#include "learning/life_cycle/life_cycle_log.hpp"
#include "learning/life_cycle/life_cycle_state.hpp"
#include "learning/trials/stage_decision.hpp"
#include "serving/canary_share.hpp"
#include "workspace/workspace.hpp"

namespace clm {

/// What the workspace's life cycle remembers; as it begins where none ran yet.
Result<LifeCycleState> stored_life_cycle(Workspace& workspace, const LifeCycleLog& log, Interval interval);

/// The same, as the registry has it today: a person may have moved versions since. Every recipe of the settings is
/// in it. Errors: those of the log and the registry.
Result<LifeCycleState> current_life_cycle(Workspace& workspace, const LifeCycleLog& log, Interval interval);

/// Who is on trial, and how it stands.
Result<std::vector<TrialView>> trials_under_way(Workspace& workspace, Interval interval);

/// The versions that serve a share of the symbols now.
Result<std::vector<CanaryShare>> canaries_in_service(Workspace& workspace, Interval interval);

}  // namespace clm
