#include "commands/persons_decision.hpp"

#include <memory>

#include <CLI/CLI.hpp>

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

Decision persons_decision(const Program& program, const std::string& reason, const std::string& evidence_json) {
  return Decision{program.clock().now(), std::string(kPerson), reason, evidence_json};
}

}  // namespace clm::app
