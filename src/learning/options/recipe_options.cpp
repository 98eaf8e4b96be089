#include "learning/options/recipe_options.hpp"

#include <algorithm>
#include <set>

#include "base/contract.hpp"
#include "base/nearest_name.hpp"
#include "models/model_type.hpp"
#include "registry/slot.hpp"

namespace clm {
namespace {

const NamedTable* find_recipe(const LearningOptions& options, const Slot& slot) {
  const auto found = std::find_if(options.recipes.begin(), options.recipes.end(), [&](const NamedTable& recipe) {
    return recipe.kind == slot.model_type && recipe.name == slot.scope;
  });
  return found == options.recipes.end() ? nullptr : &*found;
}

}  // namespace

std::string name_of(const NamedTable& recipe) { return slot_name(Slot{recipe.kind, recipe.name}); }

std::vector<std::string> trained_recipes(const LearningOptions& options) {
  std::vector<std::string> names = options.training.models;
  const auto& at_rest = options.recipes_at_rest;
  for (const NamedTable& recipe : options.recipes)
    if (std::find(at_rest.begin(), at_rest.end(), recipe.name) == at_rest.end()) names.push_back(name_of(recipe));
  return names;
}

Result<LearningOptions> options_of(const LearningOptions& options, const std::string& recipe) {
  const Slot slot = slot_of(recipe);
  if (!is_named(slot)) return options;
  const NamedTable* own = find_recipe(options, slot);
  if (own == nullptr)
    return fail(ErrorKind::usage, "recipe.unknown", "the settings have no recipe " + recipe, "recipes." + slot.scope,
                "Write it as [recipes." + slot.scope + "] in clm.toml, or leave it out here.");
  LearningOptions changed = options;
  Settings settings;
  add_settings(settings, changed);
  std::string text;
  for (const auto& setting : own->settings) text += setting.key + " = " + setting.value + "\n";
  if (auto read = settings.load_toml_text(text, own->origin); !read) return forward_error(read);
  return changed;
}

std::vector<std::string> settings_of_recipe(const std::string& model_type) {
  const ModelType* type = find_model_type(model_type);
  if (type == nullptr) return {};
  std::vector<std::string> keys{"features.set",
                                "label.clip",
                                "label.entry_delay_bars",
                                "label.rank_weight",
                                "label.target",
                                "lineup.fits",
                                "training.embargo_bars",
                                "training.max_fit_rows",
                                "training.validation_share",
                                "training.window_days"};
  if (type->add_settings != nullptr) {
    TrainerOptions trainers;
    Settings settings;
    type->add_settings(settings, trainers);
    for (const SettingInForce& setting : settings.in_force()) keys.push_back(setting.key);
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::set<std::string> other_feature_sets(const LearningOptions& options) {
  std::set<std::string> names;
  for (const NamedTable& recipe : options.recipes)
    if (const auto own = options_of(options, name_of(recipe)); own && own->feature_set != options.feature_set)
      names.insert(own->feature_set);
  return names;
}

Status train_only(LearningOptions& options, const std::vector<std::string>& recipes, const std::string& where) {
  if (recipes.empty()) return {};
  std::vector<std::string> known, types, at_rest;
  for (const ModelType& type : model_types()) known.emplace_back(type.name);
  for (const NamedTable& recipe : options.recipes) known.push_back(name_of(recipe));
  for (const std::string& name : recipes) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      std::string all;
      for (const auto& one : known) all += (all.empty() ? "" : ", ") + one;
      const std::string meant = did_you_mean(nearest_names(name, known));
      return fail(ErrorKind::usage, "model.type", "there is no model type or recipe \"" + name + '"', where,
                  (meant.empty() ? "" : meant + " ") + "Known are: " + all + ".");
    }
    if (!is_named(slot_of(name))) types.push_back(name);
  }
  for (const NamedTable& recipe : options.recipes)
    if (std::find(recipes.begin(), recipes.end(), name_of(recipe)) == recipes.end()) at_rest.push_back(recipe.name);
  options.training.models = std::move(types);
  options.recipes_at_rest = std::move(at_rest);
  return {};
}

}  // namespace clm
