#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "commands.hpp"
#include "commands/persons_decision.hpp"

namespace clm::app {
namespace {

Result<int> run_reject(Program& program, const PersonsDecision& flags) {
  const auto place = open_registry_for_change(program, "clm reject");
  if (!place) return forward_error(place);
  const auto version = place->registry->find(flags.target);
  if (!version) return forward_error(version);
  const auto rejected = place->registry->reject(version->version, persons_decision(program, flags.reason, ""));
  if (!rejected) return forward_error(rejected);
  program.print({{"version", rejected->version.str()}, {"status", to_string(rejected->status)}},
                slot_name(rejected->slot) + " " + rejected->version.str() + " is rejected.");
  return 0;
}

}  // namespace

void add_reject(CLI::App& app, Commands& commands) {
  add_persons_command(app, commands, "reject", "Refuse a candidate for good", "VERSION", run_reject);
}

}  // namespace clm::app
