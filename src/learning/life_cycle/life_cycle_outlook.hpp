#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "learning/jobs/job.hpp"
#include "learning/life_cycle/life_cycle_state.hpp"
#include "learning/life_cycle/refresh_pauses.hpp"
#include "learning/options/learning_options.hpp"
#include "learning/triggers/next_training.hpp"

namespace clm {

/// What is known where somebody asks when something is learned next.
struct OutlookQuestion {
  const LifeCycleState& state;
  const std::vector<Job>& open_jobs;
  const std::vector<Job>& last_trainings;  ///< `LifeCycleLog::last_trainings`
  Timestamp now;                           ///< close of the newest bar
  /// Bars of the universe that closed since.
  std::function<std::int64_t(Timestamp)> bars_since;
  std::vector<RefreshPause> pauses = {};  ///< `LifeCycleLog::refresh_pauses`
};

/// When each recipe that is trained is due next (`next_training`), what it waits for (a person who paused
/// its refreshes, a training that is tried again, or a place on trial), and whether its last training was given up.
std::vector<NextTraining> training_outlook(const OutlookQuestion& question, const LearningOptions& options);

}  // namespace clm
