#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "learning/cycle/cycle.hpp"
#include "learning/data/market_tape.hpp"
#include "learning/jobs/job.hpp"
#include "learning/life_cycle/life_cycle_log.hpp"
#include "learning/life_cycle/life_cycle_state.hpp"
#include "learning/trials/stage_decision.hpp"
#include "learning/triggers/next_training.hpp"

namespace clm {

/// What a step does at its bar.
enum class StepMode {
  catch_up,  ///< forecasts, and what became of earlier ones: a bar that is caught up on, after a pause
  decide     ///< that, and then decides: trials, triggers, jobs
};

/// The learning life cycle, bar by bar: what is active and what is on trial forecasts; what was forecast earlier is
/// held against what became of it; trials are decided; triggers are asked; and then the registry is changed. Live and
/// replay are this class; they differ in the tape, and in that a replay decides at every bar.
///
/// What a person does in between is taken into account when it is resumed: a trial whose version was moved by hand is
/// over, a version put into the shadow or the canary by hand is tried, one that was promoted by hand is watched.
///
/// What is decided at one moment is a plan of jobs (`Job`), committed together with forecasts and events before any of
/// them is begun, and again when they are done. Killed anywhere, resuming goes on to the same versions, statuses,
/// events and forecasts. Not thread-safe; one per workspace, whose lock the `CycleWorkplace` proves.
///
/// A version that turns out to be broken (by its bytes, or because it does not load) when it is to be promoted, or when
/// the life cycle is resumed, is `failed`, whether it was active, on trial, or the way back. The next older sound
/// version that may still vote takes the place of an active one (not in mode `logging_only`, where its slot stays
/// empty), and the type is trained again at the next decision; an ensemble is as sound as its members. A watch whose
/// way back is broken ends. A rollback passes over broken versions to the next older sound one; where there is none,
/// the version stays active and the job has failed.
///
/// In mode `advisory` moves of versions are jobs that wait for a person (`Approval::awaited`); what then was done in
/// the registry is taken into account like anything else that a person does, and a job whose version stands where it
/// wanted it is completed, whoever moved it. In `logging_only` they are told and no more.
///
/// What does harm is silenced within the bar, and comes back when it no longer does (`HarmControl`), in mode `advisory`
/// too.
///
/// Its parts: `LiveForecasts`, `LiveOutcomes`, `LiveTrials`, `HarmControl`, `TrainingPlanner`, `JobQueue` and
/// `JobRunner`, `RegistryReconciler` with `BrokenVersions`; `LifeCycleJournal` holds the state.
class LifeCycle {
 public:
  /// Goes on from the stored state: jobs that were decided and are not done are carried out, trainings among them, so
  /// that it may take as long as a cycle. `place` is copied, with the tape's features and with the stages running; what
  /// it refers to, and all else, is borrowed. Errors: those of the log, the registry and `run_cycle`.
  static Result<LifeCycle> resume(const MarketTape& tape, const CycleWorkplace& place, LifeCycleLog& log,
                                  const LearningOptions& options, const RunContext& run);
  LifeCycle(LifeCycle&&) noexcept;
  LifeCycle& operator=(LifeCycle&&) noexcept;
  ~LifeCycle();

  /// A life cycle that has not begun begins with the bar that closes then; one that has goes on.
  void begin_at(Timestamp first_close);
  /// The first bar of the tape that was not gone through.
  std::size_t next_bar() const;
  /// Goes through `next_bar()`. Cost, training aside: the forecasts of all versions concerned (`ForecastCache`), and
  /// some 100 us. A training that fails is a failed job, and no error; what stops the step is `run.cancel`, and
  /// what is not the data's fault.
  Status step(StepMode mode, const RunContext& run);
  /// Decides once more at the last bar that was gone through, for a person who does not want to wait for the next one.
  Status decide_again(const RunContext& run);
  /// At the next decision these are trained, whatever the triggers say; and the ensemble is looked at in any case.
  void ask_for_cycle(std::vector<Trigger> trained);

  const LifeCycleState& state() const;
  /// Who is on trial, and how it stands.
  std::vector<TrialView> trials() const;
  /// Not ended: waiting for a person or for their time.
  const std::vector<Job>& open_jobs() const;
  /// When each recipe that is trained is due next, as of the last bar of the tape.
  Result<std::vector<NextTraining>> next_trainings() const;
  /// What came of the last cycle that was run; none before.
  const std::optional<Result<CycleReport>>& last_cycle() const;

 private:
  struct Parts;
  explicit LifeCycle(std::unique_ptr<Parts> parts);
  Status reconcile_and_carry_out(const RunContext& run);
  /// Whom what is served is held against from now on (`LifeCycleState::first_lineup`), if nobody is yet.
  Status note_first_lineup(std::size_t bar);
  Status decide(std::size_t bar);
  Status carry_out(Timestamp now, const RunContext& run);

  std::unique_ptr<Parts> parts_;  ///< which refer to each other
};

}  // namespace clm
