#include "learning/recipes/recipe.hpp"

#include <set>

#include <nlohmann/json.hpp>

#include "base/hash.hpp"
#include "features/sets/feature_set.hpp"
#include "learning/data/protocol.hpp"
#include "learning/options/recipe_options.hpp"
#include "models/trainers.hpp"
#include "registry/slot.hpp"

namespace clm {
namespace {

using Values = std::map<std::string, std::string>;

/// Every value by the path to it.
void flatten(const std::string& path, const nlohmann::json& value, Values& into) {
  if (!value.is_object()) {
    into[path] = value.dump();
    return;
  }
  for (const auto& [name, inner] : value.items()) flatten(path + "." + name, inner, into);
}

Recipe identified(const Slot& slot, Values settings) {
  Sha256 hash;
  hash.update(slot.model_type + "\n");
  for (const auto& [name, value] : settings) hash.update(name + "=" + value + "\n");
  return {hash.hex_digest().substr(0, 12), slot.model_type, slot_name(slot), std::move(settings)};
}

/// What a manifest and the options in force both know.
struct RecipeParts {
  Slot slot;
  nlohmann::json parameters, label;
  std::string feature_set, feature_hash;
  bool stops_early = false;
  TrainingOptions training;
  std::int64_t min_frozen_bars = 0;
  std::int64_t fits = 1;
};

Recipe recipe_from(const RecipeParts& parts) {
  Values settings;
  const std::string& model_type = parts.slot.model_type;
  flatten(model_type, parts.parameters, settings);
  // At which step a time budget ended a training is what the training met, and no part of the recipe.
  settings.erase(model_type + ".stop_after_steps");
  flatten("label", parts.label, settings);
  settings["features.set"] = parts.feature_set;
  settings["features.hash"] = parts.feature_hash;
  settings["universe.min_frozen_bars"] = std::to_string(parts.min_frozen_bars);
  const TrainingOptions& t = parts.training;
  // What a version was judged on or calibrated by, and so had to do without, differs between vintages of a recipe.
  if (parts.stops_early) flatten("training.validation_share", t.validation_share, settings);
  flatten("training",
          {{"window_days", t.window_days},
           {"embargo_bars", t.embargo_bars},
           {"max_fit_rows", t.max_fit_rows},
           {"thinning", t.thinning == Thinning::by_hash ? "by_hash" : "every_nth_bar"}},
          settings);
  // One is what every recipe of releases before was.
  if (parts.fits > 1) settings["lineup.fits"] = std::to_string(parts.fits);
  return identified(parts.slot, std::move(settings));
}

}  // namespace

Result<Recipe> recipe_of(const Manifest& manifest) {
  const auto protocol = read_protocol(manifest.protocol_json);
  if (!protocol) return forward_error(protocol);
  auto parameters = nlohmann::json::parse(manifest.parameters_json, nullptr, false);
  const auto trainer = make_trainer(manifest.model_type, parameters);
  if (!trainer) return forward_error(trainer);
  return recipe_from({slot_of(manifest), std::move(parameters),
                      nlohmann::json::parse(manifest.label_json, nullptr, false), manifest.feature_set,
                      manifest.feature_hash, (*trainer)->stops_early(), protocol->training, protocol->min_frozen_bars,
                      protocol->fits});
}

Result<Recipe> recipe_in_force(const std::string& name, const LearningOptions& options) {
  const Slot slot = slot_of(name);
  const auto own = options_of(options, name);
  if (!own) return forward_error(own);
  const auto trainer = make_trainer(slot.model_type, own->trainers);
  if (!trainer) return forward_error(trainer);
  const auto features = feature_set(own->feature_set);
  if (!features) return forward_error(features);
  return recipe_from({slot, (*trainer)->parameters(), to_json(own->label), own->feature_set, features->hash(),
                      (*trainer)->stops_early(), own->training, own->universe.quality.min_frozen_bars,
                      own->policy.ladder == Ladder::on ? 1 : own->lineup.fits});
}

std::string describe_change(const Recipe& from, const Recipe& to) {
  std::set<std::string> names;
  for (const auto& [name, value] : from.settings) names.insert(name);
  for (const auto& [name, value] : to.settings) names.insert(name);
  const auto value_in = [](const Recipe& recipe, const std::string& name) {
    const auto found = recipe.settings.find(name);
    return found == recipe.settings.end() ? std::string("nothing") : found->second;
  };
  // The hash of a set of another name says nothing more.
  if (value_in(from, "features.set") != value_in(to, "features.set")) names.erase("features.hash");
  std::string text;
  for (const auto& name : names) {
    const std::string before = value_in(from, name), now = value_in(to, name);
    if (before != now) text += (text.empty() ? "" : ", ") + name + " " + before + " -> " + now;
  }
  return text;
}

}  // namespace clm
