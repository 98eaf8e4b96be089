#include "learning/recipes/recipe_list.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "evaluation/verdict/evidence.hpp"
#include "learning/options/recipe_options.hpp"

namespace clm {
namespace {

/// Decision times that a version was judged on; 0 where its evidence does not say.
Result<std::int64_t> judged_bars(const Registry& registry, const VersionId& version) {
  const auto evidence = registry.latest_evidence(version);
  if (!evidence) return forward_error(evidence);
  const Evidence read = Evidence::from_json(*evidence);
  return read.has_judgement() ? read.judgement().value("times", std::int64_t{0}) : 0;
}

std::optional<RecipeRecord> record_in(const Manifest& manifest) {
  const auto metrics = nlohmann::json::parse(manifest.metrics_json, nullptr, false);
  for (const char* key : {"judged_rows", "rank_ic", "rank_ic_lo", "rank_ic_hi"})
    if (!metrics.is_object() || !metrics.contains(key) || !metrics[key].is_number()) return std::nullopt;
  return RecipeRecord{0, metrics["judged_rows"].get<std::int64_t>(), metrics["rank_ic"].get<double>(),
                      metrics["rank_ic_lo"].get<double>(), metrics["rank_ic_hi"].get<double>()};
}

Result<bool> was_active(const Registry& registry, const VersionRecord& record) {
  if (record.status == VersionStatus::active) return true;
  const auto events = registry.events_of(record.version);
  if (!events) return forward_error(events);
  return std::any_of(events->begin(), events->end(),
                     [](const Event& event) { return event.to == VersionStatus::active; });
}

RecipeSummary& summary_of(std::vector<RecipeSummary>& all, const Recipe& recipe) {
  const auto known = std::find_if(all.begin(), all.end(), [&](const RecipeSummary& one) {
    return one.recipe.id == recipe.id && one.recipe.name == recipe.name;
  });
  if (known != all.end()) return *known;
  all.emplace_back();
  all.back().recipe = recipe;
  return all.back();
}

/// What every recipe changed of the one of its name that was used before it.
void note_changes(std::vector<RecipeSummary>& all) {
  for (auto one = all.begin(); one != all.end(); ++one) {
    const auto before = std::find_if(one + 1, all.end(), [&](const RecipeSummary& other) {
      return other.recipe.name == one->recipe.name && !other.in_force;
    });
    if (before == all.end()) continue;
    one->changed_from = before->recipe.id;
    one->change = describe_change(before->recipe, one->recipe);
  }
}

}  // namespace

Result<std::vector<RecipeSummary>> list_recipes(const Registry& registry, const LearningOptions& options,
                                                const VersionWeights& weights) {
  std::vector<RecipeSummary> all;
  for (const auto& name : trained_recipes(options)) {
    const auto recipe = recipe_in_force(name, options);
    if (!recipe) return forward_error(recipe);
    RecipeSummary& summary = summary_of(all, *recipe);
    summary.in_force = true;
    if (recipe->name == recipe->model_type) continue;
    const auto of_workspace = recipe_in_force(recipe->model_type, options);
    if (!of_workspace) return forward_error(of_workspace);
    summary.differs = describe_change(*of_workspace, *recipe);
  }
  const auto versions = registry.list();
  if (!versions) return forward_error(versions);
  for (const VersionRecord& record : *versions) {
    const auto manifest = stored_manifest(record);
    if (!manifest || manifest->model_type == kEnsembleType) continue;
    const auto recipe = recipe_of(*manifest);
    if (!recipe) continue;
    RecipeSummary& summary = summary_of(all, *recipe);
    const auto weight = weights.find(record.version);
    summary.vintages.push_back({record.version, record.status, manifest->learned_until,
                                weight == weights.end() ? std::nullopt : std::optional(weight->second)});
    if (!summary.record && (summary.record = record_in(*manifest))) {
      const auto bars = judged_bars(registry, record.version);
      if (!bars) return forward_error(bars);
      summary.record->bars = *bars;
    }
    if (summary.accepted) continue;
    const auto active = was_active(registry, record);
    if (!active) return forward_error(active);
    summary.accepted = *active;
  }
  note_changes(all);
  return all;
}

Result<RecipeNames> recipe_names(const Registry& registry, const LearningOptions& options,
                                 const std::set<VersionId>& versions) {
  RecipeNames names;
  for (const auto& name : trained_recipes(options)) {
    const auto recipe = recipe_in_force(name, options);
    if (!recipe) return forward_error(recipe);
    names.in_force.emplace(name, recipe->id);
  }
  for (const VersionId& version : versions) {
    const auto record = registry.find(version.str());
    if (!record && record.error().kind != ErrorKind::usage) return forward_error(record);
    if (!record || record->slot.model_type == kEnsembleType) continue;
    const auto manifest = stored_manifest(*record);
    const auto recipe = manifest ? recipe_of(*manifest) : forward_error(manifest);
    if (recipe) names.of_version.emplace(version, recipe->id);
  }
  return names;
}

nlohmann::json to_json(const std::vector<RecipeSummary>& recipes) {
  auto list = nlohmann::json::array();
  for (const RecipeSummary& one : recipes) {
    auto vintages = nlohmann::json::array();
    for (const auto& vintage : one.vintages)
      vintages.push_back({{"version", vintage.version.str()},
                          {"status", to_string(vintage.status)},
                          {"learned_until", to_string(vintage.learned_until)},
                          {"weight", vintage.weight ? nlohmann::json(*vintage.weight) : nlohmann::json()}});
    nlohmann::json entry{{"recipe", one.recipe.id},
                         {"model_type", one.recipe.name},
                         {"in_force", one.in_force},
                         {"accepted", one.accepted},
                         {"record", nullptr},
                         {"vintages", vintages},
                         {"changed_from", one.changed_from},
                         {"change", one.change},
                         {"differs", one.differs},
                         {"settings", one.recipe.settings}};
    if (one.record)
      entry["record"] = {{"bars", one.record->bars},
                         {"rows", one.record->rows},
                         {"rank_ic", one.record->rank_ic},
                         {"lo", one.record->lo},
                         {"hi", one.record->hi},
                         {"from", one.record->from == RecipeRecord::From::live ? "live" : "judging"}};
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace clm
