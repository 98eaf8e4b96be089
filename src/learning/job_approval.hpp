#pragma once
#include <optional>
#include <string>

#include "base/result.hpp"
#include "learning/job.hpp"
#include "registry/registry.hpp"

namespace clm {

/// The event with which the version of a job came to stand where the job wants it; none: it stands elsewhere. A
/// person's move is noted in the registry first and in the job afterwards, and whoever is killed in between leaves a
/// job that is done and does not know. Only for jobs that move a version (contract). Errors: those of the registry.
Result<std::optional<Event>> event_that_did(const Registry& registry, const Job& job);

/// Ends a job that a person has agreed to.
void complete_as_approved(Job& job, std::string outcome);

}  // namespace clm
