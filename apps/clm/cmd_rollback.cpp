#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "registry_place.hpp"

namespace clm::app {
namespace {

Result<int> run(Program& program, const PersonsDecision& flags) {
  const auto place = open_registry_for_change(program, "clm rollback");
  if (!place) return forward_error(place);
  const auto outcome = place->registry->rollback(Slot{flags.target}, persons_decision(program, flags.reason, ""));
  if (!outcome) return forward_error(outcome);
  program.print({{"model_type", flags.target},
                 {"active", outcome->active.version.str()},
                 {"rolled_back", outcome->rolled_back.str()}},
                flags.target + ": " + outcome->rolled_back.str() + " is rolled back, " + outcome->active.version.str() +
                    " is active again.");
  return 0;
}

}  // namespace

void add_rollback(CLI::App& app, Commands& commands) {
  add_persons_command(app, commands, "rollback", "Make the version before the active one active again", "MODEL_TYPE",
                      run);
}

}  // namespace clm::app
