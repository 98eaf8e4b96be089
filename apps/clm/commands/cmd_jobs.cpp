#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "learning/life_cycle/life_cycle_log.hpp"

namespace clm::app {
namespace {

/// Of those that ended, so many are listed unless all are asked for.
constexpr std::size_t kEnded = 20;

struct JobsFlags {
  bool all = false;
};

std::string state_of(const Job& job) {
  return job.state == JobState::pending && job.approval == Approval::awaited ? "waits for approval"
                                                                             : std::string(to_string(job.state));
}

Result<int> run_jobs(Program& program, const JobsFlags& flags) {
  const auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  const auto database = (*workspace)->database();
  if (!database) return forward_error(database);
  const auto log = LifeCycleLog::open(**database);
  if (!log) return forward_error(log);
  auto jobs = log->jobs(WhichJobs::all);
  if (!jobs) return forward_error(jobs);
  const auto plans = log->plans();
  if (!plans) return forward_error(plans);

  std::reverse(jobs->begin(), jobs->end());
  std::size_t ended = 0;
  if (!flags.all) std::erase_if(*jobs, [&](const Job& job) { return !is_open(job) && ++ended > kEnded; });
  auto list = nlohmann::json::array(), plan_list = nlohmann::json::array();
  TextTable table(
      {"job", "plan", "state", "what", "priority", "data until", "decided at", "attempts", "wall s", "why", "outcome"});
  for (const Job& job : *jobs) {
    list.push_back(to_json(job));
    table.add({std::to_string(job.id), std::to_string(job.plan), state_of(job), describe(job),
               std::string(to_string(job.priority)), to_minutes_string(job.data_until),
               job.decided_at ? to_minutes_string(*job.decided_at) : "-", std::to_string(job.attempts),
               fixed(job.seconds, 1), job.reason, job.outcome});
  }
  for (const Plan& plan : *plans) {
    if (std::none_of(jobs->begin(), jobs->end(), [&](const Job& job) { return job.plan == plan.id; })) continue;
    plan_list.push_back(
        {{"plan", plan.id},
         {"data_until", to_string(plan.at)},
         {"expected_seconds", plan.expected_seconds ? nlohmann::json(*plan.expected_seconds) : nlohmann::json()}});
  }
  program.print({{"jobs", list}, {"plans", plan_list}},
                table.empty() ? "No jobs yet: clm cycle decides on some.\n" : table.render(program.columns()));
  return 0;
}

}  // namespace

void add_jobs(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<JobsFlags>();
  auto* command = app.add_subcommand("jobs", "What was decided and what came of it, newest first");
  command->add_flag("--all", flags->all, "Not only the open ones and the last twenty that ended");
  commands.push_back({command, [flags](Program& program) { return run_jobs(program, *flags); }});
}

}  // namespace clm::app
