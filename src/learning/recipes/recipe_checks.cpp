#include "learning/recipes/recipe_checks.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "features/labels/label.hpp"
#include "learning/options/recipe_options.hpp"
#include "learning/recipes/recipe.hpp"
#include "models/model_type.hpp"
#include "registry/slot.hpp"

namespace clm {
namespace {

/// Words with a meaning of their own where a recipe is named: the recipe without a name, who speaks together, and their
/// record.
constexpr std::array<std::string_view, 3> kTakenNames{"default", "ensemble", "served"};

std::string problem_of_name(const std::string& name) {
  if (!is_recipe_name(name)) return "must be 1 to 64 of a-z, 0-9, '_' and '-'";
  if (find_model_type(name) != nullptr) return "is the name of a model type";
  if (std::find(kTakenNames.begin(), kTakenNames.end(), name) != kTakenNames.end()) return "means something else";
  return {};
}

/// Under whose key a problem of the trainer is told: that of the setting, where the recipe has it.
std::string key_of(const NamedTable& recipe, const std::string& setting) {
  const bool is_own = std::any_of(recipe.settings.begin(), recipe.settings.end(),
                                  [&](const NamedTable::Setting& one) { return one.key == setting; });
  return "recipes." + recipe.name + (is_own ? "." + setting : "");
}

void check_trainer(const NamedTable& recipe, const LearningOptions& own, std::vector<OptionProblem>& found) {
  const auto trainer = make_trainer(recipe.kind, own.trainers);
  if (!trainer) {
    const Error& error = trainer.error();
    found.push_back({key_of(recipe, recipe.kind + "." + error.where), error.code,
                     "recipes." + recipe.name + "." + recipe.kind + "." + error.where + ": " + error.message,
                     error.remedy});
  }
  const ModelType* type = find_model_type(recipe.kind);
  if (type->orders == nullptr) return;
  for (const SettingOrder& order : type->orders(own.trainers)) {
    if (order.low <= order.high) continue;
    const std::string least = recipe.kind + "." + std::string(order.least);
    found.push_back(
        {key_of(recipe, least), "config.contradiction",
         "recipes." + recipe.name + ": " + least + " is above " + recipe.kind + "." + std::string(order.most),
         "Lower the one or raise the other."});
  }
}

}  // namespace

std::vector<OptionProblem> check_recipes(const LearningOptions& options) {
  std::vector<OptionProblem> found;
  std::map<std::string, std::string> known;  // by id, what has it
  for (const std::string& type : options.training.models)
    if (const auto recipe = recipe_in_force(type, options))
      known.emplace(recipe->id, "the recipe of " + type + " that the workspace's settings make");
  for (const NamedTable& recipe : options.recipes) {
    const std::string key = "recipes." + recipe.name;
    if (const std::string why = problem_of_name(recipe.name); !why.empty()) {
      found.push_back({key, "recipe.name", "\"" + recipe.name + "\" cannot name a recipe: it " + why,
                       "Choose another name, such as [recipes.yearly]."});
      continue;
    }
    if (const auto type = check_model_types(std::vector{recipe.kind}, key); !type) {
      found.push_back({key + ".model_type", type.error().code, type.error().message, type.error().remedy});
      continue;
    }
    const auto own = options_of(options, name_of(recipe));
    if (!own) {
      found.push_back({key, own.error().code, own.error().message, own.error().remedy});
      continue;
    }
    const std::size_t before = found.size();
    check_trainer(recipe, *own, found);
    if (!are_judged_alike(own->label, options.label))
      found.push_back({key_of(recipe, "label.target"), "recipe.label",
                       "recipes." + recipe.name +
                           " would forecast something else than the workspace: of label.target plain is about the "
                           "price itself, and the others are about it relative to the universe",
                       "All recipes of a workspace speak about one thing; make a workspace for another one."});
    if (found.size() > before) continue;
    const auto made = recipe_in_force(name_of(recipe), options);
    if (!made) {
      found.push_back({key, made.error().code, made.error().message, made.error().remedy});
      continue;
    }
    const auto [same, is_new] = known.emplace(made->id, key);
    if (!is_new)
      found.push_back({key, "recipe.twice", key + " is the very recipe of " + same->second + " (" + made->id + ")",
                       "Set something otherwise in it that decides how versions are made, or leave it out."});
  }
  return found;
}

}  // namespace clm
