#include "cycle_run.hpp"

#include <map>
#include <memory>

#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "learning/life_cycle/life_cycle_log.hpp"
#include "learning/options/recipe_options.hpp"
#include "workspace/live_cycle.hpp"

namespace clm::app {
namespace {

std::string describe(const CycleReport& report, const DataLateness& lateness, const LifeCycleNews& news) {
  std::string text = "Cycle " + std::to_string(report.cycle) + " as of " + to_string(report.as_of) + ", " +
                     fixed(report.seconds, 1) + " s of wall time\n";
  if (lateness.late_bars > 0) text += "Data: " + describe(lateness) + "\n";
  if (report.triggers.empty() && report.results.empty()) {
    text += is_nothing_trainable(news) ? "Nothing is trained yet, and nobody is served: every training failed.\n"
                                       : "Nothing to learn: no trigger fired. --force trains all the same.\n";
    for (const NextTraining& one : news.next) text += "  " + describe(one) + "\n";
    return text;
  }
  for (const auto& trigger : report.triggers)
    text += "  " + trigger.model_type + ": " + std::string(to_string(trigger.kind)) + " (" +
            std::string(to_string(trigger.priority)) + "): " + trigger.reason + "\n";
  for (const auto& result : report.results) {
    text += "\n" + result.model_type + (result.version.empty() ? "" : " " + result.version.str()) + ": " +
            result.decision + "\n";
    for (const auto& reason : result.reasons) text += "  - " + reason + "\n";
  }
  text += "\nThe ensemble: " + report.ensemble.why + "\n";
  std::map<std::string, std::string> members;  // by type, its vintages
  for (const auto& member : report.ensemble.members) members[member.model_type] += " " + member.version;
  for (const auto& [model_type, versions] : members) text += "  " + model_type + versions + "\n";
  for (const auto& absent : report.ensemble.left_out)
    text += "  without " + absent.model_type + ": " + absent.why + "\n";
  if (!news.next.empty()) text += "\nNext\n";
  for (const NextTraining& one : news.next) text += "  " + describe(one) + "\n";
  return text;
}

std::string describe(const LifeCycleNews& news) {
  std::string text;
  if (news.bars > 1) text += "Caught up on " + std::to_string(news.bars) + " bars.\n";
  for (const LifeEvent& event : news.events)
    if (event.kind != EventKind::trained) text += "  " + to_line(event) + "\n";
  for (const TrialView& trial : news.trials) text += "  " + describe(trial) + "\n";
  for (const Job& job : news.jobs)
    text += "  job " + std::to_string(job.id) + " " +
            (job.approval == Approval::awaited ? "waits for clm approve " + std::to_string(job.id) + ": "
                                               : "waits for bars until " + to_string(job.not_before) + ": ") +
            describe(job) + (job.attempts > 0 ? "; the last try failed: " + job.outcome : "") + "\n";
  for (const UnlistedVersion& one : news.unlisted) text += "  " + describe(one) + "\n";
  return text.empty() ? text : "\nLife cycle\n" + text;
}

int exit_code(const CycleReport& report, const LifeCycleNews& news) {
  if (report.results.empty() && is_nothing_trainable(news)) return static_cast<int>(ErrorKind::data);
  for (const auto& result : report.results)
    if (result.decision == "failed") return static_cast<int>(ErrorKind::data);
  return 0;
}

/// The workspace that the flags name, opened to learn.
struct Opened {
  std::unique_ptr<Workspace> workspace;
  LearningWorkspace learning;
};
Result<Opened> open_to_learn(Program& program, const CycleFlags& flags, const std::string& purpose) {
  auto workspace = open_workspace(program, Database::Access::change);
  if (!workspace) return forward_error(workspace);
  const auto market = market_request(program, flags.as_of);
  if (!market) return forward_error(market);
  auto learning = clm::open_to_learn(**workspace, {{flags.models, "--models"}, *market, purpose, "cli"});
  if (!learning) return forward_error(learning);
  warn_of(program, learning->market.damaged, learning->market.notes);
  program.warn(warning(learning->market.lateness));
  return Opened{std::move(*workspace), std::move(*learning)};
}

}  // namespace

namespace {

/// Whoever asks for a training of what a person has paused is told who did, and how to go on.
Status warn_of_pauses(Program& program, Workspace& workspace) {
  const auto database = workspace.database();
  if (!database) return forward_error(database);
  const auto log = LifeCycleLog::open(**database);
  if (!log) return forward_error(log);
  const auto pauses = log->refresh_pauses();
  if (!pauses) return forward_error(pauses);
  for (const std::string& recipe : trained_recipes(workspace.learning()))
    if (const RefreshPause* pause = pause_of(*pauses, recipe))
      program.warn(recipe + " is not trained: " + describe(*pause));
  return {};
}

}  // namespace

Result<int> run_and_print_cycle(Program& program, const CycleFlags& flags) {
  auto opened = open_to_learn(program, flags, "clm cycle");
  if (!opened) return forward_error(opened);
  if (flags.force)
    if (auto warned = warn_of_pauses(program, *opened->workspace); !warned) return forward_error(warned);
  const auto done = run_live_cycle(opened->learning, flags.force ? Force::yes : Force::no, program.context());
  if (!done) return forward_error(done);
  if (!done->record_files)
    program.warn("the record's files are behind, and the next cycle writes them: " +
                 to_string(done->record_files.error()));
  const DataLateness& lateness = opened->learning.market.lateness;
  nlohmann::json document = to_json(done->report);
  document["record_files"] = done->record_files.value_or(0);
  document["life_cycle"] = to_json(done->news);
  add_lateness(document, lateness);
  program.print(document, describe(done->report, lateness, done->news) + describe(done->news));
  return exit_code(done->report, done->news);
}

Result<int> run_and_print_training(Program& program, const CycleFlags& flags) {
  auto opened = open_to_learn(program, flags, "clm train");
  if (!opened) return forward_error(opened);
  const auto report = train_candidates(opened->learning, program.context());
  if (!report) return forward_error(report);
  const DataLateness& lateness = opened->learning.market.lateness;
  nlohmann::json document = to_json(*report);
  add_lateness(document, lateness);
  program.print(document, describe(*report, lateness, LifeCycleNews()));
  return exit_code(*report, LifeCycleNews());
}

}  // namespace clm::app
