#include "learning/cycle/recipe_acceptance.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <unordered_map>

#include "learning/cycle/floor.hpp"
#include "learning/cycle/refresh.hpp"
#include "learning/cycle/rolling_origins.hpp"
#include "learning/cycle/vintage_training.hpp"
#include "learning/data/training_split.hpp"
#include "learning/options/recipe_options.hpp"
#include "learning/options/serving_rules.hpp"
#include "models/trainers.hpp"

namespace clm {
namespace {

constexpr const char* kBenchmark = "ridge";
/// That it has foresight, where it has no record of its own.
constexpr double kBenchmarkLevel = 0.05;

/// What an accepted recipe said about the judged rows, each by the newest of its vintages that was not fitted on it.
Result<ForecastTable> past_table(const CycleWorkplace& place, const AcceptedRecipe& recipe, CycleRows& rows,
                                 const std::shared_ptr<const JudgedRows>& truth) {
  const auto working = rows.of(recipe.options);
  if (!working) return forward_error(working);
  const auto past = past_forecasts(recipe.vintages, working->data, place.said_before);
  if (!past) return forward_error(past);
  const Dataset& theirs = working->data.rows.data;
  std::vector<std::int64_t> place_of;  // by their symbol; -1: it is not judged
  for (const Symbol& symbol : theirs.frame->symbols) {
    const auto found = std::find(truth->symbols.begin(), truth->symbols.end(), symbol);
    place_of.push_back(found == truth->symbols.end() ? -1 : found - truth->symbols.begin());
  }
  // 16 bits hold a symbol.
  const auto key = [](std::int64_t time_ms, std::int64_t symbol) { return time_ms * 65'536 + symbol; };
  std::unordered_map<std::int64_t, float> said;
  for (std::size_t i = 0; i < past->rows.size(); ++i) {
    const std::uint32_t row = past->rows.rows[i];
    if (const std::int64_t symbol = place_of[theirs.symbol[row]]; symbol >= 0)
      said.emplace(key(theirs.decided_at_ms[row], symbol), past->forecast[i]);
  }
  ForecastTable table{slot_name(recipe.active.slot), truth, {}};
  for (std::size_t i = 0; i < truth->size(); ++i) {
    const auto found = said.find(key(truth->decided_at_ms[i], truth->symbol[i]));
    table.forecast.push_back(found == said.end() ? std::numeric_limits<float>::quiet_NaN() : found->second);
  }
  return table;
}

/// Whether there is enough to be fitted on at that moment: candles may have been deleted since it was chosen.
Status can_be_fitted(const Dataset& data, const TrainingOptions& training, Timestamp origin) {
  const auto split = split_of_known(known_at(data, training.window_days, origin), StopsEarly::no, training, origin);
  return split ? Status() : forward_error(split);
}

/// Whether something is active in the slot that this very cycle did not make.
Result<bool> was_active(const Registry& registry, const std::string& slot, Timestamp as_of) {
  const auto active = registry.active(slot_of(slot));
  if (!active) return forward_error(active);
  if (!*active) return false;
  const auto manifest = stored_manifest((*active)->record);
  return !manifest || !is_of_this_cycle(*manifest, as_of);
}

}  // namespace

Result<AnchoredRecipe> anchored_recipe(const CycleWorkplace& place, const LearningOptions& workspace,
                                       const LearningOptions& own, const std::string& name, const Dataset& data,
                                       Timestamp as_of) {
  const auto recipe = recipe_in_force(name, workspace);
  if (!recipe) return forward_error(recipe);
  const auto trainer = make_trainer(slot_of(name).model_type, own.trainers);
  if (!trainer) return forward_error(trainer);
  const auto known = place.log.recipe_try(name, recipe->id, as_of);
  if (!known) return forward_error(known);
  if (*known && can_be_fitted(data, own.training, (*known)->first_origin)) {
    auto origins = origins_since(**known, data, as_of);
    const std::size_t count = origins.size(), allowed = origins_in_budget(**trainer, own, count);
    // Begun at this very moment: by a cycle that was killed, which allowed for these.
    if (count <= 2 * allowed || (*known)->tried_at == as_of) {
      const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(own.training.origins, 1));
      const std::size_t possible = origins_in_budget(**trainer, own, limit) < limit ? std::max(count, limit) : count;
      return AnchoredRecipe{name, **known, std::move(origins), possible};
    }
  }
  auto fresh = rolling_origins(data, own, as_of);
  if (!fresh) return forward_error(fresh);
  const std::size_t possible = fresh->moments.size();
  std::vector<Timestamp> origins(
      fresh->moments.end() - static_cast<std::ptrdiff_t>(origins_in_budget(**trainer, own, possible)),
      fresh->moments.end());
  if (auto can = can_be_fitted(data, own.training, origins.front()); !can) return forward_error(can);
  const auto begun = place.log.begin_recipe_try(name, recipe->id, as_of, origins.front(), fresh->spacing);
  if (!begun) return forward_error(begun);
  return AnchoredRecipe{name, *begun, std::move(origins), possible};
}

Result<LineupOnRows> lineup_on_rows(const CycleWorkplace& place, const LearningOptions& workspace, CycleRows& rows,
                                    const JudgingContext& judging, const std::vector<std::string>& judged,
                                    const AnchoredRecipe* floor) {
  const Timestamp as_of = judging.protocol.as_of;
  LineupOnRows lineup;
  bool anybody = false;
  for (const std::string& name : trained_recipes(workspace)) {
    const auto active = was_active(place.registry, name, as_of);
    if (!active) return forward_error(active);
    anybody = anybody || *active;
    if (std::find(judged.begin(), judged.end(), name) != judged.end()) continue;
    const auto accepted = accepted_recipe(place.registry, name, workspace, as_of);
    if (!accepted) return forward_error(accepted);
    if (!*accepted) continue;
    auto table = past_table(place, **accepted, rows, judging.truth);
    if (!table) return forward_error(table);
    lineup.speaking.push_back(std::move(*table));
  }
  const auto ridge = std::find_if(judging.raw_baselines.begin(), judging.raw_baselines.end(),
                                  [](const ForecastTable& one) { return one.name == kBenchmark; });
  if (ridge == judging.raw_baselines.end()) return lineup;
  double level = std::min(workspace.policy.superiority_alpha, kBenchmarkLevel);
  bool is_active = false;
  if (floor != nullptr) {
    const auto budget = budget_of(place.log, floor->record, workspace.policy.acceptance_alpha, as_of);
    if (!budget) return forward_error(budget);
    level = budget->level();
    const auto speaks = was_active(place.registry, floor->slot, as_of);
    if (!speaks) return forward_error(speaks);
    is_active = *speaks;
  }
  if (!is_active && !is_foresight_shown(*ridge, level, workspace.judging.min_symbols)) return lineup;
  lineup.benchmark = &*ridge;
  // Without an ensemble nobody speaks beside another one's vintages.
  const bool can_speak = floor != nullptr && workspace.ensemble.mode != EnsembleMode::off;
  if (can_speak && (is_active || !anybody)) lineup.benchmark_speaks = BenchmarkSpeaks::yes;
  return lineup;
}

Result<AcceptanceBudget> budget_of(const CycleLog& log, const RecipeTry& record, double acceptance_alpha,
                                   Timestamp as_of) {
  const auto accepted = log.recipes_accepted(record.year, as_of);
  if (!accepted) return forward_error(accepted);
  return AcceptanceBudget{record.year, record.number, *accepted, acceptance_alpha};
}

Acceptance acceptance_of(const AcceptanceQuestions& questions, const std::string& slot, const ForecastTable& candidate,
                         const std::map<std::string, ForecastTable>& active, const LearningOptions& options) {
  LineupToJoin lineup;
  lineup.min_symbols = options.judging.min_symbols;
  for (const ForecastTable& one : questions.lineup.speaking) lineup.stay.push_back(&one);
  for (const auto& [name, table] : active) {
    if (name == slot)
      lineup.replaced = &table;
    else
      lineup.stay.push_back(&table);
  }
  if (questions.lineup.benchmark != nullptr && slot_of(slot).model_type != questions.lineup.benchmark->name) {
    lineup.benchmark = questions.lineup.benchmark;
    lineup.benchmark_speaks = questions.lineup.benchmark_speaks;
  }
  return ask_for_acceptance(candidate, lineup, questions.budgets.at(slot), options.policy.superiority_alpha,
                            options.policy.margin);
}

Result<bool> is_floor_dispensable(const CycleWorkplace& place, const LearningOptions& workspace, CycleRows& rows,
                                  Timestamp as_of) {
  const auto accepted = [&](const std::string& name) {
    return accepted_recipe(place.registry, name, workspace, as_of, AcceptedSince::now);
  };
  const auto floor = accepted(floor_type(workspace));
  if (!floor) return forward_error(floor);
  if (!*floor) return false;
  const auto working = rows.of((*floor)->options);
  if (!working) return forward_error(working);
  const auto said = past_forecasts((*floor)->vintages, working->data, place.said_before);
  if (!said) return forward_error(said);
  if (said->rows.size() == 0) return false;
  const auto truth = judged_rows_of(working->data, said->rows);
  const ForecastTable ridge{floor_type(workspace), truth, said->forecast};
  std::vector<ForecastTable> others;
  for (const std::string& name : trained_recipes(workspace)) {
    const auto recipe = accepted(name);
    if (!recipe) return forward_error(recipe);
    if (!*recipe) continue;
    auto table = past_table(place, **recipe, rows, truth);
    if (!table) return forward_error(table);
    others.push_back(std::move(*table));
  }
  if (others.empty()) return false;
  LineupToJoin lineup;
  lineup.min_symbols = workspace.judging.min_symbols;
  lineup.benchmark = &ridge;
  for (std::size_t i = 1; i < others.size(); ++i) lineup.stay.push_back(&others[i]);
  const Acceptance found =
      ask_for_acceptance(others.front(), lineup, {}, workspace.policy.superiority_alpha, workspace.policy.margin);
  return found.finding.benchmark && found.finding.benchmark->shown;
}

}  // namespace clm
