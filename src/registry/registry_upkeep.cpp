#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <soci/soci.h>

#include "base/contract.hpp"
#include "base/hash.hpp"
#include "registry/registry.hpp"
#include "registry/registry_sql.hpp"

namespace clm {

using namespace registry_sql;

namespace {

/// Versions whose status and alias contradict each other. The program cannot bring this about; an edited file can.
std::map<std::string, Error> alias_problems(soci::session& session) {
  std::map<std::string, Error> problems;
  std::string version;
  soci::statement statement =
      (session.prepare << "SELECT v.version FROM versions v LEFT JOIN aliases a ON a.version = v.version "
                          "WHERE (v.status = 'active') <> (a.version IS NOT NULL)",
       soci::into(version));
  statement.execute();
  while (statement.fetch())
    problems[version] = Error{ErrorKind::integrity, "registry.alias",
                              "the status of version " + version + " and the alias of its slot contradict each other",
                              "clm.db", kRestoreDatabase};
  return problems;
}

/// The manifest of a version. Where the database's was altered, the stored file tells; where that is broken too,
/// nobody.
std::optional<Manifest> manifest_in(const ArtifactStore& store, const VersionRecord& record) {
  auto manifest = stored_manifest(record);
  if (!manifest)
    manifest =
        store.open(record.slot.model_type, record.version, record.manifest_sha256).map([](StoredArtifact artifact) {
          return std::move(artifact.manifest);
        });
  return manifest ? std::optional(std::move(*manifest)) : std::nullopt;
}

/// What has to stay because of what does: what ensembles are made of, and then what any of these was
/// made with.
std::set<VersionId> needed_by(const ArtifactStore& store, const std::vector<VersionRecord>& stays,
                              const std::vector<VersionRecord>& to_remove, const Registry::Retention& retention) {
  std::set<VersionId> members, needed;
  const auto add_what_it_was_made_with = [&](const Manifest& manifest) {
    if (!retention.made_with) return;
    for (VersionId& version : retention.made_with(manifest)) needed.insert(std::move(version));
  };
  for (const VersionRecord& record : stays) {
    const auto manifest = manifest_in(store, record);
    if (!manifest) continue;
    for (const auto& member : manifest->members) members.insert(VersionId(member.version));
    add_what_it_was_made_with(*manifest);
  }
  for (const VersionRecord& record : to_remove)
    if (members.contains(record.version))
      if (const auto manifest = manifest_in(store, record)) add_what_it_was_made_with(*manifest);
  needed.merge(members);
  return needed;
}

/// An ensemble whose own bytes are sound is told which of its members is not, and not once more what is wrong with it.
void point_to_members(const ArtifactStore& store, const std::vector<VersionRow>& rows,
                      std::vector<Registry::Check>& checks) {
  std::set<VersionId> broken;
  for (const auto& check : checks)
    if (!check.ok()) broken.insert(check.version);
  for (auto& check : checks) {
    if (check.slot.model_type != kEnsembleType || check.ok()) continue;
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const VersionRow& one) { return one.record.version == check.version; });
    const auto own = store.open(check.slot.model_type, check.version, row->record.manifest_sha256);
    if (!own) continue;
    for (const auto& member : own->manifest.members) {
      if (!broken.contains(VersionId(member.version))) continue;
      check.problem->message = "its member " + member.model_type + " " + member.version + " is broken; see there";
      check.problem->where =
          store.directory_of(slot_of(member.model_type).model_type, VersionId(member.version)).string();
      check.problem->remedy = "It is whole with its member.";
      break;
    }
  }
}

std::optional<Error> error_of(const Result<StoredArtifact>& opened) {
  return opened ? std::nullopt : std::optional<Error>(opened.error());
}

}  // namespace

Result<std::vector<Registry::Check>> Registry::verify_all() const {
  if (auto sound = database_->check(); !sound) return forward_error(sound);
  std::vector<VersionRow> rows;
  std::map<std::string, Error> aliases;
  const auto read = database_->read("verifying", [&](soci::session& session) -> Status {
    rows = select_versions(session, {});
    aliases = alias_problems(session);
    return {};
  });
  if (!read) return forward_error(read);

  std::vector<Check> checks;
  std::set<ArtifactStore::Entry> known;
  for (const auto& [record, activation] : rows) {
    known.insert({record.slot.model_type, record.version});
    if (record.pruned) continue;
    Check check{record.version, record.slot, error_of(open_usable(record)), {}};
    if (check.problem) {
      const auto now = find(record.version.str());
      if (now && now->pruned) continue;  // retention was faster than this check
    }
    if (const auto alias = aliases.find(record.version.str()); !check.problem && alias != aliases.end())
      check.problem = alias->second;
    checks.push_back(std::move(check));
  }
  point_to_members(store_, rows, checks);
  for (const auto& entry : store_.list()) {
    if (known.contains(entry)) continue;
    Check check{entry.version, Slot{entry.model_type}, error_of(store_.open(entry.model_type, entry.version, {})),
                "stored, but not entered in the database; the next cycle adopts it as a candidate"};
    // Nobody knows what its bytes should be.
    if (check.problem)
      check.problem->remedy = "The database knows no such version, so nobody is served by it: remove its directory " +
                              store_.directory_of(entry.model_type, entry.version).string() +
                              ", or put a whole copy in its place.";
    checks.push_back(std::move(check));
  }
  return checks;
}

