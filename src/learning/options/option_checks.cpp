#include "learning/options/option_checks.hpp"

#include <algorithm>
#include <set>

#include "base/number_text.hpp"
#include "learning/options/configured_weights.hpp"
#include "learning/options/hours.hpp"
#include "learning/options/recipe_options.hpp"
#include "market/series/symbol_name.hpp"
#include "models/model_type.hpp"
#include "models/warm_start.hpp"

namespace clm {
namespace {

/// What is wrong so far.
class Findings {
 public:
  void add(std::string key, std::string code, std::string message, std::string remedy) {
    found_.push_back({std::move(key), std::move(code), std::move(message), std::move(remedy)});
  }
  void add(std::string key, const Error& error) { add(std::move(key), error.code, error.message, error.remedy); }

  /// Names in a list: each once, none empty.
  void check_list(const std::string& key, const std::vector<std::string>& names) {
    std::set<std::string> seen;
    for (const std::string& name : names) {
      if (name.empty()) add(key, "config.empty", key + " has an empty entry", "Take it out of the list.");
      if (!name.empty() && !seen.insert(name).second)
        add(key, "config.twice", key + " names \"" + name + "\" twice", "Name it once.");
    }
  }
  void check_types(const std::string& key, const std::vector<std::string>& types) {
    check_list(key, types);
    for (const std::string& type : types) {
      if (type.empty()) continue;
      if (const Status known = check_model_types(std::vector{type}, key); !known) add(key, known.error());
    }
  }
  /// `least` and `most` are keys of two settings that must not cross.
  void check_order(const std::string& least, double low, const std::string& most, double high) {
    if (low > high)
      add(least, "config.contradiction", least + " is above " + most, "Lower the one or raise the other.");
  }

  std::vector<OptionProblem> take() { return std::move(found_); }

