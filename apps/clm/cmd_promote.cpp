#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "registry_place.hpp"

namespace clm::app {
namespace {

Result<int> run(Program& program, const PersonsDecision& flags) {
  const auto place = open_registry_for_change(program, "clm promote");
  if (!place) return forward_error(place);
  const auto version = place->registry->find(flags.target);
  if (!version) return forward_error(version);
  const auto evidence = place->registry->latest_evidence(version->version);
  if (!evidence) return forward_error(evidence);
  const auto promoted = place->registry->promote(version->version, persons_decision(program, flags.reason, *evidence));
  if (!promoted) return forward_error(promoted);
  const std::string retired = promoted->retired ? promoted->retired->str() : "";
  program.print({{"version", promoted->active.version.str()},
                 {"model_type", promoted->active.slot.model_type},
                 {"status", "active"},
                 {"retired", retired.empty() ? nlohmann::json() : nlohmann::json(retired)}},
                promoted->active.slot.model_type + " " + promoted->active.version.str() + " is active" +
                    (retired.empty() ? "." : "; " + retired + " is retired and the way back."));
  return 0;
}

}  // namespace

void add_promote(CLI::App& app, Commands& commands) {
  add_persons_command(app, commands, "promote", "Make a version active; its evidence goes with it", "VERSION", run);
}

}  // namespace clm::app
