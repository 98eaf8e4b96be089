#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/settings.hpp"
#include "evaluation/trials/bar_score.hpp"
#include "evaluation/trials/behaviour.hpp"
#include "evaluation/verdict/deployment_policy.hpp"
#include "evaluation/verdict/judgement.hpp"
#include "features/labels/label.hpp"
#include "learning/options/trigger_kind.hpp"
#include "market/quality/data_quality.hpp"
#include "models/trainers.hpp"

namespace clm {

/// Which candles are learned from.
struct UniverseOptions {
  std::string venue;                 ///< empty: the only one in the store
  std::string interval;              ///< empty: the only one of the venue
  std::vector<std::string> symbols;  ///< empty: all that are stored
  QualityOptions quality;
};

/// Which rows are fitted on of more than `TrainingOptions::max_fit_rows`.
enum class Thinning {
  by_hash,       ///< exactly so many, other ones for every vintage (`split_for_training`)
  every_nth_bar  ///< as releases before did it, so that what they trained can be trained again
};

/// How a candidate is trained. Everything here is part of the version's protocol and so of its id.
struct TrainingOptions {
  std::vector<std::string> models{"lightgbm", "xgboost", "nhits", "patchtst"};
  /// Networks (nhits, patchtst, dlinear) whose training goes on from the weights of their active version, where that
  /// can be done without leakage (`warm_parent.hpp`). What a version began with is part of its protocol, not this list.
  std::vector<std::string> warm_start;
  double window_days = 0;          ///< how far back rows reach from `as_of`; 0 = all history
  double holdout_share = 0.25;     ///< of the decision times, at the end, judged on and never trained on; (0, 1)
  double validation_share = 0.15;  ///< of the training times, at their end, for early stopping and calibration; (0, 1)
  std::int64_t embargo_bars = 24;  ///< distance between the last training label and what is judged
  /// Rows that are fitted on at most; of more, exactly so many are (`thinning`). The time of a training grows
  /// with them. >= 1000.
  std::int64_t max_fit_rows = 300'000;
  /// A recipe that is new is fitted at so many moments of the past at most to be judged, >= 1.
  std::int64_t origins = 6;
  /// For all of these fits of a network together; fewer are made where its `time_budget_seconds` leave no time for
  /// more (`origins_in_budget`); 0: no limit. More judges on more of the history, and a first version comes later.
  double origins_minutes = 0;
  Thinning thinning = Thinning::by_hash;  ///< no setting: the protocol of a version says which it was
  std::int64_t seed = 1;
  std::int64_t threads = 1;  ///< of one training; the bits may depend on it
};

/// When a model type is trained again.
struct TriggerOptions {
  double retrain_hours = 672;       ///< time_based: since the newest training was made as of, whatever came of it
  std::int64_t new_bars = 100'000;  ///< data_volume: bars of the whole universe that closed since
  double performance_hours = 3;     ///< performance_decay: how often it is asked; 0: at every bar
  double drift_hours = 6;           ///< drift_detected and regime_shift: likewise
  /// performance_decay and drift_detected each raise one false alarm per model type in so many days, on average and
  /// while nothing changes; > 0
  double false_alarm_days = 180;
  /// Which triggers a life cycle listens to; the first training of a type needs none.
  std::vector<std::string> kinds = trigger_names();
  double cooldown_hours = 24;  ///< a type is not trained again so soon after a training, unless that is tried again
};

/// What becomes of a job of the life cycle that does not succeed.
struct JobOptions {
  std::int64_t max_attempts = 3;    ///< of a training; then it is failed
  double backoff_hours = 1;         ///< before the second attempt; twice as long before each further one
  std::int64_t max_recoveries = 3;  ///< a job whose process died or was stopped so often is failed
};

/// What is served, whoever decided on it.
struct ServingOptions {
  /// Types that may serve, where fewer are trained today (`clm cycle --models`); empty: `TrainingOptions::models`.
  /// Recipes by name may serve in any case. No setting.
  std::vector<std::string> models = {};
  /// A version whose last label to be fitted on became known longer ago has no vote; 0: age silences nobody. That label
  /// is older than the version: holdout, validation and embargo lie between (`withheld_share`), so a small limit leaves
  /// nobody to serve. It is for those who must not serve an old model whatever it does; nobody is worse for age alone.
  double max_data_age_days = 0;
  /// So many whole bars may be missing between the newest stored one and the clock; beyond, nothing that is said may be
  /// acted on. More bears slower deliveries, and acts on older prices.
  std::int64_t max_late_bars = 2;
};

enum class EnsembleMode {
  off,     ///< no ensemble version is made, the active versions are averaged with the configured weights
  fixed,   ///< the configured weights
  learned  ///< for all times or per volatility regime, where they are shown to be better on rows not learned from
};
std::string_view to_string(EnsembleMode mode);
std::optional<EnsembleMode> parse_ensemble_mode(std::string_view name);

/// How the active versions of several recipes become one forecast.
struct EnsembleOptions {
  EnsembleMode mode = EnsembleMode::learned;
  /// Types, and recipes by name ("lightgbm/yearly"), that take part; empty: `TrainingOptions::models` and all recipes
  /// by name.
  std::vector<std::string> models;
  std::vector<std::string> weights{"lightgbm=0.25", "nhits=0.30", "patchtst=0.20", "xgboost=0.25"};
  double other_weight = 0.20;  ///< of a type that `weights` does not name; (0, 1]
  double min_weight = 0.15;    ///< where the number of members allows it
  double max_weight = 0.40;    ///< likewise
  double shrinkage = 5;        ///< of learned weights towards the configured ones (`WeightMoments::solve`); >= 0
};

/// How many vintages of a recipe speak at once. Of vintages of an equal recipe the mean is steadier than the newest,
/// and was in no study shown to be worse (Bates & Granger 1969, Operational Research Quarterly 20:451;
/// docs/QUALITY.md).
struct LineupOptions {
  int vintages = 3;  ///< [1, 24]; more: steadier, and each forecast costs as much more
  /// Of one moment, on other rows and with another seed, [1, 8]; what a vintage says is their mean. Each costs a
  /// training, and each forecast as much more.
  int fits = 1;
  int spacing_days = 28;  ///< between vintages that stay, >= 0; more: they share fewer rows, and the oldest is older
};

/// Who speaks while no model type of `training.models` was accepted.
enum class Floor {
  none,
  ridge  ///< ridge regression, if it is shown to have foresight
};

std::string_view to_string(Floor floor);

struct RetentionOptions {
  std::int64_t keep_versions = 10;  ///< stored versions per model type
};

/// A candidate predicts on every live bar beside the active version; neither is served by it.
struct ShadowOptions {
  bool enabled = true;
  double min_hours = 24;               ///< no decision before
  std::int64_t min_predictions = 100;  ///< bars with outcomes; no decision before
  double max_days = 30;                ///< undecided so long: it is refused
  /// Of promoting a candidate that is no better, over the whole life of its trial and all places together; (0, .5)
  double alpha = 0.01;
  double margin = 0;             ///< promoted once its gain is shown to be above minus this, in units of the loss
  BarLoss loss = BarLoss::rank;  ///< of a bar
  std::int64_t places = 3;       ///< candidates of a model type on trial at once; alpha is shared out among them
};

/// A candidate that passed the shadow is served to a share of the symbols, then to more, then to all.
struct CanaryOptions {
  bool enabled = true;
  double first_share = 0.10;  ///< of the symbols, by a stable hash
  double second_share = 0.50;
  std::int64_t stage_bars = 48;  ///< outcomes per share before the next
  double alpha = 0.05;           ///< of retreating from one that is no worse
};

/// A version that was promoted is watched beside the one it replaced.
struct WatchOptions {
  bool enabled = true;
  double min_hours = 24;       ///< no rollback before
  std::int64_t bars = 336;     ///< outcomes that it is watched for
  double alpha = 0.05;         ///< of rolling back one that is no worse
  double cooldown_hours = 72;  ///< after a rollback nothing is promoted or rolled back in that model type
};

/// What a version goes through between its verdict and the end of its watch.
struct StageOptions {
  ShadowOptions shadow;
  CanaryOptions canary;
  WatchOptions watch;
  BehaviourLimits behaviour;  ///< guardrails of canary and watch
};

/// Who moves versions.
enum class PolicyMode {
  logging_only,  ///< nobody: it is said what would be done
  advisory,      ///< a person
  enforced       ///< the program
};
std::string_view to_string(PolicyMode mode);

/// What a version has to show.
enum class PolicyGate {
  evidence,  ///< the verdict decides
  /// Nothing: where the mode is `enforced` it is served at once, as most programs do; for comparison in a replay. In
  /// the other modes it waits for a person.
  none
};
std::string_view to_string(PolicyGate gate);

/// When what is served, or a voter, is taken to do harm (`HarmControl`).
struct HarmOptions {
  /// Blocks of a label's length up to a false alarm, in the mean at least, of a forecaster without any skill; one with
  /// skill has far fewer. 0: nobody is watched.
  double run_length = 1000;
};

struct DeploymentOptions {
  PolicyMode mode = PolicyMode::enforced;
  PolicyGate gate = PolicyGate::evidence;
  StageOptions stages;
  HarmOptions harm;
};

/// Everything a learning cycle can be told, with its defaults.
struct LearningOptions {
  UniverseOptions universe;
  std::string feature_set = "core";
  LabelOptions label;
  TrainingOptions training;
  TrainerOptions trainers;
  /// Recipes beside those of `TrainingOptions::models`: a model type each, and what is set otherwise for them
  /// (`recipe_options.hpp`).
  std::vector<NamedTable> recipes;
  /// Names of those of them that are not trained today (`clm cycle --models`). No setting.
  std::vector<std::string> recipes_at_rest;
  TriggerOptions triggers;
  LineupOptions lineup;
  Floor floor = Floor::ridge;
  EnsembleOptions ensemble;
  JudgeOptions judging;
  PolicyOptions policy;
  DeploymentOptions deployment;
  JobOptions jobs;
  ServingOptions serving;
  RetentionOptions retention;
};

/// Adds every setting of the options, with unit, bounds and meaning. The settings point into `options`.
void add_settings(Settings& settings, LearningOptions& options);

}  // namespace clm
