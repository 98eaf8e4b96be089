#include "learning/jobs/job_approval.hpp"

#include <utility>

#include "base/contract.hpp"

namespace clm {

Result<std::optional<Event>> event_that_did(const Registry& registry, const Job& job) {
  expects(moves_a_version(job), "the job moves a version");
  const auto record = registry.find(job.version.str());
  if (!record) return forward_error(record);
  if (record->status != job.to) return std::optional<Event>();
  auto events = registry.events_of(job.version);
  if (!events) return forward_error(events);
  return std::optional(std::move(events->back()));
}

void complete_as_approved(Job& job, std::string outcome) {
  job.approval = Approval::given;
  job.state = JobState::completed;
  ++job.attempts;
  job.outcome = std::move(outcome);
}

}  // namespace clm
