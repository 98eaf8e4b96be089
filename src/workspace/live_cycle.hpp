#pragma once
#include <cstddef>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "learning/cycle/cycle.hpp"
#include "learning/jobs/job.hpp"
#include "learning/life_cycle/life_cycle_log.hpp"
#include "learning/life_cycle/unlisted_versions.hpp"
#include "learning/trials/stage_decision.hpp"
#include "learning/triggers/next_training.hpp"
#include "workspace/learning_workspace.hpp"

namespace clm {

/// What the life cycle did and what it is at.
struct LifeCycleNews {
  std::size_t bars = 0;  ///< gone through
  std::vector<LifeEvent> events;
  std::vector<TrialView> trials;
  std::vector<Job> jobs;           ///< open ones
  std::vector<NextTraining> next;  ///< when each type is due
  std::vector<UnlistedVersion> unlisted;
};
/// {bars, events, trials, jobs, next, unlisted}
nlohmann::json to_json(const LifeCycleNews& news);

/// Nobody is served, and the last training of every type failed, whether or not it is tried again.
bool is_nothing_trainable(const LifeCycleNews& news);

/// What came of the life cycle up to the newest bar: the cycle there, and the news since the last run.
struct LiveCycle {
  CycleReport report;
  LifeCycleNews news;
  /// Files of the record that were written (`write_closed_months`), or why one was not: the next run tries again.
  Result<std::size_t> record_files;
};
/// The main job. Goes through the bars that closed since the last run without deciding anything, decides at the newest
/// one, and trains what its triggers ask for, or with `Force::yes` every type. Run at every bar it does what a replay
/// does. Killed at any moment, the next run ends with the same versions in the same states.
///
/// Errors: `cycle.gone_by` (usage) where the market view ends before the bar that the life cycle is at; `cancelled`;
/// those of features, life cycle and cycle. Cost: the features of the whole history, once, unless nothing needs them.
Result<LiveCycle> run_live_cycle(const LearningWorkspace& place, Force force, const RunContext& run);

/// Trains and judges a candidate of every model type at the newest bar, and moves nothing; what is trained belongs to
/// no lineup. The workspace's learning options are then those of such a training. Errors: those of `run_cycle`.
Result<CycleReport> train_candidates(LearningWorkspace& place, const RunContext& run);

}  // namespace clm
