#include <limits>

#include "features/sets/feature_set.hpp"
#include "learning/options/learning_options.hpp"
#include "learning/options/recipe_options.hpp"

namespace clm {
namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

SettingInfo number(std::string unit, std::string meaning, double minimum, double maximum,
                   std::vector<std::string> environment = {}) {
  return {std::move(unit), std::move(meaning), minimum, maximum, {}, std::move(environment)};
}
SettingInfo text(std::string meaning, std::vector<std::string> choices = {}) {
  return {"", std::move(meaning), -kNoLimit, kNoLimit, std::move(choices), {}};
}

/// Binds an enum through the names that its `to_string` gives.
template <typename Enum>
void add_choice(Settings& settings, const std::string& key, Enum& target, const std::string& meaning,
                const std::vector<Enum>& values) {
  std::vector<std::string> names;
  for (const Enum value : values) names.emplace_back(to_string(value));
  settings.add(key,
               Settings::Choice{[&target] { return std::string(to_string(target)); },
                                [&target, values](const std::string& name) {
                                  for (const Enum value : values)
                                    if (to_string(value) == name) target = value;
                                }},
               text(meaning, names));
}

void add_universe(Settings& s, UniverseOptions& o) {
  s.add("universe.venue", &o.venue, text("Venue to learn from; empty: the only one stored."));
  s.add("universe.interval", &o.interval, text("Bar length, such as \"1h\"; empty: the only one of the venue."));
  s.add("universe.symbols", &o.symbols, text("Symbols to learn from; empty: all that are stored."));
  s.add("universe.min_frozen_bars", &o.quality.min_frozen_bars,
        number("bars", "Bars in a row without a trade, or at one price, from which on they are cut out.", 2, 1e6));
}

void add_label(Settings& s, LabelOptions& o) {
  s.add("label.horizon_bars", &o.horizon_bars, number("bars", "From entry to exit of what is forecast.", 1, 10'000));
  add_choice(s, "label.target", o.target,
             "What is learned: the own return, the return relative to the universe, its rank, or relative and rank "
             "blended. All but plain need at least 5 symbols.",
             {LabelTarget::plain, LabelTarget::relative, LabelTarget::rank, LabelTarget::blend});
  s.add("label.rank_weight", &o.rank_weight, number("", "Weight of the rank in a blend.", 0, 1));
  s.add("label.entry_delay_bars", &o.entry_delay_bars,
        number("bars", "By how much the learned return begins after the next open.", 0, 1'000));
  s.add("label.volatility_bars", &o.volatility_bars,
        number("bars", "Span of the volatility that returns are measured in.", 2, 100'000));
  s.add("label.clip", &o.clip, number("volatilities", "Labels are limited to this size.", 0.1, 1'000));
}

void add_training(Settings& s, TrainingOptions& o) {
  s.add("training.models", &o.models,
        text("Model types that are trained side by side, each judged, and of the ensemble. Trees: lightgbm, xgboost; "
             "networks: nhits, patchtst, dlinear, nlinear_ols. Trees alone, in a third of the time: [\"lightgbm\", "
             "\"xgboost\"]."));
  s.add("training.warm_start", &o.warm_start,
        text("Networks (nhits, patchtst, dlinear) whose training goes on from the weights of their active version, if "
             "that was trained on none of what the new one is judged on."));
  s.add("training.window_days", &o.window_days,
        number("days", "How far back training reaches; 0: all history.", 0, 100'000, {"CLM_TRAINING_LOOKBACK_DAYS"}));
  s.add(
      "training.holdout_share", &o.holdout_share,
      number(
          "",
          "Share of the time, at its end, over which a recipe that is new is judged; with policy.ladder no version is "
          "trained on it.",
          0.05, 0.9));
  s.add(
      "training.validation_share", &o.validation_share,
      number("", "Share of the training time, at its end, for early stopping; with policy.ladder for calibration, too.",
             0.02, 0.5));
  s.add("training.embargo_bars", &o.embargo_bars,
        number("bars", "Distance between the last training label and what is judged.", 0, 100'000));
  s.add("training.max_fit_rows", &o.max_fit_rows,
        number("rows", "Rows fitted on at most; of more, exactly so many, other ones for every training.", 1'000, 1e9));
  s.add("training.origins", &o.origins,
        number("fits", "Of a recipe that is new, so many at most at earlier moments judge it.", 1, 100));
  s.add("training.origins_minutes", &o.origins_minutes,
        number("minutes",
               "For all of these fits of a network, by its time_budget_seconds: at fewer moments where that leaves no "
               "time for more, the newest ones; 0: no limit.",
               0, 1e6));
  s.add("training.seed", &o.seed, number("", "Seed of everything random.", 0, 9e15));
  s.add("training.threads", &o.threads, number("threads", "Of one training; part of what decides its bits.", 1, 256));
}

void add_lineup(Settings& s, LineupOptions& o) {
  s.add("lineup.vintages", &o.vintages,
        number("versions", "Of a recipe that was accepted so many speak at once: the newest and older ones.", 1, 24));
  s.add(
      "lineup.fits", &o.fits,
      number("fits",
             "Of one moment, on other rows and with other seeds, as one version that says their mean. A recipe of its "
             "own, which is judged anew. A network of several does not go on from earlier weights.",
             1, 8));
  s.add("lineup.spacing_days", &o.spacing_days,
        number("days", "At least between the older ones that stay beside the newest.", 0, 366));
}

void add_ensemble(Settings& s, EnsembleOptions& o) {
  add_choice(s, "ensemble.mode", o.mode,
             "off: no ensemble version is made. fixed: with the configured weights. learned: with learned ones where "
             "these are shown to be better on rows they were not learned from.",
             {EnsembleMode::off, EnsembleMode::fixed, EnsembleMode::learned});
  s.add("ensemble.models", &o.models,
        text("Model types, and recipes by name as TYPE/NAME, that take part; empty: all."));
  s.add("ensemble.weights", &o.weights,
        text("Weights as TYPE=WEIGHT; those of who takes part are shared out. A recipe by name weighs as its type "
             "does, or "
             "TYPE/NAME=WEIGHT."));
  s.add("ensemble.other_weight", &o.other_weight, number("", "Weight of a type that is not named.", 1e-6, 1));
  s.add("ensemble.min_weight", &o.min_weight, number("", "A member weighs no less, where that can be.", 0, 1));
  s.add("ensemble.max_weight", &o.max_weight, number("", "A member weighs no more, where that can be.", 0, 1));
  s.add("ensemble.shrinkage", &o.shrinkage,
        number("", "How strongly learned weights are held at the configured ones.", 0, 1e9));
}

void add_judging(Settings& s, JudgeOptions& o) {
  s.add("costs.fee_bps", &o.positions.costs.fee_bps, number("bps", "Taker fee a side.", 0, 1'000));
  s.add("costs.spread_and_slippage_bps", &o.positions.costs.spread_and_slippage_bps,
        number("bps", "Half the spread plus slippage, a side.", 0, 1'000));
  s.add("judging.band_bps", &o.positions.band_bps,
        number("bps", "What a forecast must promise beyond the costs to be traded.", 0, 10'000));
  s.add("judging.long_short_fraction", &o.long_short.fraction,
        number("", "Share of the symbols held long, and as many short.", 0.01, 0.5));
  s.add("judging.long_short_hold_fraction", &o.long_short.hold_fraction,
        number("", "A position is kept while its rank stays within this share.", 0.01, 0.5));
  s.add("judging.min_symbols", &o.min_symbols, number("symbols", "Fewer: ranks over time instead.", 2, 100'000));
  s.add("judging.long_short_min_symbols", &o.long_short.min_symbols,
        number("symbols", "Fewer forecasts at one time: no long-short book.", 2, 100'000));
  s.add("judging.alpha", &o.alpha, number("", "1 - coverage of the intervals reported.", 1e-6, 0.5));
  s.add("judging.bootstrap_repetitions", &o.bootstrap_repetitions,
        number("resamples", "Of what has no closed form.", 100, 1'000'000));
}

void add_policy(Settings& s, PolicyOptions& o) {
  add_choice(
      s, "policy.ladder", o.ladder,
      "What decides about replacing an active version. off: the next version of its recipe is checked and takes its "
      "place; one of another recipe is judged, by ranks and gross profit on the same bars. on: each version is "
      "judged, by its improvement in win rate, average R and calibration (policy.deploy_improvement, "
      "policy.canary_improvement), and goes through shadow and canary.",
      {Ladder::off, Ladder::on});
  s.add("policy.margin", &o.margin,
        number("rank IC",
               "With a recipe that is new what is served must be shown to rank no more than this below what is served "
               "without, and below ridge; a version judged by itself below the active one, or every baseline.",
               0, 1));
  s.add(
      "policy.acceptance_alpha", &o.acceptance_alpha,
      number("a year",
             "Wrong acceptances of recipes without foresight, over all recipes first tried in a year; may be asked at "
             "every bar.",
             1e-9, 5));
  s.add("policy.deploy_improvement", &o.deploy_improvement,
        number("", "With policy.ladder: improvement that deploys, with a lower bound above zero.", 0, 10,
               {"CLM_MIN_IMPROVEMENT_THRESHOLD"}));
  s.add("policy.canary_improvement", &o.canary_improvement,
        number("", "With policy.ladder: improvement that earns a canary.", 0, 10));
  s.add("policy.skill_alpha", &o.skill_alpha,
        number("",
               "Where versions are judged by themselves (policy.ladder): one-sided level at which a first version's "
               "rank IC must be above zero.",
               1e-9, 0.5));
  s.add("policy.superiority_alpha", &o.superiority_alpha,
        number("",
               "One-sided level at which what is served with a recipe that is new must be shown to be within "
               "policy.margin of "
               "what is served without, whenever that is looked at; with policy.ladder, a first version above every "
               "baseline.",
               1e-9, 0.5));
  add_choice(
      s, "policy.profit", o.profit,
      "What a first version must earn. estimate: before costs, more than nothing; with policy.ladder, than every "
      "baseline, too. significant: and after costs, shown to be more than nothing.",
      {ProfitRule::none, ProfitRule::estimate, ProfitRule::significant});
  s.add("policy.min_trades", &o.min_trades,
        number("rebalances",
               "On fewer nothing is said to earn; with policy.ladder, on fewer trades nothing to improve.", 0, 1e9));
  s.add("policy.min_deflated_sharpe", &o.min_deflated_sharpe, number("", "Of a first version; 0: not asked.", 0, 1));
  s.add("policy.min_times", &o.min_times, number("decision times", "Least evidence.", 10, 1e9));
  s.add("policy.min_coverage", &o.min_coverage, number("", "Share of rows with a forecast.", 0, 1));
  s.add("policy.min_win_rate", &o.min_win_rate,
        number("", "With policy.ladder: its upper bound must reach this.", 0, 1));
  s.add("policy.min_average_r", &o.min_average_r,
        number("R", "With policy.ladder: its upper bound must reach this.", -10, 10));
  s.add("policy.min_calibration_quality", &o.min_calibration_quality,
        number("", "1 - expected calibration error.", 0, 1));
  s.add(
      "policy.max_drawdown", &o.max_drawdown,
      number("",
             "Of the long-short book before costs, unless that of who speaks instead fell further; with policy.ladder, "
             "of single positions after them.",
             0, 1));
}

void add_stages(Settings& s, StageOptions& o) {
  s.add("shadow.enabled", &o.shadow.enabled, text("A candidate predicts beside the active version before it serves."));
  s.add("shadow.min_hours", &o.shadow.min_hours, number("hours", "No decision before.", 0, 1e6));
  s.add("shadow.min_predictions", &o.shadow.min_predictions,
        number("bars", "With outcomes; no decision before.", 1, 1e9, {"QT_CLM_SHADOW_MIN"}));
  s.add("shadow.max_days", &o.shadow.max_days, number("days", "Not shown to be better so long: refused.", 0.01, 1e5));
  s.add("shadow.alpha", &o.shadow.alpha,
        number("", "Of promoting one that is no better, over its whole life and all places together.", 1e-9, 0.49));
  s.add("shadow.margin", &o.shadow.margin,
        number("units of the loss", "Enough is a gain shown to be above minus this; 0: it must be better.", 0, 1e6));
  add_choice(s, "shadow.loss", o.shadow.loss,
             "What is lost on a bar: 1 - rank IC, or the squared error where symbols are too few to rank.",
             {BarLoss::rank, BarLoss::squared_error});
  s.add("shadow.places", &o.shadow.places, number("candidates", "Of a model type on trial at once.", 1, 100));
  s.add("canary.enabled", &o.canary.enabled, text("It then serves a share of the symbols before all."));
  s.add("canary.first_share", &o.canary.first_share, number("", "Of the symbols.", 0.001, 1));
  s.add("canary.second_share", &o.canary.second_share, number("", "Of the symbols.", 0.001, 1));
  s.add("canary.stage_bars", &o.canary.stage_bars, number("bars", "With outcomes, at each share.", 1, 1e9));
  s.add("canary.alpha", &o.canary.alpha, number("", "Of taking back one that is no worse.", 1e-9, 0.49));
  s.add("watch.enabled", &o.watch.enabled, text("What was promoted is watched beside what it replaced."));
  s.add("watch.min_hours", &o.watch.min_hours, number("hours", "No rollback before.", 0, 1e6));
  s.add("watch.bars", &o.watch.bars, number("bars", "With outcomes; so long it is watched.", 1, 1e9));
  s.add("watch.alpha", &o.watch.alpha, number("", "Of rolling back one that is no worse.", 1e-9, 0.49));
  s.add("watch.cooldown_hours", &o.watch.cooldown_hours,
        number("hours", "After a rollback nothing of that type is promoted or rolled back.", 0, 1e6));
  s.add("guardrails.min_forecasts", &o.behaviour.min_forecasts, number("forecasts", "Nothing is said before.", 1, 1e9));
  s.add("guardrails.min_bars", &o.behaviour.min_bars, number("bars", "Nor before so many with outcomes.", 1, 1e9));
  s.add("guardrails.max_one_sided_share", &o.behaviour.max_one_sided_share,
        number("", "Of the forecasts that point one way.", 0.5, 1));
  s.add("guardrails.min_spread_ratio", &o.behaviour.min_spread_ratio,
        number("", "Spread of the forecasts over the symbols, against the other version's.", 0, 1));
  s.add("guardrails.max_hit_rate_fall", &o.behaviour.max_hit_rate_fall,
        number("", "Below the other version's hit rate, once shown.", 0, 1));
}

void add_deployment(Settings& s, DeploymentOptions& o) {
  add_choice(s, "policy.mode", o.mode, "Who moves versions: say what would be done, leave it to a person, or do it.",
             {PolicyMode::logging_only, PolicyMode::advisory, PolicyMode::enforced});
  add_choice(s, "policy.gate", o.gate,
             "What a version has to show: evidence: the verdict decides; none: nothing, for comparison in a replay. "
             "policy.mode is stronger: it says who moves a version at all.",
             {PolicyGate::evidence, PolicyGate::none});
  s.add("policy.harm_run_length", &o.harm.run_length,
        number("blocks",
               "What is served, and everybody who votes, is watched for harm: a rank IC below zero, in "
               "blocks of a label's length. So many go by up to a false alarm, in the mean at least, of "
               "who has no skill at all. Harm takes the votes away within the bar. 0: nobody is watched.",
               0, 1e9));
  add_stages(s, o.stages);
}

}  // namespace

std::string_view to_string(EnsembleMode mode) {
  switch (mode) {
    case EnsembleMode::off: return "off";
    case EnsembleMode::fixed: return "fixed";
    case EnsembleMode::learned: return "learned";
  }
  return {};
}

std::optional<EnsembleMode> parse_ensemble_mode(std::string_view name) {
  for (const EnsembleMode mode : {EnsembleMode::off, EnsembleMode::fixed, EnsembleMode::learned})
    if (to_string(mode) == name) return mode;
  return std::nullopt;
}

std::string_view to_string(Floor floor) { return floor == Floor::ridge ? "ridge" : "none"; }

std::string_view to_string(PolicyMode mode) {
  switch (mode) {
    case PolicyMode::logging_only: return "logging_only";
    case PolicyMode::advisory: return "advisory";
    case PolicyMode::enforced: return "enforced";
  }
  return {};
}

std::string_view to_string(PolicyGate gate) { return gate == PolicyGate::none ? "none" : "evidence"; }

void add_settings(Settings& settings, LearningOptions& options) {
  settings.add_tables({"recipes", "model_type",
                       "The type of one more recipe beside those of training.models; what it sets in tables of its own "
                       "is other than the workspace's.",
                       settings_of_recipe, &options.recipes});
  add_universe(settings, options.universe);
  settings.add("features.set", &options.feature_set, text("Feature set.", feature_set_names()));
  add_label(settings, options.label);
  add_training(settings, options.training);
  add_settings(settings, options.trainers);
  settings.add("triggers.retrain_hours", &options.triggers.retrain_hours,
               number("hours", "time_based: since the newest training was made, by its as-of.", 0, 1e6,
                      {"QT_CLM_RETRAIN_HOURS"}));
  settings.add("triggers.new_bars", &options.triggers.new_bars,
               number("bars", "data_volume: bars of the whole universe that closed since then.", 1, 1e12,
                      {"CLM_DATA_THRESHOLD_POINTS"}));
  settings.add("triggers.performance_hours", &options.triggers.performance_hours,
               number("hours", "performance_decay: how often a life cycle asks; 0: at every bar.", 0, 1e6,
                      {"QT_CLM_PERF_HOURS"}));
  settings.add("triggers.drift_hours", &options.triggers.drift_hours,
               number("hours", "drift_detected, regime_shift: how often a life cycle asks; 0: at every bar.", 0, 1e6,
                      {"QT_CLM_DRIFT_HOURS"}));
  settings.add(
      "triggers.false_alarm_days", &options.triggers.false_alarm_days,
      number("days", "performance_decay and drift_detected each raise one false alarm per model type in so many days.",
             1, 1e5));
  settings.add("triggers.kinds", &options.triggers.kinds,
               text("Which triggers a life cycle listens to. data_corrected: candles that the active version learned "
                    "from were corrected; it does not wait for the cool-down.",
                    trigger_names()));
  settings.add("triggers.cooldown_hours", &options.triggers.cooldown_hours,
               number("hours", "In a life cycle a type is not trained again so soon after a training.", 0, 1e6));
  add_lineup(settings, options.lineup);
  add_choice(settings, "policy.floor", options.floor,
             "Who speaks while none of training.models was accepted. ridge: ridge regression, if it is shown to have "
             "foresight. none: nobody.",
             {Floor::none, Floor::ridge});
  add_ensemble(settings, options.ensemble);
  add_judging(settings, options.judging);
  add_policy(settings, options.policy);
  add_deployment(settings, options.deployment);
  settings.add("jobs.max_attempts", &options.jobs.max_attempts, number("attempts", "Of a training.", 1, 1e6));
  settings.add("jobs.backoff_hours", &options.jobs.backoff_hours,
               number("hours", "Before a training is tried again; doubled each time.", 0, 1e6));
  settings.add("jobs.max_recoveries", &options.jobs.max_recoveries,
               number("times", "A job whose process died so often is given up.", 1, 1e9));
  settings.add("serving.max_data_age_days", &options.serving.max_data_age_days,
               number("days",
                      "A version whose last label to be fitted on became known longer ago has no vote; 0: age silences "
                      "nobody. Holdout and validation lie between that label and a new version.",
                      0, 1e5));
  settings.add(
      "serving.max_late_bars", &options.serving.max_late_bars,
      number("bars",
             "So many whole bars may be missing between the newest candle and the clock; beyond, commands warn "
             "and every action of clm predict is HOLD.",
             0, 1e9));
  settings.add("retention.keep_versions", &options.retention.keep_versions,
               number("versions", "Stored versions per model type.", 1, 1e6));
}

}  // namespace clm
