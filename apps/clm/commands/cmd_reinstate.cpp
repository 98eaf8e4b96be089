#include <algorithm>
#include <memory>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "commands.hpp"
#include "commands/persons_decision.hpp"

namespace clm::app {
namespace {

constexpr const char* kReinstateDocument =
    R"(A version is suspended where what it says was shown to do harm. It comes back
by itself once what it would have said is shown to be worth something; this
gives it its vote back now. While anybody is suspended because the market
changed, vintages are fitted on the rows since that change.

Document (--json)
  {versions: [{model_type, version, suspended_at, changed_at}]}
  versions: who has a vote again. suspended_at: until when data were known to
  what suspended it; changed_at: since when it did harm.)";

struct Reinstatement {
  std::vector<std::string> versions;
  bool all = false;
  std::string reason;
};

tl::unexpected<Error> nobody(const std::string& message) {
  return fail(ErrorKind::refused, "registry.not_suspended", message, {},
              "clm status names who is suspended; there is nothing to do for the others.");
}

/// Of those that are suspended, who is meant.
Result<std::vector<Suspension>> chosen(const Registry& registry, const Reinstatement& flags) {
  auto suspended = registry.suspensions();
  if (!suspended) return forward_error(suspended);
  if (flags.all) {
    if (suspended->empty()) return nobody("no version is suspended");
    return suspended;
  }
  std::vector<Suspension> out;
  for (const std::string& name : flags.versions) {
    const auto record = registry.find(name);
    if (!record) return forward_error(record);
    const auto one = std::find_if(suspended->begin(), suspended->end(),
                                  [&](const Suspension& other) { return other.version == record->version; });
    if (one == suspended->end())
      return nobody(slot_name(record->slot) + " version " + record->version.str() + " is not suspended");
    out.push_back(*one);
  }
  return out;
}

Result<int> run_reinstate(Program& program, const Reinstatement& flags) {
  if (flags.all != flags.versions.empty())
    return fail(ErrorKind::usage, "usage.reinstate", "either versions or --all, and one of the two", {},
                "clm reinstate VERSION --reason TEXT, or clm reinstate --all --reason TEXT.");
  const auto place = open_registry_for_change(program, "clm reinstate");
  if (!place) return forward_error(place);
  const auto suspended = chosen(*place->registry, flags);
  if (!suspended) return forward_error(suspended);
  std::vector<VersionId> versions;
  auto list = nlohmann::json::array();
  std::string text;
  for (const Suspension& one : *suspended) {
    const auto record = place->registry->find(one.version.str());
    if (!record) return forward_error(record);
    versions.push_back(one.version);
    list.push_back({{"model_type", slot_name(record->slot)},
                    {"version", one.version.str()},
                    {"suspended_at", to_string(one.at)},
                    {"changed_at", to_string(one.changed_at)}});
    text += slot_name(record->slot) + " " + one.version.str() + " has its vote again.\n";
  }
  const auto done = place->registry->reinstate(versions, persons_decision(program, flags.reason, ""));
  if (!done) return forward_error(done);
  program.print({{"versions", list}},
                text + "The next clm cycle makes a lineup with whoever of them has a place in it.\n");
  return 0;
}

}  // namespace

void add_reinstate(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<Reinstatement>();
  auto* command = app.add_subcommand("reinstate", "Give suspended versions their votes back");
  command->footer(kReinstateDocument);
  command->add_option("VERSION", flags->versions, "Which ones")->type_name("VERSION");
  command->add_flag("--all", flags->all, "Everybody who is suspended");
  command->add_option("--reason", flags->reason, "Why; it goes into the audit trail")->required()->type_name("TEXT");
  commands.push_back({command, [flags](Program& program) { return run_reinstate(program, *flags); }});
}

}  // namespace clm::app
