#pragma once
#include <optional>
#include <string>
#include <vector>

#include "learning/life_cycle/live_trials.hpp"
#include "learning/triggers/trigger_monitor.hpp"
#include "registry/cycle_log.hpp"

namespace clm {

/// Whether something is to be learned at a bar: the triggers are asked, each at its own times, and what a person or a
/// loss has asked for is added. What is wanted becomes planned jobs. Borrows all it is given.
class TrainingPlanner {
 public:
  TrainingPlanner(const MarketTape& tape, TriggerMonitor& monitor, const Registry& registry, const CycleLog& cycle_log,
                  LifeCycleJournal& journal, JobQueue& jobs, const LiveTrials& trials, const LearningOptions& options)
      : tape_(tape),
        monitor_(monitor),
        registry_(registry),
        cycle_log_(cycle_log),
        journal_(journal),
        jobs_(jobs),
        trials_(trials),
        options_(options) {}

  /// Once, before the first `ask`: trainings that were given up with other settings are asked for again. Errors: the
  /// log's.
  Status find_outdated_failures();
  /// At the next `ask` these are trained, whatever the triggers say; and the ensemble is looked at in any case.
  void ask_for_cycle(std::vector<Trigger> trained);
  /// What is lost (`TypeState::lost`) is taken up and forgotten: a recipe of the settings is trained, and in place
  /// of an ensemble another one is looked for. `wanted`: what is trained in any case, as `HarmControl` has it. Of a
  /// recipe whose refreshes a person has paused (`RefreshPause`) nothing is trained, whoever asks for it, and no
  /// trigger is asked. Errors: those of the triggers, the registry and the log.
  Status ask(std::size_t bar, std::vector<Trigger> wanted = {});

 private:
  bool is_paused(const std::string& model_type) const { return pause_of(pauses_, model_type) != nullptr; }
  void ask_for_lost(std::vector<Trigger>& wanted, Timestamp now);
  void ask_for_outdated_failures(std::vector<Trigger>& wanted, Timestamp now);
  /// Of the triggers that are listened to and asked now; in the cool-down after a training of those that do not wait.
  Result<std::optional<Trigger>> due_trigger(const std::string& model_type, std::size_t bar);
  bool is_in_cooldown(const std::string& model_type, Timestamp now) const;
  bool may_be_trained(const std::string& model_type, Timestamp now) const;
  Status plan_ensemble_job(bool looks_at_it, Timestamp now);

  const MarketTape& tape_;
  TriggerMonitor& monitor_;
  const Registry& registry_;
  const CycleLog& cycle_log_;
  LifeCycleJournal& journal_;
  JobQueue& jobs_;
  const LiveTrials& trials_;
  const LearningOptions& options_;
  std::vector<Trigger> asked_;  ///< by a person
  bool cycle_asked_ = false;
  std::vector<Job> outdated_failures_;
  std::vector<RefreshPause> pauses_;  ///< as the last `ask` found them
};

}  // namespace clm
