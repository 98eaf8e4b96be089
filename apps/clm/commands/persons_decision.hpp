#pragma once
#include <string>

#include "cli/program.hpp"
#include "registry/registry.hpp"

namespace clm::app {

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
