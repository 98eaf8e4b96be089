#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "flag_values.hpp"
#include "registry_place.hpp"

namespace clm::app {
namespace {

/// The active ensemble, if the version is one of its members: it goes on serving it.
Result<std::string> ensemble_with(const Registry& registry, const VersionId& version) {
  const auto active = registry.active(Slot{std::string(kEnsembleType)});
  if (!active) return forward_error(active);
  if (!*active) return std::string();
  const auto manifest = read_manifest((*active)->record.manifest_json);
  if (!manifest) return forward_error(manifest);
  for (const auto& member : manifest->members)
    if (member.version == version.str()) return (*active)->record.version.str();
  return std::string();
}

Result<int> run(Program& program, const PersonsDecision& flags) {
  if (auto known = check_model_type("MODEL_TYPE", flags.target); !known) return forward_error(known);
  const auto place = open_registry_for_change(program, "clm rollback");
  if (!place) return forward_error(place);
  const auto outcome = place->registry->rollback(Slot{flags.target}, persons_decision(program, flags.reason, ""));
  if (!outcome) return forward_error(outcome);
  const auto still_in = ensemble_with(*place->registry, outcome->rolled_back);
  if (!still_in) return forward_error(still_in);
  program.print(
      {{"model_type", flags.target},
       {"active", outcome->active.version.str()},
       {"rolled_back", outcome->rolled_back.str()},
       {"still_in_ensemble", still_in->empty() ? nlohmann::json() : nlohmann::json(*still_in)}},
      flags.target + ": " + outcome->rolled_back.str() + " is rolled back, " + outcome->active.version.str() +
          " is active again." +
          (still_in->empty() ? ""
                             : " The active ensemble " + *still_in +
                                   " goes on with the one rolled back: clm rollback ensemble, or clm cycle."));
  return 0;
}

}  // namespace

void add_rollback(CLI::App& app, Commands& commands) {
  add_persons_command(app, commands, "rollback", "Make the version before the active one active again", "MODEL_TYPE",
                      run);
}

}  // namespace clm::app
