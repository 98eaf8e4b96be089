#pragma once
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "learning/cycle.hpp"
#include "learning/ensemble_lineup.hpp"
#include "learning/forecast_book.hpp"
#include "learning/job.hpp"
#include "learning/life_cycle_log.hpp"
#include "learning/life_cycle_state.hpp"
#include "learning/market_tape.hpp"
#include "learning/next_training.hpp"
#include "learning/stage_decision.hpp"
#include "learning/trigger_watch.hpp"

namespace clm {

/// What a step does at its bar.
enum class Look {
  hear,   ///< forecasts, and what became of earlier ones: a bar that is caught up on, after a pause
  decide  ///< that, and then decides: trials, triggers, jobs
};

/// The learning life cycle, bar by bar: what is active and what is on trial forecasts; what was forecast earlier is
/// held against what became of it; trials are decided; triggers are asked; and then the registry is changed. Live and
/// replay are this class; they differ in the tape, and in that a replay decides at every bar.
///
/// What a person does in between is met when it is opened: a trial whose version was moved by hand is over, a version
/// put into the shadow or the canary by hand is tried, one that was promoted by hand is watched.
///
/// What is decided at one moment is a plan of jobs (`Job`), committed together with forecasts and events before any of
/// them is begun, and again when they are done. Killed anywhere, opening goes on to the same versions, statuses, events
/// and forecasts. Not thread-safe; one per workspace, whose lock the `CycleWorkplace` proves.
///
/// A version that turns out to be broken (by its bytes, or because it does not load) when it is to be promoted, or when
/// the life cycle is opened, is `failed`, whether it was active, on trial, or the way back. The next older sound
/// version that may still vote takes the place of an active one (not in mode `logging_only`, where its slot stays
/// empty), and the type is trained again at the next decision; an ensemble is as sound as its members. A watch whose
/// way back is broken ends. A rollback passes over broken versions to the next older sound one; where there is none,
/// the version stays active and the job has failed.
///
/// In mode `advisory` moves of versions are jobs that wait for a person (`Approval::awaited`); what then was done in
/// the registry is met like anything else that a person does, and a job whose version stands where it wanted it is
/// completed, whoever moved it. In `logging_only` they are told and no more.
class LifeCycle {
 public:
  /// Reads the state and carries out what was decided but not done. `place.frame` and `place.stages` are set here. All
  /// is borrowed. Errors: those of the log and the registry.
  static Result<LifeCycle> open(const MarketTape& tape, CycleWorkplace& place, LifeCycleLog& log,
                                const LearningOptions& options, const RunContext& run);

  /// A life cycle that has not begun begins with the bar that closes then; one that has goes on.
  void begin_at(Timestamp first_close);
  /// The first bar of the tape that was not gone through.
  std::size_t next_bar() const;
  /// Goes through `next_bar()`. Cost, training aside: the forecasts of all versions concerned (`ForecastBook`), and
  /// some 100 us. A training that fails is a failed job, and no error; what stops the step is `run.cancel`, a broken
  /// artifact, and what is not the data's fault.
  Status step(Look look, const RunContext& run);
  /// Decides once more at the last bar that was gone through, for a person who does not want to wait for the next one.
  Status decide_again(const RunContext& run);
  /// At the next decision these are trained, whatever the triggers say; and the ensemble is looked at in any case.
  void ask_for_cycle(std::vector<Trigger> trained);

  const LifeCycleState& state() const { return state_; }
  /// Who is on trial, and how it stands.
  std::vector<TrialView> trials() const;
  /// Not ended: waiting for a person or for their time.
  const std::vector<Job>& open_jobs() const { return open_jobs_; }
  /// When each type of `training.models` is due next, as of the last bar of the tape.
  Result<std::vector<NextTraining>> next_trainings() const;
  /// What came of the last cycle that was run; none before.
  const std::optional<Result<CycleReport>>& last_cycle() const { return last_cycle_; }

 private:
  LifeCycle(const MarketTape& tape, CycleWorkplace& place, LifeCycleLog& log, const LearningOptions& options);

  /// What was found when a version was judged.
  struct VersionVerdict {
    std::string why;                             ///< the deciding sentence
    std::optional<DeploymentDecision> decision;  ///< none where the evidence is no verdict
    bool fit_alone = false;                      ///< deploy, had nothing been active
    Route route() const { return decision == DeploymentDecision::deploy ? Route::direct : Route::through_canary; }
  };

  // The parts of a step, in their order.
  Status forecast(std::size_t bar, std::vector<ForecastRow>& rows);
  std::vector<float> served(Timestamp now, const std::vector<ForecastRow>& rows) const;
  void hear_outcomes(Timestamp now);
  Status decide(std::size_t bar);
  Status carry_out(Timestamp now, const RunContext& run);

