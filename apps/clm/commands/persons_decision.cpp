#include "commands/persons_decision.hpp"

#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace clm::app {

CLI::App* add_decision_flags(CLI::App& app, const char* name, const char* help, const char* target,
                             PersonsDecision& decision) {
  auto* command = app.add_subcommand(name, help);
  command->add_option(target, decision.target)->required()->type_name(target);
  command->add_option("--reason", decision.reason, "Why; it goes into the audit trail")->required()->type_name("TEXT");
  return command;
}

void add_persons_command(CLI::App& app, Commands& commands, const char* name, const char* help, const char* target,
                         Result<int> (*run)(Program&, const PersonsDecision&)) {
  auto decision = std::make_shared<PersonsDecision>();
  auto* command = add_decision_flags(app, name, help, target, *decision);
  commands.push_back({command, [decision, run](Program& program) { return run(program, *decision); }});
}

Result<std::string> ensemble_with(const Registry& registry, const VersionId& version) {
  const auto active = registry.active(Slot{std::string(kEnsembleType)});
  if (!active) return forward_error(active);
  if (!*active) return std::string();
  const auto manifest = stored_manifest((*active)->record);
  if (!manifest) return std::string();  // it is broken, which clm verify and the next cycle say
  for (const auto& member : manifest->members)
    if (member.version == version.str()) return (*active)->record.version.str();
  return std::string();
}

Result<LineupAfter> lineup_without(const VersionId& out, RegistryForChange& place, const Decision& decision) {
  const auto log = place.workspace->cycle_log();
  if (!log) return forward_error(log);
  const ProgramBuild& build = place.workspace->build();
  auto remade = remake_lineup_without(out, *place.registry, **log, place.workspace->learning(),
                                      {build.version, build.commit}, decision);
  if (!remade) return forward_error(remade);
  LineupAfter after{*remade, {}};
  if (after.remade) return after;
  auto still_in = ensemble_with(*place.registry, out);
  if (!still_in) return forward_error(still_in);
  after.still_in = std::move(*still_in);
  return after;
}

std::string LineupAfter::sentence() const {
  if (!remade) return {};
  return remade->now.empty()
             ? " The lineup " + remade->before.str() + " is out of service with it: the active versions speak."
             : " The lineup " + remade->now.str() + " speaks now in place of " + remade->before.str() + ", without it.";
}

void LineupAfter::add_to(nlohmann::json& document) const {
  const auto or_null = [](const std::string& text) { return text.empty() ? nlohmann::json() : nlohmann::json(text); };
  document["still_in_ensemble"] = or_null(still_in);
  document["lineup"] = nlohmann::json();
  if (remade) document["lineup"] = {{"before", remade->before.str()}, {"now", or_null(remade->now.str())}};
}

Decision persons_decision(const Program& program, const std::string& reason, const std::string& evidence_json) {
  return Decision{program.clock().now(), std::string(kPerson), reason, evidence_json};
}

}  // namespace clm::app
