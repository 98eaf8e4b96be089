#pragma once
#include <optional>
#include <string>
#include <vector>

#include "learning/jobs/job.hpp"
#include "learning/life_cycle/life_cycle_journal.hpp"
#include "learning/options/learning_options.hpp"
#include "registry/registry.hpp"

namespace clm {

/// What was decided and is not done yet: jobs that were just planned, and open ones, which are stored. What is changed
/// here is noted in the journal, and is there for good once that was committed. Borrows all it is given.
class JobQueue {
 public:
  JobQueue(LifeCycleJournal& journal, const Registry& registry, const LearningOptions& options);

  /// Reads the open jobs. One whose process died is pending again, or given up after `jobs.max_recoveries`; one that a
  /// person has carried out is completed, and the training of a recipe that the settings do not have any more is
  /// cancelled. Errors: those of log and registry.
  Status recover();

  /// Decided at this bar, without a number yet.
  void plan(Job job) { planned_.push_back(std::move(job)); }
  const std::vector<Job>& planned() const { return planned_; }
  /// Numbers what was planned, as one plan; nothing planned, no plan.
  Status make_plan(Timestamp now);

  /// Not ended, in the order they are carried out; some may end before the next commit.
  std::vector<Job>& open() { return open_; }
  const std::vector<Job>& open() const { return open_; }
  /// Neither waiting for a person nor for its time.
  static bool is_due(const Job& job, Timestamp now);
  const Job* waiting_training(const std::string& model_type) const;
  /// A pending training is due from now on.
  void bring_forward(Job& job, Timestamp now);

  /// What is due is running from now on.
  struct Begun {
    bool moves = false, trainings = false;
  };
  Begun begin_due(Timestamp now);
  /// Completed, or failed with an error: a training is then tried again later, `jobs.max_attempts` times in all.
  void end_attempt(Job& job, Timestamp now, const std::optional<std::string>& error, std::string outcome);
  /// What was proposed for the version waits for nobody any more.
  void cancel_proposals(const VersionId& version, const std::string& why);

  /// Commits the journal, and forgets jobs that have ended.
  Status commit(std::vector<ForecastRow> forecasts);

  /// `training_settings_fingerprint` of the options.
  const std::string& settings() const { return settings_; }

 private:
  Status complete_what_is_done();

  LifeCycleJournal& journal_;
  const Registry& registry_;
  const LearningOptions& options_;
  const std::string settings_;
  std::vector<Job> open_;
  std::vector<Job> planned_;
};

}  // namespace clm
