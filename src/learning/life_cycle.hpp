#pragma once
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "learning/cycle.hpp"
#include "learning/forecast_book.hpp"
#include "learning/life_cycle_log.hpp"
#include "learning/life_cycle_state.hpp"
#include "learning/market_tape.hpp"
#include "learning/stage_decision.hpp"
#include "learning/trigger_watch.hpp"

namespace clm {

/// Whether a step may train: at a bar that is being caught up on there is no point in it.
enum class Training { off, on };

/// The learning life cycle, bar by bar: what is active and what is on trial forecasts; what was forecast earlier is
/// held against what became of it; trials are decided; triggers are asked; and then the registry is changed. Live and
/// replay are this class; they differ in the tape.
///
/// What a person does in between is met when it is opened: a trial whose version was moved by hand is over, a version
/// put into the shadow or the canary by hand is tried, one that was promoted by hand is watched.
///
/// A step first commits what it decided (`PendingAction`) together with forecasts and events, then carries it out, then
/// commits that. Killed anywhere, opening goes on to the same versions, statuses, events and forecasts: each action may
/// be carried out twice. Not thread-safe; one per workspace, whose lock the `CycleWorkplace` proves.
class LifeCycle {
 public:
  /// Reads the state and carries out what was decided but not done. `place.frame` and `place.stages` are set here. All
  /// is borrowed. Errors: those of the log and the registry; `life_cycle.symbols` (usage) where the universe is another
  /// one than that of the logged forecasts.
  static Result<LifeCycle> open(const MarketTape& tape, CycleWorkplace& place, LifeCycleLog& log,
                                const LearningOptions& options, const RunContext& run);

  /// A life cycle that has not begun begins with the bar that closes then; one that has goes on.
  void begin_at(Timestamp first_close);
  /// The first bar of the tape that was not gone through.
  std::size_t next_bar() const;
  /// Goes through `next_bar()`. Cost, training aside: the forecasts of all versions concerned (`ForecastBook`), and
  /// some 100 us.
  Status step(Training training, const RunContext& run);

  const LifeCycleState& state() const { return state_; }

 private:
  LifeCycle(const MarketTape& tape, CycleWorkplace& place, LifeCycleLog& log, const LearningOptions& options);

  // The parts of a step, in their order.
  Status forecast(std::size_t bar, std::vector<ForecastRow>& rows);
  Result<std::vector<float>> served(std::size_t bar);
  void hear_outcomes(Timestamp now);
  void decide_trials(Timestamp now);
  Status ask_triggers(std::size_t bar);
  Status carry_out(Timestamp now, const RunContext& run);

  Result<std::optional<Trigger>> due_trigger(const std::string& model_type, std::size_t bar);
  Status begin_chart(TypeState& type);
  void move_on(Trial& trial, const StageDecision& decision, Timestamp now);
  void start_stage(Trial& trial, Stage stage, const VersionId& reference, Timestamp now);
  void begin_trial(const std::string& model_type, const VersionId& challenger, Stage stage, const VersionId& reference,
                   Timestamp now);
  void restart_trials_against(const std::string& model_type, const VersionId& active, Timestamp now);
  void forget_ended_trials();
  bool is_cooling_down(const TypeState& type, Timestamp now) const;
  Status carry_out(const PendingAction& action, Timestamp now, const RunContext& run);
  Status learn(const PendingAction& action, Timestamp now, const RunContext& run);
  /// The deciding sentence of the verdict on a version.
  Result<std::string> why_decided(const VersionId& version, const Event& entry) const;
  Status read_active(const std::string& model_type);
  Status read_registry();
  Status meet_what_a_person_did(const std::map<std::string, VersionId>& active_before);
  Status meet_newcomers(const std::vector<CycleResult>& results, Timestamp now);
  Status commit(std::vector<ForecastRow> forecasts);
  void tell(Timestamp at, std::string kind, const std::string& model_type, const VersionId& version, std::string text,
            std::string detail_json = "{}");
  std::vector<VersionId> versions_concerned() const;

  const MarketTape& tape_;
  CycleWorkplace& place_;
  LifeCycleLog& log_;
  const LearningOptions& options_;
  std::unique_ptr<ForecastBook> book_;
  std::unique_ptr<TriggerWatch> watch_;
  LifeCycleState state_;
  std::vector<LifeEvent> untold_;  ///< not committed yet
  /// Forecasts whose truth is not known yet, by bar, ascending.
  struct Waiting {
    std::size_t bar = 0;
    std::vector<ForecastRow> rows;
  };
  std::deque<Waiting> waiting_;
};

/// Whether `symbol` belongs to a canary's share of `version`: a hash decides, so that a symbol stays in as the share
/// grows. `share` in [0, 1].
bool in_canary_share(const Symbol& symbol, const VersionId& version, double share);

}  // namespace clm
