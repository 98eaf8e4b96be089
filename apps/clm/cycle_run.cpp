#include "cycle_run.hpp"

#include <nlohmann/json.hpp>

#include "learning/cycle.hpp"
#include "learning_place.hpp"
#include "session.hpp"
#include "text_table.hpp"

namespace clm::app {
namespace {

std::string describe(const CycleReport& report) {
  std::string text = "Cycle " + std::to_string(report.cycle) + " as of " + to_string(report.as_of) + ", " +
                     fixed(report.seconds, 1) + " s\n";
  if (report.triggers.empty() && report.results.empty())
    return text + "Nothing to do: no trigger fired. --force trains all the same.\n";
  for (const auto& trigger : report.triggers)
    text += "  " + trigger.model_type + ": " + std::string(to_string(trigger.kind)) + " (" +
            std::string(to_string(trigger.priority)) + "): " + trigger.reason + "\n";
  for (const auto& result : report.results) {
    text += "\n" + result.model_type + (result.version.empty() ? "" : " " + result.version.str()) + ": " +
            result.decision + "\n";
    for (const auto& reason : result.reasons) text += "  - " + reason + "\n";
  }
  text += "\nThe ensemble: " + report.ensemble.why + "\n";
  for (const auto& member : report.ensemble.members) text += "  " + member.model_type + " " + member.version + "\n";
  for (const auto& absent : report.ensemble.left_out)
    text += "  without " + absent.model_type + ": " + absent.why + "\n";
  return text;
}

}  // namespace

Result<int> run_and_print_cycle(Program& program, const CycleFlags& flags) {
  const auto session = Session::open(program);
  if (!session) return forward_error(session);
  LearningOptions& options = (*session)->learning();
  if (!flags.models.empty()) {
    // Who is trained today does not change who belongs to the ensemble.
    if (options.ensemble.models.empty()) options.ensemble.models = options.training.models;
    options.training.models = flags.models;
  }
  if (!flags.mode.empty()) options.deployment.mode = flags.mode;
  const auto lock = (*session)->workspace().lock_cycle("clm cycle");
  if (!lock) return forward_error(lock);
  const auto registry = (*session)->registry();
  if (!registry) return forward_error(registry);
  const auto log = (*session)->cycle_log();
  if (!log) return forward_error(log);
  const auto place = open_learning_place(program, **session, flags.as_of);
  if (!place) return forward_error(place);

  CycleWorkplace workplace{*place->candles, place->context.get(), **registry,   **log,
                           *lock,           program_version(),    git_commit(), (*session)->workspace().checkpoints()};
  const CycleRequest request{place->as_of, flags.force ? Force::yes : Force::no, "cli"};
  const auto report = run_cycle(workplace, options, request, program.context());
  if (!report) return forward_error(report);
  program.print(to_json(*report), describe(*report));
  for (const auto& result : report->results)
    if (result.decision == "failed") return static_cast<int>(ErrorKind::data);
  return 0;
}

}  // namespace clm::app
