// triggers: what each of them sees now.
#include <algorithm>
#include <cmath>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/json_number.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "features/sets/feature_set.hpp"
#include "learning/life_cycle/features_needed.hpp"
#include "learning/life_cycle/life_cycle_state.hpp"
#include "learning/options/recipe_options.hpp"
#include "learning/triggers/trigger_monitor.hpp"
#include "models/trainers.hpp"
#include "workspace/stored_life_cycle.hpp"

namespace clm::app {
namespace {

nlohmann::json to_json(const TriggerReading& reading) {
  nlohmann::json drift;
  if (reading.feature_drift) drift = to_json(*reading.feature_drift, reading.limit);
  return {{"model_type", reading.trigger.model_type},
          {"trigger", to_string(reading.trigger.kind)},
          {"fired", reading.fired},
          {"priority", to_string(reading.trigger.priority)},
          {"value", finite_or_null(reading.value)},
          {"limit", finite_or_null(reading.limit)},
          {"false_alarms", finite_or_null(reading.false_alarms_a_year)},
          {"reason", reading.trigger.reason},
          {"drift", drift}};
}

Result<int> run_triggers(Program& program) {
  const auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  const LearningOptions& options = (*workspace)->learning();
  if (auto known = check_model_types(options.training.models, "training.models"); !known) return forward_error(known);
  const auto place = open_live_market(program, **workspace, {});
  if (!place) return forward_error(place);
  const auto registry = (*workspace)->registry();
  if (!registry) return forward_error(registry);
  const auto database = (*workspace)->database();
  if (!database) return forward_error(database);
  auto log = LifeCycleLog::open(**database);
  if (!log) return forward_error(log);
  const auto state = current_life_cycle(**workspace, *log, place->candles->interval());
  if (!state) return forward_error(state);

  const auto features = feature_set(options.feature_set);
  if (!features) return forward_error(features);
  // Where nobody is active, only time and bars are looked at.
  const bool anybody_active = std::any_of(state->types.begin(), state->types.end(),
                                          [](const auto& type) { return !type.second.active.empty(); });
  auto tape = MarketTape::record(anybody_active ? *features : no_features(), *place->candles, place->context.get(),
                                 options.label, place->as_of, program.context());
  if (!tape) return forward_error(tape);
  if (anybody_active)
    if (auto added =
            add_other_features(*tape, **registry, options, *place->candles, place->context.get(), program.context());
        !added)
      return forward_error(added);
  if (auto known = log->set_universe(tape->symbols()); !known) return forward_error(known);
  const auto corrections = open_corrections(**workspace);
  if (!corrections) return forward_error(corrections);
  TriggerMonitor monitor(*tape, **registry, *log, options, &*corrections);
  std::vector<TriggerKind> kinds;
  for (const TriggerType& one : trigger_types()) kinds.push_back(one.kind);
  std::vector<TriggerReading> readings;
  for (const auto& model_type : trained_recipes(options)) {
    const TypeState& type = state->types.at(model_type);
    auto seen = monitor.look({model_type, type.active, type.active_as_of, type.active_learned_until, type.last_attempt,
                              type.chart ? &*type.chart : nullptr},
                             tape->bars() - 1, kinds);
    if (!seen) return forward_error(seen);
    for (TriggerReading& reading : *seen) readings.push_back(std::move(reading));
  }

  auto list = nlohmann::json::array();
  TextTable table({"type", "trigger", "fires", "value", "limit", "false/year", "what is seen"});
  for (const TriggerReading& s : readings) {
    list.push_back(to_json(s));
    table.add({s.trigger.model_type, std::string(to_string(s.trigger.kind)),
               s.fired ? std::string(to_string(s.trigger.priority)) : "no", fixed(s.value, 4), fixed(s.limit, 4),
               fixed(s.false_alarms_a_year, 2), s.trigger.reason});
  }
  nlohmann::json document{{"as_of", to_string(place->as_of)}, {"triggers", list}};
  add_lateness(document, place->lateness);
  program.print(document,
                "What the triggers see; " + describe(place->lateness) + "\n\n" + table.render(program.columns()));
  return 0;
}

}  // namespace

void add_triggers(CLI::App& app, Commands& commands) {
  auto* command = app.add_subcommand("triggers", "What each trigger sees now, whether or not it would fire");
  commands.push_back({command, [](Program& program) { return run_triggers(program); }});
}

}  // namespace clm::app