Result<Registry::Reconciliation> Registry::reconcile(const FileLock&, Timestamp at) {
  const auto records = list();
  if (!records) return forward_error(records);
  std::map<VersionId, const VersionRecord*> known;
  for (const auto& record : *records) known[record.version] = &record;

  Reconciliation done;
  // Members before ensembles, which are whole only with them.
  for (const bool ensembles : {false, true}) {
    for (const auto& record : *records) {
      if (record.status != VersionStatus::failed || record.pruned) continue;
      if ((record.slot.model_type == kEnsembleType) != ensembles || !open_usable(record)) continue;
      const Decision found{at, "recovery", "its stored bytes are whole again", {}};
      if (auto again = advance(record.version, VersionStatus::candidate, found); !again) return forward_error(again);
      done.whole.push_back(record.version);
    }
  }
  for (const auto& entry : store_.list()) {
    const auto record = known.find(entry.version);
    if (record != known.end()) {
      if (!record->second->pruned || record->second->slot.model_type != entry.model_type) continue;
      if (auto removed = store_.remove(entry.model_type, entry.version); !removed) return forward_error(removed);
      done.removed.push_back(entry.version);
      continue;
    }
    const auto artifact = store_.open(entry.model_type, entry.version, {});
    if (!artifact) continue;  // it was complete once and is not any more: `verify_all` names what is wrong with it
    const Decision found{at, "recovery", "was stored completely, but not entered before its cycle ended", {}};
    if (auto entered = enter(*artifact, found); !entered) return forward_error(entered);
    done.adopted.push_back(entry.version);
  }
  return done;
}

Status Registry::keep(const VersionId& version) {
  if (const auto known = find(version.str()); !known) return forward_error(known);
  return database_->write("keeping a version", [&](soci::session& session) -> Status {
    session << "INSERT INTO kept_versions (version) VALUES (:version) ON CONFLICT DO NOTHING", soci::use(version.str());
    return {};
  });
}

Result<std::vector<VersionId>> Registry::prune(const FileLock&, const Retention& retention) {
  expects(retention.keep_versions_per_slot >= 1, "retention keeps at least one version");
  std::vector<VersionRecord> to_remove;
  const auto written = database_->write("choosing what retention removes", [&](soci::session& session) -> Status {
    std::vector<VersionRecord> stays;
    std::map<Slot, std::vector<VersionRecord>> slots;  // newest first
    std::set<VersionId> suspended;                     // they may come back
    for (const Suspension& one : select_suspensions(session)) suspended.insert(one.version);
    const std::set<VersionId> kept = select_kept(session);
    for (auto& row : select_versions(session, {}))
      if (!row.record.pruned) slots[row.record.slot].push_back(std::move(row.record));
    for (auto& [slot, stored] : slots) {
      const auto ways = select_ways_back(session, slot);
      const VersionId way_back = ways.empty() ? VersionId() : ways.front().record.version;
      const auto keep = static_cast<std::size_t>(retention.keep_versions_per_slot);
      for (std::size_t i = 0; i < stored.size(); ++i) {
        const VersionStatus status = stored[i].status;
        const bool serves = status == VersionStatus::active || status == VersionStatus::shadow ||
                            status == VersionStatus::canary || suspended.contains(stored[i].version);
        const bool is_wanted = serves || kept.contains(stored[i].version) || stored[i].version == way_back;
        (i < keep || is_wanted ? stays : to_remove).push_back(std::move(stored[i]));
      }
    }
    const std::set<VersionId> needed = needed_by(store_, stays, to_remove, retention);
    std::erase_if(to_remove, [&](const VersionRecord& record) { return needed.contains(record.version); });
    for (const auto& record : to_remove)
      session << "UPDATE versions SET pruned = 1 WHERE version = :version", soci::use(record.version.str());
    return {};
  });
  if (!written) return forward_error(written);
  std::vector<VersionId> removed;
  for (const auto& record : to_remove) {
    if (auto gone = store_.remove(record.slot.model_type, record.version); !gone) return forward_error(gone);
    removed.push_back(record.version);
  }
  return removed;
}

}  // namespace clm
