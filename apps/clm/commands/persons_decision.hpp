#pragma once
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/open_workspace.hpp"
#include "cli/program.hpp"
#include "learning/cycle/lineup_step.hpp"
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

/// What became of the active ensemble when a person took a version out of service.
struct LineupAfter {
  std::optional<RemadeLineup> remade;  ///< none: the version was no member of a lineup
  std::string still_in;                ///< an ensemble that was judged as a whole and goes on with it; empty: none
  /// " The lineup ... speaks now in place of ..., without it."; empty: nothing is to be said.
  std::string sentence() const;
  /// Adds {lineup: {before, now}} or null, still_in_ensemble.
  void add_to(nlohmann::json& document) const;
};
/// Makes the lineup again without the version (`remake_lineup_without`). Errors: those of the registry.
Result<LineupAfter> lineup_without(const VersionId& out, RegistryForChange& place, const Decision& decision);

/// A person's decision as the registry wants it: at the program's clock's time, by `kPerson`, with their reason.
Decision persons_decision(const Program& program, const std::string& reason, const std::string& evidence_json);

}  // namespace clm::app
