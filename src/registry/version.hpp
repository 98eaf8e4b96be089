#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/strong_id.hpp"

namespace clm {

/// A model's name is its content: 12 hex digits of the SHA-256 over what decides its bits (see `version_id` in
/// manifest.hpp). The same data, seed and configuration give the same id in every workspace.
using VersionId = StrongId<struct VersionTag>;

/// Where a version stands. `training` has no id yet (there are no bytes to hash), so no stored version is ever in it:
/// it is the state that the first event comes from.
enum class VersionStatus { training, candidate, shadow, canary, active, retired, rejected, failed, rolled_back };

std::string_view to_string(VersionStatus status);
std::optional<VersionStatus> parse_version_status(std::string_view name);

/// The life cycle, and nothing else, is legal:
///
///     training  -> candidate, failed
///     candidate -> shadow, canary, active, rejected, failed     (either stage can be switched off)
///     shadow    -> canary, active, rejected, failed
///     canary    -> active, rejected, rolled_back, failed
///     active    -> retired, rolled_back, failed
///     retired   -> active (the way back of a rollback, or a person's promotion), failed
///     failed    -> candidate                                    (its bytes are whole again)
///
/// A stored version is `failed` because its bytes are not those that were judged. `rejected` and `rolled_back` end it.
bool is_legal_transition(VersionStatus from, VersionStatus to);

}  // namespace clm
