#pragma once
#include <optional>
#include <string>

#include "base/result.hpp"
#include "learning/jobs/job.hpp"
#include "registry/registry.hpp"

namespace clm {

/// The event by which the version of a job reached the status that the job asks for; none: it has another status. A
/// person's move is stored in the registry first and in the job afterwards, so a kill in between leaves a job open that
/// is already done. Only for jobs that move a version (contract). Errors: those of the registry.
Result<std::optional<Event>> event_that_did(const Registry& registry, const Job& job);

/// Ends a job that a person has agreed to.
void complete_as_approved(Job& job, std::string outcome);

}  // namespace clm
