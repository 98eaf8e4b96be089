#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "cli/text_layout.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "learning/recipes/recipe_list.hpp"

namespace clm::app {
namespace {

/// "0.0415 [0.0301, 0.0529]"
std::string record_text(const RecipeSummary& recipe) {
  const auto& record = recipe.record;
  return record ? fixed(record->rank_ic, 4) + " [" + fixed(record->lo, 4) + ", " + fixed(record->hi, 4) + "]" : "-";
}

std::string describe(const std::vector<RecipeSummary>& recipes, std::size_t width) {
  TextTable table({"recipe", "type", "in force", "was active", "vintages", "newest", "learned until", "rank IC"});
  std::string changes;
  for (const RecipeSummary& one : recipes) {
    const bool none = one.vintages.empty();
    table.add({one.recipe.id, one.recipe.model_type, one.in_force ? "yes" : "no", one.accepted ? "yes" : "no",
               std::to_string(one.vintages.size()), none ? "-" : one.vintages.front().version.str(),
               none ? "-" : to_date_string(one.vintages.front().learned_until), record_text(one)});
    if (!one.change.empty())
      changes += folded_line(
          one.recipe.model_type + " " + one.recipe.id + " differs from " + one.changed_from + " in " + one.change + ".",
          width);
  }
  return table.render(width) + (changes.empty() ? "" : "\n" + changes);
}

Result<int> run_recipes(Program& program) {
  const auto opened = open_registry(program);
  if (!opened) return forward_error(opened);
  const auto recipes = list_recipes(*opened->registry, opened->workspace->learning());
  if (!recipes) return forward_error(recipes);
  program.print({{"recipes", to_json(*recipes)}}, describe(*recipes, program.columns()));
  return 0;
}

}  // namespace

void add_recipes(CLI::App& app, Commands& commands) {
  auto* command = app.add_subcommand("recipes", "How models are made: recipes, their versions, and what changed");
  commands.push_back({command, [](Program& program) { return run_recipes(program); }});
}

}  // namespace clm::app
