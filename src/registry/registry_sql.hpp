#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "registry/registry.hpp"

namespace soci {
class session;
}

/// The statements that the life cycle, the queries and the upkeep of the registry share. They throw SOCI's exceptions:
/// call them inside of `Database::read` or `Database::write` only.
namespace clm::registry_sql {

struct VersionRow {
  VersionRecord record;
  std::int64_t activation = 0;  ///< larger = activated later; 0 = no way back leads here
};

std::optional<VersionRow> select_version(soci::session& session, const VersionId& version);
/// Newest first. An empty text of `filter` means all.
std::vector<VersionRow> select_versions(soci::session& session, const Registry::Filter& filter);
std::optional<VersionRow> select_active(soci::session& session, const Slot& slot);
/// Retired, not pruned, formerly active; latest activation first. No ensemble with a member that was rolled back.
std::vector<VersionRow> select_ways_back(soci::session& session, const Slot& slot);

/// Ascending by version.
std::vector<Suspension> select_suspensions(soci::session& session);
void insert_suspension(soci::session& session, const Suspension& suspension);
void delete_suspension(soci::session& session, const VersionId& version);
/// Which retention never removes.
std::set<VersionId> select_kept(soci::session& session);

void insert_version(soci::session& session, const VersionRecord& record);
/// The artifact of a known version was stored again, with these bytes as its manifest.
void replace_artifact(soci::session& session, const VersionId& version, const std::string& manifest_json,
                      const std::string& manifest_sha256);
/// Whether any event of it carries evidence.
bool has_evidence(soci::session& session, const VersionId& version);
void set_status(soci::session& session, const VersionId& version, VersionStatus status);
/// Makes it the latest activation of all, or with `Way::closed` takes it off the way back.
enum class Way { latest, closed };
void set_way_back(soci::session& session, const VersionId& version, Way way);
/// Points the alias of `slot` at `version` (empty: at nothing) and returns its new generation.
std::int64_t move_alias(soci::session& session, const Slot& slot, const VersionId& version, Timestamp since);

/// A decision as it is written down: its evidence is canonical, and `decided_at` is the clock's time, if there is one.
/// Errors `registry.reason` (usage), `registry.evidence` (defect).
Result<Decision> prepared(const Decision& decision, const Clock* clock);

/// Writes the event and, if there is any, its evidence.
void insert_event(soci::session& session, const Slot& slot, const VersionId& version, VersionStatus from,
                  VersionStatus to, const Decision& decision);

}  // namespace clm::registry_sql
