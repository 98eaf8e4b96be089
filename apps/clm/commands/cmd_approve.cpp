#include <algorithm>
#include <charconv>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "commands.hpp"
#include "commands/persons_decision.hpp"
#include "learning/jobs/job_approval.hpp"
#include "learning/life_cycle/life_cycle_log.hpp"

namespace clm::app {
namespace {

Result<Job> find_awaiting(const LifeCycleLog& log, const std::string& asked) {
  const std::string where = "job " + asked;
  std::int64_t id = 0;
  const auto [rest, wrong] = std::from_chars(asked.data(), asked.data() + asked.size(), id);
  if (wrong != std::errc{} || rest != asked.data() + asked.size())
    return fail(ErrorKind::usage, "job.number", "\"" + asked + "\" is not the number of a job", where,
                "`clm jobs` lists them.");
  const auto jobs = log.jobs(WhichJobs::all);
  if (!jobs) return forward_error(jobs);
  const auto job = std::find_if(jobs->begin(), jobs->end(), [&](const Job& one) { return one.id == id; });
  if (job == jobs->end())
    return fail(ErrorKind::usage, "job.unknown", "there is no such job", where, "`clm jobs` lists them.");
  if (job->approval == Approval::not_needed)
    return fail(ErrorKind::refused, "job.no_approval",
                "the job needs nobody's approval: it is " + std::string(to_string(job->state)), where,
                "`clm jobs` says which ones wait.");
  if (!is_open(*job))
    return fail(ErrorKind::refused, "job.ended",
                "the job is " + std::string(to_string(job->state)) + ": " + job->outcome, where,
                "`clm jobs` says which ones wait.");
  return *job;
}

Status carry_out(Registry& registry, const Job& job, const Decision& decision) {
  if (job.kind == JobKind::promote) {
    if (auto done = registry.promote(job.version, decision); !done) return forward_error(done);
    return {};
  }
  if (job.kind == JobKind::advance) {
    if (auto done = registry.advance(job.version, job.to, decision); !done) return forward_error(done);
    return {};
  }
  const auto record = registry.find(job.version.str());
  if (!record) return forward_error(record);
  if (record->status != VersionStatus::active)
    return fail(
        ErrorKind::refused, "registry.transition",
        "version " + job.version.str() + " is " + std::string(to_string(record->status)) + " and cannot be rolled back",
        job.version.str(), "clm cycle withdraws the job.");
  if (auto done = registry.rollback(record->slot, decision); !done) return forward_error(done);
  return {};
}

Result<int> run_approve(Program& program, const PersonsDecision& flags) {
  const auto place = open_registry_for_change(program, "clm approve");
  if (!place) return forward_error(place);
  const auto database = place->workspace->database();
  if (!database) return forward_error(database);
  auto log = LifeCycleLog::open(**database);
  if (!log) return forward_error(log);
  auto job = find_awaiting(*log, flags.target);
  if (!job) return forward_error(job);
  // Killed between the registry's move and the note of it, this command left the job open.
  const auto before = event_that_did(*place->registry, *job);
  if (!before) return forward_error(before);
  if (*before) {
    complete_as_approved(*job, "done by " + (*before)->actor + ": " + (*before)->reason);
    if (auto noted = log->update(*job); !noted) return forward_error(noted);
    program.print(to_json(*job), "This had been done already: " + describe(*job) + "; " + (*before)->reason + "\n");
    return 0;
  }
  const std::string reason = "approved job " + std::to_string(job->id) + ": " + flags.reason + " (" + job->reason + ")";
  if (auto done = carry_out(*place->registry, *job, persons_decision(program, reason, job->evidence_json)); !done)
    return forward_error(done);
  complete_as_approved(*job, "approved: " + flags.reason);
  if (auto noted = log->update(*job); !noted) return forward_error(noted);
  program.print(to_json(*job), "Done: " + describe(*job) + ". The next clm cycle goes on from there.");
  return 0;
}

}  // namespace

void add_approve(CLI::App& app, Commands& commands) {
  add_persons_command(app, commands, "approve", "Agree to a job that waits for it (policy.mode advisory), and do it",
                      "JOB", run_approve);
}

}  // namespace clm::app
