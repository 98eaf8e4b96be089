#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "cli/text_layout.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "learning/recipes/recipe_list.hpp"
#include "learning/record/record_files.hpp"
#include "workspace/speaking_versions.hpp"

namespace clm::app {
namespace {

constexpr const char* kRecipesDocument = R"(Document (--json)
  {recipes: [{recipe, model_type, in_force, accepted, record: {bars, rows,
  rank_ic, lo, hi}, vintages: [{version, status, learned_until, weight}],
  changed_from, change, differs, settings}]}
  model_type: the recipe's name, that of its type or TYPE/NAME as in
  [recipes.NAME] of clm.toml. differs: what that one has otherwise than the
  workspace's recipe of its type.
  in_force: the settings ask for it. accepted: a version of it was let into
  service; from then on it is refreshed and not judged again. record: what was
  found when it was judged; null: it never was. vintages: its versions, newest
  first; weight: in what is served as of the newest cycle, null: it does not
  speak.)";

/// "0.0415 [0.0301, 0.0529]"
std::string record_text(const RecipeSummary& recipe) {
  const auto& record = recipe.record;
  return record ? fixed(record->rank_ic, 4) + " [" + fixed(record->lo, 4) + ", " + fixed(record->hi, 4) + "]" : "-";
}

/// What its vintages weigh together in what is served; NaN where none speaks.
double weight_of(const RecipeSummary& recipe) {
  double sum = 0;
  bool speaks = false;
  for (const auto& vintage : recipe.vintages) {
    if (!vintage.weight) continue;
    speaks = true;
    sum += *vintage.weight;
  }
  return speaks ? sum : kMissing;
}

std::string describe(const std::vector<RecipeSummary>& recipes, std::size_t width) {
  TextTable table({"recipe", "name", "in force", "accepted", "vintages", "that speak", "weight", "newest",
                   "learned until", "rank IC when judged"});
  std::string changes;
  for (const RecipeSummary& one : recipes) {
    const bool none = one.vintages.empty();
    const auto speaking = std::count_if(one.vintages.begin(), one.vintages.end(),
                                        [](const RecipeVintageEntry& vintage) { return vintage.weight.has_value(); });
    table.add({one.recipe.id, one.recipe.name, one.in_force ? "yes" : "no", one.accepted ? "yes" : "no",
               std::to_string(one.vintages.size()), std::to_string(speaking), fixed(weight_of(one), 2),
               none ? "-" : one.vintages.front().version.str(),
               none ? "-" : to_date_string(one.vintages.front().learned_until), record_text(one)});
    if (!one.differs.empty())
      changes += folded_line(
          one.recipe.name + " has otherwise than " + one.recipe.model_type + ": " + one.differs + ".", width);
    if (!one.change.empty())
      changes += folded_line(
          one.recipe.name + " " + one.recipe.id + " differs from " + one.changed_from + " in " + one.change + ".",
          width);
  }
  return table.render(width) + (changes.empty() ? "" : "\n" + changes);
}

Result<int> run_recipes(Program& program) {
  const auto opened = open_registry(program);
  if (!opened) return forward_error(opened);
  const LearningOptions& options = opened->workspace->learning();
  const auto speaking = speaking_versions(*opened->workspace);
  if (!speaking) return forward_error(speaking);
  auto recipes = list_recipes(*opened->registry, options, speaking->weights);
  if (!recipes) return forward_error(recipes);
  for (RecipeSummary& one : *recipes) {
    const auto live = recorded_skill(opened->workspace->directory().records(), one.recipe.id, options.judging);
    if (!live)
      program.warn("the record of " + one.recipe.id + " is not read: " + to_string(live.error()));
    else if (*live && (!one.record || (*live)->bars > one.record->bars))
      one.record = **live;
  }
  program.print({{"recipes", to_json(*recipes)}}, describe(*recipes, program.columns()));
  return 0;
}

}  // namespace

void add_recipes(CLI::App& app, Commands& commands) {
  auto* command = app.add_subcommand(
      "recipes", "How models are made: recipes, which are accepted, their vintages and what these weigh");
  command->footer(kRecipesDocument);
  commands.push_back({command, [](Program& program) { return run_recipes(program); }});
}

}  // namespace clm::app
