#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "commands.hpp"
#include "commands/persons_decision.hpp"
#include "learning/life_cycle/life_cycle_log.hpp"

namespace clm::app {
namespace {

constexpr const char* kRollbackDocument = R"(Document (--json)
  {model_type, active, rolled_back, lineup: {before, now}, still_in_ensemble,
  paused: {model_type, at, by, reason}}
  paused: no version of the recipe is trained from now on, until clm resume;
  null of the ensemble, and with policy.ladder = "on", where every version is
  judged before it replaces another.)";

struct RollbackFlags {
  PersonsDecision decision;
  std::string to;
};

/// No vintage takes the place of what a person went back to, until a person says so. Empty: there are none of it.
Result<std::optional<RefreshPause>> pause_refreshes(RegistryForChange& place, const std::string& recipe,
                                                    const Decision& decision) {
  if (recipe == kEnsembleType || place.workspace->learning().policy.ladder == Ladder::on)
    return std::optional<RefreshPause>();
  const auto database = place.workspace->database();
  if (!database) return forward_error(database);
  auto log = LifeCycleLog::open(**database, &place.workspace->clock());
  if (!log) return forward_error(log);
  if (auto paused = log->pause_refreshes({recipe, decision.at, decision.actor, decision.reason}); !paused)
    return forward_error(paused);
  const auto pauses = log->refresh_pauses();
  if (!pauses) return forward_error(pauses);
  const RefreshPause* pause = pause_of(*pauses, recipe);
  return pause == nullptr ? std::nullopt : std::optional(*pause);
}

Result<int> run_rollback(Program& program, const RollbackFlags& flags) {
  const std::string& recipe = flags.decision.target;
  if (auto known = check_recipe("RECIPE", recipe); !known) return forward_error(known);
  auto place = open_registry_for_change(program, "clm rollback");
  if (!place) return forward_error(place);
  Registry::RollbackOptions options;
  if (!flags.to.empty()) {
    const auto target = place->registry->find(flags.to);
    if (!target) return forward_error(target);
    options.target = target->version;
  }
  const Decision decision = persons_decision(program, flags.decision.reason, "");
  const auto outcome = place->registry->rollback(slot_of(recipe), decision, options);
  if (!outcome) return forward_error(outcome);
  const auto pause = pause_refreshes(*place, recipe, decision);
  if (!pause) return forward_error(pause);
  const auto lineup = lineup_without(outcome->rolled_back, *place, decision);
  if (!lineup) return forward_error(lineup);
  const auto or_null = [](const std::string& text) { return text.empty() ? nlohmann::json() : nlohmann::json(text); };
  const std::string active = outcome->active.version.str(), rolled_back = outcome->rolled_back.str();
  nlohmann::json document{{"model_type", recipe}, {"active", active}, {"rolled_back", or_null(rolled_back)}};
  document["paused"] = *pause ? to_json(**pause) : nlohmann::json();
  lineup->add_to(document);
  program.print(
      document,
      recipe + ": " + (rolled_back.empty() ? "" : rolled_back + " is rolled back, ") + active + " is active again." +
          lineup->sentence() +
          (lineup->still_in.empty()
               ? ""
               : " The active ensemble " + lineup->still_in +
                     " goes on with the one rolled back: clm rollback ensemble --reason TEXT, or clm cycle.") +
          (*pause ? " Its refreshes are paused: clm resume " + recipe + " goes on." : ""));
  return 0;
}

}  // namespace

void add_rollback(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<RollbackFlags>();
  auto* command = add_decision_flags(
      app, "rollback", "Make the version before the active one active again, and make no vintages until clm resume",
      "RECIPE", flags->decision);
  command->add_option("--to", flags->to, "An older version that was active, past those in between")
      ->type_name("VERSION");
  command->footer(kRollbackDocument);
  commands.push_back({command, [flags](Program& program) { return run_rollback(program, *flags); }});
}

}  // namespace clm::app
