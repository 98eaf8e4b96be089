#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "learning/jobs/job.hpp"

namespace soci {
class session;
}

namespace clm {

/// The tables of plans and jobs, in a transaction of the caller's: they change together with the state of the life
/// cycle. What SOCI throws goes through to `Database`.
inline constexpr std::string_view kJobTables = R"sql(
CREATE TABLE plans (
  plan             INTEGER PRIMARY KEY,
  at               INTEGER NOT NULL,
  expected_seconds REAL
);
CREATE TABLE jobs (
  job        INTEGER PRIMARY KEY,
  plan       INTEGER NOT NULL REFERENCES plans (plan),
  kind       TEXT NOT NULL CHECK (kind IN ('train', 'ensemble', 'advance', 'promote', 'roll_back')),
  model_type TEXT NOT NULL,
  version    TEXT NOT NULL,
  target     TEXT NOT NULL CHECK (target IN ('shadow', 'canary', 'active', 'rejected', 'rolled_back')),
  trigger_by INTEGER NOT NULL,
  priority   INTEGER NOT NULL,
  reason     TEXT NOT NULL CHECK (reason <> ''),
  evidence   TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
  approval   TEXT NOT NULL CHECK (approval IN ('not_needed', 'awaited', 'given')),
  decided_at INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  attempts   INTEGER NOT NULL,
  recoveries INTEGER NOT NULL,
  seconds    REAL NOT NULL,
  outcome    TEXT NOT NULL
);
CREATE INDEX jobs_by_state ON jobs (state);
CREATE TRIGGER jobs_end_once BEFORE UPDATE ON jobs WHEN old.state IN ('completed', 'failed', 'cancelled')
  BEGIN SELECT raise(ABORT, 'a job that has ended is not changed'); END;
)sql";
/// Its column `decided_at` holds the close until which data were known; when that was by the clock came later, and is
/// null where nobody noted it.
inline constexpr std::string_view kJobClock = "ALTER TABLE jobs ADD COLUMN clocked_at INTEGER;";

/// With which settings a training was last begun; empty where nobody noted it.
inline constexpr std::string_view kJobSettings = "ALTER TABLE jobs ADD COLUMN settings TEXT NOT NULL DEFAULT '';";

void write_plan(soci::session& session, const Plan& plan);
/// Inserts it, or brings what changes about a job up to date.
void write_job(soci::session& session, const Job& job);

enum class WhichJobs { open, all };
/// By number, ascending.
std::vector<Job> read_jobs(soci::session& session, WhichJobs which);
/// By number, ascending.
std::vector<Plan> read_plans(soci::session& session);
/// Of every model type, the newest training that has ended, whatever came of it.
std::vector<Job> read_last_trainings(soci::session& session);
/// Seconds of the newest `count` completed trainings of a type.
std::vector<double> read_training_seconds(soci::session& session, const std::string& model_type, int count);

}  // namespace clm
