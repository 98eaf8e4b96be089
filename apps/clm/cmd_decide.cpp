// promote, reject, rollback: a person's decisions.
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "registry_place.hpp"

namespace clm::app {
namespace {

struct Flags {
  std::string target;
  std::string reason;
};

Result<int> run_promote(Program& program, const Flags& flags) {
  const auto place = open_registry_for_change(program, "clm promote");
  if (!place) return forward_error(place);
  const auto version = place->registry->find(flags.target);
  if (!version) return forward_error(version);
  const auto evidence = place->registry->latest_evidence(version->version);
  if (!evidence) return forward_error(evidence);
  const auto promoted = place->registry->promote(version->version, persons_decision(program, flags.reason, *evidence));
  if (!promoted) return forward_error(promoted);
  const std::string retired = promoted->retired ? promoted->retired->str() : "";
  program.print({{"version", promoted->active.version.str()},
                 {"model_type", promoted->active.slot.model_type},
                 {"status", "active"},
                 {"retired", retired.empty() ? nlohmann::json() : nlohmann::json(retired)}},
                promoted->active.slot.model_type + " " + promoted->active.version.str() + " is active" +
                    (retired.empty() ? "." : "; " + retired + " is retired and the way back."));
  return 0;
}

Result<int> run_reject(Program& program, const Flags& flags) {
  const auto place = open_registry_for_change(program, "clm reject");
  if (!place) return forward_error(place);
  const auto version = place->registry->find(flags.target);
  if (!version) return forward_error(version);
  const auto rejected = place->registry->reject(version->version, persons_decision(program, flags.reason, ""));
  if (!rejected) return forward_error(rejected);
  program.print({{"version", rejected->version.str()}, {"status", to_string(rejected->status)}},
                rejected->slot.model_type + " " + rejected->version.str() + " is rejected.");
  return 0;
}

Result<int> run_rollback(Program& program, const Flags& flags) {
  const auto place = open_registry_for_change(program, "clm rollback");
  if (!place) return forward_error(place);
  const auto outcome = place->registry->rollback(Slot{flags.target}, persons_decision(program, flags.reason, ""));
  if (!outcome) return forward_error(outcome);
  program.print({{"model_type", flags.target},
                 {"active", outcome->active.version.str()},
                 {"rolled_back", outcome->rolled_back.str()}},
                flags.target + ": " + outcome->rolled_back.str() + " is rolled back, " + outcome->active.version.str() +
                    " is active again.");
  return 0;
}

void add(CLI::App& app, Commands& commands, const char* name, const char* help, const char* target,
         Result<int> (*run)(Program&, const Flags&)) {
  auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand(name, help);
  command->add_option(target, flags->target)->required()->type_name(target);
  command->add_option("--reason", flags->reason, "Why; it goes into the audit trail")->required()->type_name("TEXT");
  commands.push_back({command, [flags, run](Program& program) { return run(program, *flags); }});
}

}  // namespace

void add_promote(CLI::App& app, Commands& commands) {
  add(app, commands, "promote", "Make a version active; its evidence goes with it", "VERSION", run_promote);
}
void add_reject(CLI::App& app, Commands& commands) {
  add(app, commands, "reject", "Refuse a candidate for good", "VERSION", run_reject);
}
void add_rollback(CLI::App& app, Commands& commands) {
  add(app, commands, "rollback", "Make the version before the active one active again", "MODEL_TYPE", run_rollback);
}

}  // namespace clm::app
