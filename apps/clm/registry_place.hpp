#pragma once
#include <memory>
#include <string>

#include "session.hpp"

namespace clm::app {

/// An open workspace and its registry, for commands that only read.
struct RegistryView {
  std::unique_ptr<Session> session;
  Registry* registry;
};
Result<RegistryView> open_registry(Program& program);

/// The same with the cycle lock held and after `reconcile`, for commands that move versions.
struct RegistryPlace {
  std::unique_ptr<Session> session;
  FileLock lock;
  Registry* registry;
};
Result<RegistryPlace> open_registry_for_change(Program& program, const std::string& purpose);

/// What a person says of a version or model type.
struct PersonsDecision {
  std::string target;
  std::string reason;
};
/// Declares `name TARGET --reason TEXT` on the program; `decision` must outlive the parsing.
CLI::App* add_decision_flags(CLI::App& app, const char* name, const char* help, const char* target,
                             PersonsDecision& decision);
/// The same for a command that runs `run` and takes no more.
void add_persons_command(CLI::App& app, Commands& commands, const char* name, const char* help, const char* target,
                         Result<int> (*run)(Program&, const PersonsDecision&));

/// The active ensemble, if the version is one of its members: it goes on serving it. Empty: it is not.
Result<std::string> ensemble_with(const Registry& registry, const VersionId& version);

/// A person's decision as the registry wants it: at the program's clock's time, by `kPerson`, with their reason.
Decision persons_decision(const Program& program, const std::string& reason, const std::string& evidence_json);

}  // namespace clm::app
