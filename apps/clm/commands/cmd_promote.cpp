#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "commands.hpp"
#include "commands/persons_decision.hpp"

namespace clm::app {
namespace {

struct PromoteFlags {
  PersonsDecision decision;
  std::string to = "active";
};

Result<int> activate(Program& program, Registry& registry, const VersionId& version, const Decision& decision) {
  const auto promoted = registry.promote(version, decision);
  if (!promoted) return forward_error(promoted);
  const std::string retired = promoted->retired ? promoted->retired->str() : "";
  program.print({{"version", promoted->active.version.str()},
                 {"model_type", slot_name(promoted->active.slot)},
                 {"status", "active"},
                 {"retired", retired.empty() ? nlohmann::json() : nlohmann::json(retired)}},
                slot_name(promoted->active.slot) + " " + promoted->active.version.str() + " is active" +
                    (retired.empty() ? "." : "; " + retired + " is retired and the way back."));
  return 0;
}

Result<int> put_on_trial(Program& program, Registry& registry, const VersionId& version, VersionStatus to,
                         const Decision& decision) {
  const auto moved = registry.advance(version, to, decision);
  if (!moved) return forward_error(moved);
  const std::string stage(to_string(to));
  program.print({{"version", version.str()}, {"model_type", slot_name(moved->slot)}, {"status", stage}},
                slot_name(moved->slot) + " " + version.str() + " is in the " + stage +
                    ": clm cycle tries it on the bars that come, beside the active version.");
  return 0;
}

Result<int> run_promote(Program& program, const PromoteFlags& flags) {
  const auto place = open_registry_for_change(program, "clm promote");
  if (!place) return forward_error(place);
  const auto version = place->registry->find(flags.decision.target);
  if (!version) return forward_error(version);
  const auto evidence = place->registry->latest_evidence(version->version);
  if (!evidence) return forward_error(evidence);
  const Decision decision = persons_decision(program, flags.decision.reason, *evidence);
  const VersionStatus to = parse_version_status(flags.to).value();
  if (to == VersionStatus::active) return activate(program, *place->registry, version->version, decision);
  return put_on_trial(program, *place->registry, version->version, to, decision);
}

}  // namespace

void add_promote(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<PromoteFlags>();
  auto* command =
      add_decision_flags(app, "promote", "Make a version active, or put it on trial; its evidence goes with it",
                         "VERSION", flags->decision);
  command->add_option("--to", flags->to, "active; or shadow, canary: tried on live bars before it serves all")
      ->check(CLI::IsMember({"shadow", "canary", "active"}))
      ->capture_default_str();
  commands.push_back({command, [flags](Program& program) { return run_promote(program, *flags); }});
}

}  // namespace clm::app