 private:
  std::vector<OptionProblem> found_;
};

void check_universe(const UniverseOptions& o, Findings& findings) {
  if (!o.interval.empty())
    if (const auto interval = Interval::parse(o.interval); !interval)
      findings.add("universe.interval", interval.error());
  findings.check_list("universe.symbols", o.symbols);
  for (const std::string& text : o.symbols)
    if (const auto symbol = asked_symbol(text, "universe.symbols"); !text.empty() && !symbol)
      findings.add("universe.symbols", symbol.error());
}

void check_training(const TrainingOptions& o, Findings& findings) {
  if (o.models.empty())
    findings.add("training.models", "config.empty", "training.models is empty: there is nothing to train",
                 "Name model types, such as [\"lightgbm\", \"xgboost\"].");
  findings.check_types("training.models", o.models);
  findings.check_list("training.warm_start", o.warm_start);
  for (const std::string& type : o.warm_start) {
    if (type.empty()) continue;
    if (const Status can = check_warm_start_types(std::vector{type}, {}); !can)
      findings.add("training.warm_start", can.error());
  }
}

/// The parameters of the types that are trained, as their trainers see them.
void check_trainers(const LearningOptions& o, Findings& findings) {
  for (const std::string& type : std::set<std::string>(o.training.models.begin(), o.training.models.end())) {
    if (!check_model_types(std::vector{type}, {})) continue;
    if (const auto trainer = make_trainer(type, o.trainers); !trainer && trainer.error().kind == ErrorKind::usage) {
      const std::string key = type + "." + trainer.error().where;
      findings.add(key, trainer.error().code, key + ": " + trainer.error().message, trainer.error().remedy);
    }
  }
  for (const ModelType& type : model_types()) {
    const bool is_trained =
        std::find(o.training.models.begin(), o.training.models.end(), type.name) != o.training.models.end();
    if (!is_trained || type.orders == nullptr) continue;
    const std::string section = std::string(type.name) + ".";
    for (const SettingOrder& order : type.orders(o.trainers))
      findings.check_order(section + std::string(order.least), order.low, section + std::string(order.most),
                           order.high);
  }
}

/// What takes part in an ensemble: a model type, or a recipe of the settings by its name.
Status check_member(const LearningOptions& options, const std::string& name) {
  const auto& recipes = options.recipes;
  if (std::any_of(recipes.begin(), recipes.end(), [&](const NamedTable& one) { return name_of(one) == name; }))
    return {};
  if (name.find('/') == std::string::npos) return check_model_types(std::vector{name}, "ensemble.models");
  return fail(ErrorKind::usage, "recipe.unknown", "the settings have no recipe " + name, "ensemble.models",
              "Write it as [recipes.NAME], or take it out of the list.");
}

void check_ensemble(const LearningOptions& options, Findings& findings) {
  const EnsembleOptions& o = options.ensemble;
  findings.check_list("ensemble.models", o.models);
  for (const std::string& name : o.models)
    if (const Status known = check_member(options, name); !name.empty() && !known)
      findings.add("ensemble.models", known.error());
  findings.check_order("ensemble.min_weight", o.min_weight, "ensemble.max_weight", o.max_weight);
  EnsembleOptions weights = o;  // the bounds were looked at
  weights.min_weight = 0;
  weights.max_weight = 1;
  for (const std::string& entry : o.weights) {
    weights.weights = {entry};
    const auto read = configured_weights(weights);
    if (!read) {
      findings.add("ensemble.weights", read.error());
    } else if (const auto known = check_member(options, read->named.begin()->first); !known) {
      findings.add("ensemble.weights", known.error());
    }
  }
  std::set<std::string> types;
  for (const std::string& entry : o.weights)
    if (const std::string type = entry.substr(0, entry.find('=')); !types.insert(type).second)
      findings.add("ensemble.weights", "ensemble.weights", "\"" + entry + "\" names its type a second time",
                   "Write each type once.");
}

void check_judging(const JudgeOptions& o, Findings& findings) {
  findings.check_order("judging.long_short_fraction", o.long_short.fraction, "judging.long_short_hold_fraction",
                       o.long_short.hold_fraction);
}

void check_stages(const StageOptions& o, Findings& findings) {
  findings.check_order("canary.first_share", o.canary.first_share, "canary.second_share", o.canary.second_share);
  constexpr double kHoursADay = 24;
  if (o.shadow.enabled && o.shadow.min_hours > kHoursADay * o.shadow.max_days)
    findings.add("shadow.min_hours", "config.contradiction",
                 "shadow.min_hours is longer than shadow.max_days: nobody could pass",
                 "Lower the one or raise the other.");
}

}  // namespace

std::vector<OptionProblem> check_options(const LearningOptions& options) {
  Findings findings;
  check_universe(options.universe, findings);
  check_training(options.training, findings);
  check_trainers(options, findings);
  findings.check_list("triggers.kinds", options.triggers.kinds);  // of its choices each one is
  check_ensemble(options, findings);
  check_judging(options.judging, findings);
  check_stages(options.deployment.stages, findings);
  return findings.take();
}

double withheld_share(const TrainingOptions& options) {
  return 1 - (1 - options.holdout_share) * (1 - options.validation_share);
}

std::vector<std::string> doubtful_options(const LearningOptions& options) {
  const double limit = options.serving.max_data_age_days, share = withheld_share(options.training);
  if (limit <= 0) return {};
  const std::string why = "serving.max_data_age_days is " + to_string(hours(24 * limit)) +
                          " and counts from the last label that a version was fitted on, while training.holdout_share "
                          "and training.validation_share keep the newest " +
                          fixed(100 * share, 0) + " % of ";
  const std::string remedy = "; 0 lets nobody be silent for age alone";
  if (options.training.window_days <= 0)
    return {why + "all history back: once that is longer than " + fixed(limit / share, 0) +
            " days, every version expires at birth" + remedy};
  if (share * options.training.window_days <= limit) return {};
  return {why + "training.window_days back, which are " + fixed(share * options.training.window_days, 0) +
          " days: every version expires at birth" + remedy};
}

}  // namespace clm
