#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/verdict/judgement.hpp"
#include "learning/life_cycle/life_cycle.hpp"
#include "learning/regret/regret.hpp"
#include "learning/studies/recovery.hpp"

namespace clm {

/// What a learning policy does differently from the settings; a name that a person knows.
///   gated    everything as configured: triggers, judging, lineup, shadow, canary, watch
///   periodic trains every `triggers.retrain_hours` and serves whatever came out, as most programs do
///   drift    trains when performance or drift say so and serves whatever came out
///   static   trains once
/// The last three serve the newest vintage of each recipe alone, fitted on everything known.
/// Error `replay.policy` (usage).
Result<LearningOptions> with_policy(LearningOptions options, const std::string& policy);
const std::vector<std::string>& replay_policies();

/// What a replay is about.
struct ReplayOptions {
  std::string policy = "gated";
  TimeRange span;            ///< closes of the bars that are gone through; history before is learned from
  LearningOptions learning;  ///< with the policy applied
  /// When the market changed, if known (`--changed-at`): the report then has the recovery from it.
  std::optional<Timestamp> changed_at = std::nullopt;
  /// Hash of settings and data, by which callers name what belongs to this replay; not read here.
  std::string identity = {};
};

/// What one policy did and what came of it.
struct ReplayReport {
  std::string policy;
  Timestamp from, to;  ///< first and last close
  std::size_t bars = 0;
  std::size_t trainings = 0;  ///< versions that were trained, ensembles included
  std::size_t retrains = 0;   ///< times that training began
  std::size_t promotions = 0, canaries = 0, rollbacks = 0, refusals = 0, retreats = 0;
  std::size_t promotions_regretted = 0;  ///< lost more than the version they replaced, in the watch that followed
  double cycle_wall_seconds = 0;         ///< that the cycles took, judging included; depends on the machine
  double served_share = 0;               ///< of the bars: those with a served forecast
  double mean_data_age_days = 0;         ///< of what was served, since it had learned its last label
  std::optional<ModelJudgement> served;  ///< what was served, over the whole span; none without forecasts
  RegretReport regret;                   ///< of it, over the bars whose truth was known by the end
  std::optional<Recovery> recovery;      ///< of the served rank IC, from `changed_at`; none without it
  std::vector<LifeEvent> timeline;
};
/// As in the manual, and `served`: the whole judgement of what was served; `regret`, as `RegretReport`.
nlohmann::json to_json(const ReplayReport& report);

/// Close of the first bar of `span` as of which a training with these options has rows enough, where those known at a
/// bar grow with time; before it nobody can be served. Cost: that of some `split_for_training`, the more the later it
/// is. Errors: `replay.no_bars` (usage); of `split_for_training`, where no bar of the span will do.
Result<Timestamp> first_bar_to_learn_from(const MarketTape& tape, TimeRange span, const TrainingOptions& options);

/// Called after every bar, with the life cycle as it then is.
using ReplayWatcher = std::function<void(const LifeCycle&)>;

/// The production life cycle on a virtual clock over the bars of `tape` in `span`. `place` and `log` are those of a
/// workspace that belongs to this replay alone. At the first bar there must be rows enough to learn from
/// (`first_bar_to_learn_from`), or a version that serves already. Interrupted or killed, it goes on where it was. Same
/// tape, options and seed give the same bits. Errors: `replay.no_bars` (usage); those of the life cycle.
Result<ReplayReport> replay(const MarketTape& tape, const CycleWorkplace& place, LifeCycleLog& log,
                            const ReplayOptions& options, const RunContext& run, const ReplayWatcher& watcher = {});

/// What was served in `span`, beside the truth.
Result<ForecastTable> served_table(const LifeCycleLog& log, TimeRange span, const std::string& name,
                                   const std::shared_ptr<const JudgedRows>& truth);
/// Every labelled row of the span.
std::shared_ptr<const JudgedRows> truth_of(const MarketTape& tape, TimeRange span);

}  // namespace clm
