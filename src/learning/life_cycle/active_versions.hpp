#pragma once
#include <map>
#include <string>

#include "learning/life_cycle/life_cycle_state.hpp"
#include "learning/options/learning_options.hpp"
#include "registry/registry.hpp"

namespace clm {

/// The registry keeps which version is active; a life cycle notes only how far it has read of a type's audit trail
/// (`TypeState::registry_event`), and what was active then follows from the trail. So what was promoted, rolled back or
/// lost while it did not look can be told from what it knew.

/// Reads what is active now into `type`. Errors: those of the registry.
Status read_active(const Registry& registry, const std::string& model_type, TypeState& type);

/// Brings every type of a state that was just read to what was active when it was stored. Cost: two queries a type, and
/// for one that was moved since its whole audit trail. Errors: those of the registry.
Status restore_active(const Registry& registry, LifeCycleState& state);

/// The active version of every type that the state knows; empty where none is.
std::map<std::string, VersionId> active_versions(const LifeCycleState& state);

/// Whether it could serve at `now`: it is not broken, and what it learned is young enough (`is_expired`).
Result<bool> has_vote(const Registry& registry, const VersionId& version, Timestamp now, const ServingOptions& options);

}  // namespace clm
