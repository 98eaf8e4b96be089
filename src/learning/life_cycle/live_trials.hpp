#pragma once
#include <optional>
#include <string>
#include <vector>

#include "learning/life_cycle/active_types.hpp"
#include "learning/life_cycle/job_queue.hpp"
#include "learning/life_cycle/version_verdict.hpp"
#include "learning/trials/stage_decision.hpp"

namespace clm {

/// Begins, decides and ends the trials of the state. What a decision asks of the registry becomes a planned job, or,
/// where the mode leaves it to a person, a proposal, made once. Borrows all it is given.
class LiveTrials {
 public:
  LiveTrials(LifeCycleJournal& journal, JobQueue& jobs, const ActiveTypes& types, const Registry& registry,
             const LearningOptions& options, Interval interval)
      : journal_(journal), jobs_(jobs), types_(types), registry_(registry), options_(options), interval_(interval) {}

  /// How every trial stands.
  std::vector<TrialView> views() const;
  /// Every trial is looked at (`decide_stage`), in the order they began; at most one move of a type's active version a
  /// bar. Where nobody is served by the reference, a challenger that was fit alone succeeds. Errors: the registry's.
  Status decide(Timestamp now);

  void begin(const std::string& model_type, const VersionId& challenger, Stage stage, const VersionId& reference,
             const VersionVerdict& verdict, Timestamp now);
  /// The trial stays in its place until `forget_ended`, with an empty challenger.
  void end(Trial& trial);
  void forget_ended();
  /// Another version is active: a watch of its type ends, every other trial starts over beside it.
  void restart_against(const std::string& model_type, const VersionId& active, Timestamp now);
  /// The next vintage of the same recipe is active: a watch of its type ends, every other trial goes on beside it.
  void go_on_beside(const std::string& model_type, const VersionId& active, Timestamp now);
  /// A trial whose version was moved out of its stage, other than by a job that is due, is over. Errors: the
  /// registry's.
  Status end_moved(Timestamp now);

  bool is_on_trial(const VersionId& version) const;
  /// Of a type, those that want to become active.
  std::int64_t candidates(const std::string& model_type) const;
  /// Whether nothing of the type is promoted yet, after a rollback.
  bool is_cooling_down(const TypeState& type, Timestamp now) const;

 private:
  Result<std::optional<StageDecision>> succession(const Trial& trial, Timestamp now);
  Job job_of(const Trial& trial, const StageDecision& decision) const;
  void move_on(Trial& trial, const StageDecision& decision, Timestamp now);
  void propose(Trial& trial, const StageDecision& decision, Timestamp now);
  void start_stage(Trial& trial, Stage stage, const VersionId& reference, Timestamp now);

  LifeCycleJournal& journal_;
  JobQueue& jobs_;
  const ActiveTypes& types_;
  const Registry& registry_;
  const LearningOptions& options_;
  const Interval interval_;
};

}  // namespace clm
