#include "learning/jobs/job_table.hpp"

#include <soci/soci.h>

namespace clm {

void write_plan(soci::session& session, const Plan& plan) {
  const long long id = plan.id, at = plan.at.ms();
  const double seconds = plan.expected_seconds.value_or(0);
  soci::indicator known = plan.expected_seconds ? soci::i_ok : soci::i_null;
  session << "INSERT INTO plans (plan, at, expected_seconds) VALUES (:plan, :at, :seconds)", soci::use(id),
      soci::use(at), soci::use(seconds, known);
}

void write_job(soci::session& session, const Job& job) {
  const long long id = job.id, plan = job.plan, data_until = job.data_until.ms(), not_before = job.not_before.ms();
  const long long clocked_at = job.decided_at.value_or(Timestamp(0)).ms();
  soci::indicator clocked = job.decided_at ? soci::i_ok : soci::i_null;
  const std::string kind(to_string(job.kind)), version = job.version.str(), target(to_string(job.to));
  const std::string state(to_string(job.state)), approval(to_string(job.approval));
  const int trigger = static_cast<int>(job.trigger), priority = static_cast<int>(job.priority);
  session << "INSERT INTO jobs (job, plan, kind, model_type, version, target, trigger_by, priority, reason, evidence, "
             "state, approval, decided_at, clocked_at, not_before, attempts, recoveries, seconds, outcome, settings) "
             "VALUES (:job, :plan, :kind, :type, :version, :target, :trigger, :priority, :reason, :evidence, :state, "
             ":approval, :until, :clocked, :not_before, :attempts, :recoveries, :seconds, :outcome, :settings) "
             "ON CONFLICT (job) DO UPDATE SET state = excluded.state, approval = excluded.approval, "
             "reason = excluded.reason, not_before = excluded.not_before, attempts = excluded.attempts, "
             "recoveries = excluded.recoveries, seconds = excluded.seconds, outcome = excluded.outcome, "
             "settings = excluded.settings",
      soci::use(id), soci::use(plan), soci::use(kind), soci::use(job.model_type), soci::use(version), soci::use(target),
      soci::use(trigger), soci::use(priority), soci::use(job.reason), soci::use(job.evidence_json), soci::use(state),
      soci::use(approval), soci::use(data_until), soci::use(clocked_at, clocked), soci::use(not_before),
      soci::use(job.attempts), soci::use(job.recoveries), soci::use(job.seconds), soci::use(job.outcome),
      soci::use(job.settings);
}

namespace {

/// Those that meet `conditions`, a WHERE clause without parameters; by number.
std::vector<Job> select_jobs(soci::session& session, const std::string& conditions) {
  std::vector<Job> jobs;
  Job job;
  long long id = 0, plan = 0, data_until = 0, clocked_at = 0, not_before = 0;
  soci::indicator clocked = soci::i_null;
  std::string kind, version, target, state, approval;
  int trigger = 0, priority = 0;
  soci::statement select =
      (session.prepare << "SELECT job, plan, kind, model_type, version, target, trigger_by, priority, reason, "
                          "evidence, state, approval, decided_at, clocked_at, not_before, attempts, recoveries, "
                          "seconds, outcome, settings FROM jobs " +
                              conditions + " ORDER BY job",
       soci::into(id), soci::into(plan), soci::into(kind), soci::into(job.model_type), soci::into(version),
       soci::into(target), soci::into(trigger), soci::into(priority), soci::into(job.reason),
       soci::into(job.evidence_json), soci::into(state), soci::into(approval), soci::into(data_until),
       soci::into(clocked_at, clocked), soci::into(not_before), soci::into(job.attempts), soci::into(job.recoveries),
       soci::into(job.seconds), soci::into(job.outcome), soci::into(job.settings));
  select.execute();
  while (select.fetch()) {
    job.id = id;
    job.plan = plan;
    job.kind = parse_job_kind(kind).value();
    job.version = VersionId(version);
    job.to = parse_version_status(target).value();
    job.trigger = static_cast<TriggerKind>(trigger);
    job.priority = static_cast<Priority>(priority);
    job.state = parse_job_state(state).value();
    job.approval = parse_approval(approval).value();
    job.data_until = Timestamp(data_until);
    job.decided_at = clocked == soci::i_ok ? std::optional(Timestamp(clocked_at)) : std::nullopt;
    job.not_before = Timestamp(not_before);
    jobs.push_back(job);
  }
  return jobs;
}

}  // namespace

std::vector<Job> read_jobs(soci::session& session, WhichJobs which) {
  return select_jobs(session, which == WhichJobs::all ? "" : "WHERE state IN ('pending', 'running')");
}

std::vector<Job> read_last_trainings(soci::session& session) {
  return select_jobs(session,
                     "WHERE job IN (SELECT max(job) FROM jobs WHERE kind = 'train' AND state IN ('completed', "
                     "'failed') GROUP BY model_type)");
}

std::vector<Plan> read_plans(soci::session& session) {
  std::vector<Plan> plans;
  long long id = 0, at = 0;
  double seconds = 0;
  soci::indicator known = soci::i_ok;
  soci::statement select = (session.prepare << "SELECT plan, at, expected_seconds FROM plans ORDER BY plan",
                            soci::into(id), soci::into(at), soci::into(seconds, known));
  select.execute();
  while (select.fetch())
    plans.push_back({id, Timestamp(at), known == soci::i_ok ? std::optional(seconds) : std::nullopt});
  return plans;
}

std::vector<double> read_training_seconds(soci::session& session, const std::string& model_type, int count) {
  std::vector<double> seconds;
  double one = 0;
  soci::statement select = (session.prepare << "SELECT seconds FROM jobs WHERE model_type = :type AND kind = 'train' "
                                               "AND state = 'completed' ORDER BY job DESC LIMIT :count",
                            soci::use(model_type), soci::use(count), soci::into(one));
  select.execute();
  while (select.fetch()) seconds.push_back(one);
  return seconds;
}

}  // namespace clm
