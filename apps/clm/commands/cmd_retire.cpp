#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "commands.hpp"
#include "commands/persons_decision.hpp"

namespace clm::app {
namespace {

/// The active version of that recipe, or the version of that name.
Result<VersionRecord> find_target(const Registry& registry, const std::string& target) {
  const Slot slot = slot_of(target);
  auto active = registry.active(slot);
  if (!active) return forward_error(active);
  if (*active) return std::move((*active)->record);
  const auto in_slot = registry.list(Registry::Filter{slot.model_type, slot.scope, {}});
  if (!in_slot) return forward_error(in_slot);
  if (!in_slot->empty())
    return fail(ErrorKind::refused, "registry.no_active", "no version of " + target + " is active, so none serves",
                target, "clm models lists what there is.");
  return registry.find(target);
}

/// Who speaks from now on, as a sentence.
Result<std::string> who_serves(const Registry& registry, const LineupAfter& lineup) {
  if (!lineup.still_in.empty())
    return "The active ensemble " + lineup.still_in +
           " goes on with it as its member: clm retire ensemble --reason TEXT "
           "takes that out of service too.";
  const auto active = registry.list(Registry::Filter{{}, {}, VersionStatus::active});
  if (!active) return forward_error(active);
  std::string names;
  for (const auto& record : *active) {
    if (record.slot.model_type == kEnsembleType) return "The ensemble " + record.version.str() + " serves, as before.";
    names += (names.empty() ? "" : ", ") + slot_name(record.slot) + " " + record.version.str();
  }
  if (names.empty()) return std::string("Nothing is active now: clm predict has no forecast until something is.");
  return "What serves now: " + names + ", with configured weights.";
}

Result<int> run_retire(Program& program, const PersonsDecision& flags) {
  auto place = open_registry_for_change(program, "clm retire");
  if (!place) return forward_error(place);
  const auto target = find_target(*place->registry, flags.target);
  if (!target) return forward_error(target);
  const Decision decision = persons_decision(program, flags.reason, "");
  const auto retired = place->registry->retire(target->version, decision);
  if (!retired) return forward_error(retired);
  const auto lineup = lineup_without(retired->version, *place, decision);
  if (!lineup) return forward_error(lineup);
  const auto serves = who_serves(*place->registry, *lineup);
  if (!serves) return forward_error(serves);
  const auto active = place->registry->list(Registry::Filter{{}, {}, VersionStatus::active});
  if (!active) return forward_error(active);
  auto list = nlohmann::json::array();
  for (const auto& record : *active)
    list.push_back({{"model_type", slot_name(record.slot)}, {"version", record.version.str()}});
  const auto ways = place->registry->ways_back(retired->slot);
  if (!ways) return forward_error(ways);
  const std::string recipe = slot_name(retired->slot);
  const std::string version = retired->version.str();
  nlohmann::json document{
      {"version", version}, {"model_type", recipe}, {"status", to_string(retired->status)}, {"active", list}};
  lineup->add_to(document);
  program.print(document, recipe + " " + version + " is out of service." + lineup->sentence() + " " + *serves +
                              "\nTo have it back: clm promote " + version + " --reason TEXT." +
                              (ways->empty() ? "" : " The one before it: clm rollback " + recipe + " --reason TEXT.") +
                              " Else clm cycle trains a new one when it is due.");
  return 0;
}

}  // namespace

void add_retire(CLI::App& app, Commands& commands) {
  add_persons_command(app, commands, "retire", "Take an active version out of service, and say what serves then",
                      "VERSION|RECIPE", run_retire);
}

}  // namespace clm::app