  // What becomes of versions on trial.
  Status decide_trials(Timestamp now);
  Result<std::optional<StageDecision>> succession(const Trial& trial, Timestamp now);
  Job job_of(const Trial& trial, const StageDecision& decision) const;
  void move_on(Trial& trial, const StageDecision& decision, Timestamp now);
  void propose(Trial& trial, const StageDecision& decision, Timestamp now);
  void start_stage(Trial& trial, Stage stage, const VersionId& reference, Timestamp now);
  void begin_trial(const std::string& model_type, const VersionId& challenger, Stage stage, const VersionId& reference,
                   const VersionVerdict& verdict, Timestamp now);
  void end_trial(Trial& trial);
  void restart_trials_against(const std::string& model_type, const VersionId& active, Timestamp now);
  void forget_ended_trials();
  bool is_cooling_down(const TypeState& type, Timestamp now) const;
  /// Nobody is served by it: nothing is active, or what is has expired.

  // Whether something is to be learned.
  Status ask_triggers(std::size_t bar);
  void ask_for_lost(std::vector<Trigger>& wanted, Timestamp now);
  Status find_outdated_failures();
  void ask_for_outdated_failures(std::vector<Trigger>& wanted, Timestamp now);
  Result<std::optional<Trigger>> due_trigger(const std::string& model_type, std::size_t bar);
  bool may_be_trained(const std::string& model_type, Timestamp now) const;
  Status begin_chart(TypeState& type);

  // Plans and jobs.
  Status recover_jobs();
  Status complete_what_is_done();
  Status make_plan(Timestamp now);
  static bool is_due(const Job& job, Timestamp now);
  Status move(Job& job, Timestamp now);
  Result<std::string> carry_out_move(const Job& job, Timestamp now);
  Status promote(const VersionRecord& record, const Decision& decision);
  Result<std::string> roll_back(const VersionRecord& record, const Decision& decision);
  Status learn(Timestamp now, const RunContext& run);
  void save(const Job& job);
  void end_attempt(Job& job, Timestamp now, const std::optional<std::string>& error, std::string outcome);
  void cancel_proposals(const VersionId& version, const std::string& why);

  // What the registry says.
  Result<VersionVerdict> verdict_on(const VersionId& version) const;
  Status read_active(const std::string& model_type);
  /// Whether its data are young enough at `now`. Back to a version without a vote is no way: nobody is watched beside
  /// it.
  Result<bool> has_vote(const VersionId& version, Timestamp now) const;
  Status read_registry();
  Status meet_what_a_person_did(std::map<std::string, VersionId> active_before);
  Status meet_moved_actives(const std::map<std::string, VersionId>& active_before, Timestamp now);
  Status meet_unknown_trials(Timestamp now);
  Status meet_moved_trials(Timestamp now);
  Status meet_newcomers(const std::vector<CycleResult>& results, Timestamp now);
  Status meet_newcomer(const CycleResult& result, const VersionId& reference, Timestamp now);
  Status propose_newcomer(const VersionRecord& record, const VersionVerdict& verdict, Timestamp now);

  // Versions that are not usable (`Registry::what_is_broken`).
  Result<std::map<std::string, VersionId>> meet_broken_versions(const std::map<std::string, VersionId>& active_before);
  Result<bool> fail_if_broken(const VersionId& version, Timestamp now);
  Status meet_broken_ways_back(const std::string& model_type, Timestamp now);
  Status meet_broken_trials(Timestamp now);
  Status make_up_for(const std::string& model_type, const VersionId& lost, Timestamp now);
  Result<VersionId> go_back_from(const std::string& model_type, const VersionId& lost, Timestamp now);

  Status commit(std::vector<ForecastRow> forecasts);
  void tell(Timestamp at, EventKind kind, const std::string& model_type, const VersionId& version, std::string text,
            std::string detail_json = "{}");
  std::vector<VersionId> versions_concerned() const;
  std::map<std::string, VersionId> active_versions() const;

  const MarketTape& tape_;
  CycleWorkplace& place_;
  LifeCycleLog& log_;
  const LearningOptions& options_;
  ConfiguredWeights weights_;
  std::unique_ptr<ForecastBook> book_;
  std::unique_ptr<TriggerWatch> watch_;
  LifeCycleState state_;
  std::vector<Job> open_jobs_;  ///< in the order they are carried out
  std::vector<Job> planned_;    ///< decided at this bar, without a number yet
  std::vector<Trigger> asked_;  ///< by a person
  bool cycle_asked_ = false;
  const std::string settings_;          ///< `training_settings_fingerprint`
  std::vector<Job> outdated_failures_;  ///< trainings that were given up with other settings
  std::optional<Result<CycleReport>> last_cycle_;
  std::vector<LifeEvent> untold_;  ///< not committed yet, and so are these:
  std::vector<Plan> unsaved_plans_;
  std::vector<Job> unsaved_jobs_;
  /// Forecasts whose truth is not known yet, by bar, ascending.
  struct Waiting {
    std::size_t bar = 0;
    std::vector<ForecastRow> rows;
  };
  std::deque<Waiting> waiting_;
};

}  // namespace clm
