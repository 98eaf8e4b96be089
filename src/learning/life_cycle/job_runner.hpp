#pragma once
#include <optional>
#include <string>

#include "learning/cycle/cycle.hpp"
#include "learning/life_cycle/registry_reconciler.hpp"

namespace clm {

/// Carries out what was decided: versions move in the registry, trainings run as one cycle. Each job may be carried out
/// twice, after a kill, with the same outcome. Borrows all it is given.
class JobRunner {
 public:
  JobRunner(CycleWorkplace& place, LifeCycleJournal& journal, JobQueue& jobs, ActiveTypes& types, LiveTrials& trials,
            RegistryReconciler& reconciler, const LearningOptions& options)
      : place_(place),
        journal_(journal),
        jobs_(jobs),
        types_(types),
        trials_(trials),
        reconciler_(reconciler),
        options_(options) {}

  /// Every job that is due: committed as running, done, and committed again. Errors: `run.cancel`, the registry's, and
  /// those of a cycle that are not the data's fault; what was begun is then carried out by the next one.
  Status carry_out(Timestamp now, const RunContext& run);

  /// What came of the last cycle that was run; none before.
  const std::optional<Result<CycleReport>>& last_cycle() const { return last_cycle_; }

 private:
  Status move(Job& job, Timestamp now);
  Result<std::string> carry_out_move(const Job& job, Timestamp now);
  Status promote(const VersionRecord& record, const Decision& decision);
  Result<std::string> roll_back(const VersionRecord& record, const Decision& decision);
  Status learn(Timestamp now, const RunContext& run);

  CycleWorkplace& place_;
  LifeCycleJournal& journal_;
  JobQueue& jobs_;
  ActiveTypes& types_;
  LiveTrials& trials_;
  RegistryReconciler& reconciler_;
  const LearningOptions& options_;
  std::optional<Result<CycleReport>> last_cycle_;
};

}  // namespace clm
