#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "learning/triggers/triggers.hpp"
#include "registry/version.hpp"

namespace clm {

enum class JobKind {
  train,      ///< a model type; those of a plan are trained side by side, in one cycle
  ensemble,   ///< looks whether the active versions want a new ensemble; part of the same cycle
  advance,    ///< a version to `Job::to`
  promote,    ///< a version to active
  roll_back,  ///< an active version out of service, the one before it back
};
std::string_view to_string(JobKind kind);
std::optional<JobKind> parse_job_kind(std::string_view name);

///     pending -> running -> completed, failed        running -> pending (a retry; or its process was killed)
///     pending -> cancelled                           (something else has made it pointless)
enum class JobState { pending, running, completed, failed, cancelled };
std::string_view to_string(JobState state);
std::optional<JobState> parse_job_state(std::string_view name);

/// Whether a person has to agree first (`policy.mode` advisory).
enum class Approval { not_needed, awaited, given };
std::string_view to_string(Approval approval);
std::optional<Approval> parse_approval(std::string_view name);

/// A change that was decided on. It is stored before it is begun, so that whoever comes after a kill carries it out;
/// each kind may be carried out twice.
struct Job {
  std::int64_t id = 0;    ///< from 1 without gaps
  std::int64_t plan = 0;  ///< what was decided at the same moment
  JobKind kind = JobKind::train;
  std::string model_type;
  VersionId version;                           ///< what moves; of a rollback, what is taken out; empty: a training
  VersionStatus to = VersionStatus::rejected;  ///< where the version then stands; meaningless of a training
  TriggerKind trigger = TriggerKind::manual;   ///< of `train`
  Priority priority = Priority::medium;
  std::string reason;         ///< a sentence with its numbers
  std::string evidence_json;  ///< what the decision rests on; empty of a training
  JobState state = JobState::pending;
  Approval approval = Approval::not_needed;
  Timestamp data_until;                                ///< close of the bar at which it was decided
  std::optional<Timestamp> decided_at = std::nullopt;  ///< by the clock; none in a replay, and not noted before
  Timestamp not_before;                                ///< of a retry
  int attempts = 0;                                    ///< begun and ended, whatever came of it
  int recoveries = 0;                                  ///< begun, and the process died
  double seconds = 0;                                  ///< of the last attempt; of a training, of its whole cycle
  std::string outcome;  ///< what came of it, or of the last attempt: a version, or an error in words
  /// Of `train`: `training_settings_fingerprint` of the last attempt; empty: not begun, or not noted before.
  std::string settings = {};
};
inline bool moves_a_version(const Job& job) { return job.kind != JobKind::train && job.kind != JobKind::ensemble; }
inline bool is_open(const Job& job) { return job.state == JobState::pending || job.state == JobState::running; }

/// Whether a training was last begun with settings other than these (`training_settings_fingerprint`), as far as that
/// was noted.
inline bool was_begun_with_other_settings(const Job& training, const std::string& settings) {
  return !training.settings.empty() && training.settings != settings;
}

/// "promote lightgbm 0123456789ab", "train xgboost"
std::string describe(const Job& job);
/// {job, plan, kind, model_type, version, to, trigger, priority, reason, state, approval, data_until, decided_at,
/// not_before, attempts, recoveries, seconds, outcome}
nlohmann::json to_json(const Job& job);

/// Jobs of one moment: one per model type and change, the most urgent first.
struct Plan {
  std::int64_t id = 0;
  Timestamp at;
  /// From the last trainings of the types that are trained, of which the longest counts, since they go side by side;
  /// none where nothing is trained or nothing is known.
  std::optional<double> expected_seconds;
};

/// Moves first, since they take no time; then trainings, the most urgent first; the ensemble of what comes out last.
void order(std::vector<Job>& jobs);

}  // namespace clm
