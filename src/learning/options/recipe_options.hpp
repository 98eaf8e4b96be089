#pragma once
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "learning/options/learning_options.hpp"

namespace clm {

/// What the settings make: a recipe of every type of `training.models`, which is called as its type is ("lightgbm"),
/// and those of `[recipes.NAME]`, "lightgbm/yearly" (`slot_name`).

std::string name_of(const NamedTable& recipe);
/// Those that are trained: the types in their order, then those by name.
std::vector<std::string> trained_recipes(const LearningOptions& options);

/// The options by which a recipe is made: the workspace's, with what is set otherwise for it. Of a type they are the
/// workspace's. Error `recipe.unknown` (usage): the settings have none of that name. Cost: some 100 us for one by name.
Result<LearningOptions> options_of(const LearningOptions& options, const std::string& recipe);

/// What a recipe of a type may set otherwise than the workspace: all that its identity consists of (`Recipe`), but for
/// what is the same for all who speak together (what is forecast, on which candles). Ascending; empty: there is no such
/// type.
std::vector<std::string> settings_of_recipe(const std::string& model_type);

/// Names of the feature sets that recipes by name read, but for the workspace's own.
std::set<std::string> other_feature_sets(const LearningOptions& options);

/// Of these, trained are no others. Each is a type or the name of a recipe (`options.recipes`); empty: nothing changes.
/// Error `model.type` (usage) names `where` they stand.
Status train_only(LearningOptions& options, const std::vector<std::string>& recipes, const std::string& where);

}  // namespace clm
