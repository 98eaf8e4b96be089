#include "registry_place.hpp"

#include <CLI/CLI.hpp>

namespace clm::app {

Result<RegistryView> open_registry(Program& program) {
  auto session = Session::open(program, Session::Access::look);
  if (!session) return forward_error(session);
  const auto registry = (*session)->registry();
  if (!registry) return forward_error(registry);
  return RegistryView{std::move(*session), *registry};
}

Result<RegistryPlace> open_registry_for_change(Program& program, const std::string& purpose) {
  auto session = Session::open(program, Session::Access::change);
  if (!session) return forward_error(session);
  auto lock = (*session)->workspace().lock_cycle(purpose);
  if (!lock) return forward_error(lock);
  const auto registry = (*session)->registry();
  if (!registry) return forward_error(registry);
  if (auto made_whole = (*registry)->reconcile(*lock, program.clock().now()); !made_whole)
    return forward_error(made_whole);
  return RegistryPlace{std::move(*session), std::move(*lock), *registry};
}

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
  if (!manifest) return forward_error(manifest);
  for (const auto& member : manifest->members)
    if (member.version == version.str()) return (*active)->record.version.str();
  return std::string();
}

Decision persons_decision(const Program& program, const std::string& reason, const std::string& evidence_json) {
  return Decision{program.clock().now(), std::string(kPerson), reason, evidence_json};
}

}  // namespace clm::app
