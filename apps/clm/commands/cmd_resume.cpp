#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "commands.hpp"
#include "commands/persons_decision.hpp"
#include "learning/life_cycle/life_cycle_log.hpp"

namespace clm::app {
namespace {

constexpr const char* kResumeDocument = R"(Document (--json)
  {model_type, paused: {model_type, at, by, reason}}
  paused: the pause that ended. clm rollback RECIPE begins one: no version of
  the recipe is trained meanwhile, whatever triggers or clm cycle --force say.)";

Result<int> run_resume(Program& program, const PersonsDecision& flags) {
  const std::string& recipe = flags.target;
  if (auto known = check_recipe("RECIPE", recipe); !known) return forward_error(known);
  auto place = open_registry_for_change(program, "clm resume");
  if (!place) return forward_error(place);
  const auto database = place->workspace->database();
  if (!database) return forward_error(database);
  auto log = LifeCycleLog::open(**database, &place->workspace->clock());
  if (!log) return forward_error(log);
  const auto pauses = log->refresh_pauses();
  if (!pauses) return forward_error(pauses);
  const RefreshPause* pause = pause_of(*pauses, recipe);
  if (pause == nullptr)
    return fail(ErrorKind::refused, "refreshes.not_paused", "refreshes of " + recipe + " are not paused", recipe,
                "clm status names the recipes whose refreshes are.");
  const Decision decision = persons_decision(program, flags.reason, "");
  if (auto resumed = log->resume_refreshes({recipe, decision.at, decision.actor, decision.reason}); !resumed)
    return forward_error(resumed);
  program.print({{"model_type", recipe}, {"paused", to_json(*pause)}},
                recipe + ": refreshes go on. They were paused since " + to_string(pause->at) + " by " + pause->by +
                    " (" + pause->reason + "). clm cycle makes the next vintage when it is due.");
  return 0;
}

}  // namespace

void add_resume(CLI::App& app, Commands& commands) {
  auto decision = std::make_shared<PersonsDecision>();
  decision->reason = "refreshes go on";
  auto* command = app.add_subcommand("resume", "Make vintages of a recipe again, after a rollback by hand paused them");
  command->add_option("RECIPE", decision->target)->required()->type_name("RECIPE");
  command->add_option("--reason", decision->reason, "Why; it is kept with the pause")
      ->type_name("TEXT")
      ->capture_default_str();
  command->footer(kResumeDocument);
  commands.push_back({command, [decision](Program& program) { return run_resume(program, *decision); }});
}

}  // namespace clm::app
