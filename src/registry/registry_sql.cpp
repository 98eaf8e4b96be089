#include "registry/registry_sql.hpp"

#include <utility>

#include <soci/soci.h>
#include <nlohmann/json.hpp>

#include "base/contract.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"
#include "registry/manifest.hpp"

namespace clm::registry_sql {
namespace {

constexpr std::size_t kEvidenceIdDigits = 16;

/// The variables that one row of `versions` is fetched into.
struct VersionColumns {
  static constexpr const char* kNames =
      "version, model_type, scope, status, registered_at, manifest, manifest_sha256, pruned, activation";
  std::string version, model_type, scope, status, manifest, manifest_sha256;
  long long registered_at = 0, activation = 0;
  int pruned = 0;

  VersionRow row() const {
    const auto parsed = parse_version_status(status);
    expects(parsed.has_value(), "the database knows the statuses of this program");
    VersionRow row;
    row.record = {VersionId(version), Slot{model_type, scope}, *parsed,    Timestamp(registered_at),
                  manifest,           manifest_sha256,         pruned != 0};
    row.activation = activation;
    return row;
  }
};

/// `conditions` begins with WHERE; `values` are bound in the order in which it names them.
template <typename... Values>
std::vector<VersionRow> query(soci::session& session, const std::string& conditions, const Values&... values) {
  VersionColumns columns;
  soci::statement statement(session);
  statement.exchange(soci::into(columns.version));
  statement.exchange(soci::into(columns.model_type));
  statement.exchange(soci::into(columns.scope));
  statement.exchange(soci::into(columns.status));
  statement.exchange(soci::into(columns.registered_at));
  statement.exchange(soci::into(columns.manifest));
  statement.exchange(soci::into(columns.manifest_sha256));
  statement.exchange(soci::into(columns.pruned));
  statement.exchange(soci::into(columns.activation));
  (statement.exchange(soci::use(values)), ...);
  statement.alloc();
  statement.prepare(std::string("SELECT ") + VersionColumns::kNames + " FROM versions " + conditions);
  statement.define_and_bind();
  statement.execute();
  std::vector<VersionRow> rows;
  while (statement.fetch()) rows.push_back(columns.row());
  return rows;
}

std::optional<VersionRow> first(std::vector<VersionRow> rows) {
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

}  // namespace

std::optional<VersionRow> select_version(soci::session& session, const VersionId& version) {
  return first(query(session, "WHERE version = :version", version.str()));
}

std::vector<VersionRow> select_versions(soci::session& session, const Registry::Filter& filter) {
  const std::string status(filter.status ? to_string(*filter.status) : "");
  return query(session,
               "WHERE (:type = '' OR model_type = :type2) AND (:scope = '' OR scope = :scope2) "
               "AND (:status = '' OR status = :status2) ORDER BY sequence DESC",
               filter.model_type, filter.model_type, filter.scope, filter.scope, status, status);
}

std::optional<VersionRow> select_active(soci::session& session, const Slot& slot) {
  return first(
      query(session, "WHERE model_type = :type AND scope = :scope AND status = 'active'", slot.model_type, slot.scope));
}

std::vector<VersionRow> select_ways_back(soci::session& session, const Slot& slot) {
  const std::string formerly_active =
      "WHERE model_type = :type AND scope = :scope AND status = 'retired' AND pruned = 0 AND activation > 0 ";
  // A manifest that is no JSON any more names nobody; that it is broken shows where it is opened.
  const std::string with_members_that_stand =
      "AND NOT EXISTS (SELECT 1 FROM json_each(CASE WHEN json_valid(versions.manifest) THEN versions.manifest "
      "ELSE '{}' END, '$.members') AS member JOIN versions AS one ON one.version = json_extract(member.value, "
      "'$.version') WHERE one.status = 'rolled_back') ";
  return query(session,
               formerly_active + (slot.model_type == kEnsembleType ? with_members_that_stand : std::string()) +
                   "ORDER BY activation DESC",
               slot.model_type, slot.scope);
}

std::vector<Suspension> select_suspensions(soci::session& session) {
  std::string version, cause, reason;
  long long at = 0, changed_at = 0;
  soci::statement statement =
      (session.prepare << "SELECT version, at, changed_at, cause, reason FROM suspensions ORDER BY version",
       soci::into(version), soci::into(at), soci::into(changed_at), soci::into(cause), soci::into(reason));
  statement.execute();
  std::vector<Suspension> suspensions;
  while (statement.fetch())
    suspensions.push_back(
        {VersionId(version), Timestamp(at), Timestamp(changed_at),
         cause == to_string(SuspensionCause::harm) ? SuspensionCause::harm : SuspensionCause::market_break, reason});
  return suspensions;
}

void insert_suspension(soci::session& session, const Suspension& suspension) {
  const long long at = suspension.at.ms(), changed_at = suspension.changed_at.ms();
  const std::string cause(to_string(suspension.cause));
  session << "INSERT INTO suspensions (version, at, changed_at, cause, reason) "
             "VALUES (:version, :at, :changed, :cause, :reason)",
      soci::use(suspension.version.str()), soci::use(at), soci::use(changed_at), soci::use(cause),
      soci::use(suspension.reason);
}

void delete_suspension(soci::session& session, const VersionId& version) {
  session << "DELETE FROM suspensions WHERE version = :version", soci::use(version.str());
}

std::set<VersionId> select_kept(soci::session& session) {
  std::set<VersionId> kept;
  std::string version;
  soci::statement statement = (session.prepare << "SELECT version FROM kept_versions", soci::into(version));
  statement.execute();
  while (statement.fetch()) kept.insert(VersionId(version));
  return kept;
}

void insert_version(soci::session& session, const VersionRecord& record) {
  const std::string status(to_string(record.status));
  const long long registered_at = record.registered_at.ms();
  session << "INSERT INTO versions (version, model_type, scope, status, registered_at, manifest, manifest_sha256) "
             "VALUES (:version, :type, :scope, :status, :at, :manifest, :sha256)",
      soci::use(record.version.str()), soci::use(record.slot.model_type), soci::use(record.slot.scope),
      soci::use(status), soci::use(registered_at), soci::use(record.manifest_json), soci::use(record.manifest_sha256);
}

void replace_artifact(soci::session& session, const VersionId& version, const std::string& manifest_json,
                      const std::string& manifest_sha256) {
  session << "UPDATE versions SET pruned = 0, manifest = :manifest, manifest_sha256 = :sha256 "
             "WHERE version = :version",
      soci::use(manifest_json), soci::use(manifest_sha256), soci::use(version.str());
}

bool has_evidence(soci::session& session, const VersionId& version) {
  long long count = 0;
  session << "SELECT count(*) FROM events WHERE version = :version AND evidence_id IS NOT NULL",
      soci::use(version.str()), soci::into(count);
  return count > 0;
}

void set_status(soci::session& session, const VersionId& version, VersionStatus status) {
  const std::string name(to_string(status));
  session << "UPDATE versions SET status = :status WHERE version = :version", soci::use(name), soci::use(version.str());
}

void set_way_back(soci::session& session, const VersionId& version, Way way) {
  if (way == Way::closed)
    session << "UPDATE versions SET activation = 0 WHERE version = :version", soci::use(version.str());
  else
    session << "UPDATE versions SET activation = (SELECT max(activation) + 1 FROM versions) WHERE version = :version",
        soci::use(version.str());
}

std::int64_t move_alias(soci::session& session, const Slot& slot, const VersionId& version, Timestamp since) {
  const long long since_ms = since.ms();
  session << "INSERT INTO aliases (model_type, scope, version, generation, since) "
             "VALUES (:type, :scope, nullif(:version, ''), 1, :since) ON CONFLICT (model_type, scope) DO UPDATE "
             "SET version = excluded.version, generation = generation + 1, since = excluded.since",
      soci::use(slot.model_type), soci::use(slot.scope), soci::use(version.str()), soci::use(since_ms);
  long long generation = 0;
  session << "SELECT generation FROM aliases WHERE model_type = :type AND scope = :scope", soci::use(slot.model_type),
      soci::use(slot.scope), soci::into(generation);
  return generation;
}

void insert_event(soci::session& session, const Slot& slot, const VersionId& version, VersionStatus from,
                  VersionStatus to, const Decision& decision) {
  log_info(slot_name(slot) + (version.empty() ? "" : " " + version.str()) + ": " + std::string(to_string(from)) +
           " -> " + std::string(to_string(to)) + " by " + decision.actor);
  std::string evidence_id;
  if (!decision.evidence_json.empty()) {
    evidence_id = sha256_hex(decision.evidence_json).substr(0, kEvidenceIdDigits);
    session << "INSERT INTO evidence (id, content) VALUES (:id, :content) ON CONFLICT DO NOTHING",
        soci::use(evidence_id), soci::use(decision.evidence_json);
  }
  const long long at = decision.at.ms();
  const std::string from_name(to_string(from));
  const std::string to_name(to_string(to));
  long long decided_at = decision.decided_at ? decision.decided_at->ms() : 0;
  soci::indicator clocked = decision.decided_at ? soci::i_ok : soci::i_null;
  session << "INSERT INTO events (at, model_type, scope, version, from_status, to_status, actor, reason, evidence_id, "
             "decided_at) VALUES (:at, :type, :scope, nullif(:version, ''), :from, :to, :actor, :reason, "
             "nullif(:evidence, ''), :decided_at)",
      soci::use(at), soci::use(slot.model_type), soci::use(slot.scope), soci::use(version.str()), soci::use(from_name),
      soci::use(to_name), soci::use(decision.actor), soci::use(decision.reason), soci::use(evidence_id),
      soci::use(decided_at, clocked);
}

Result<Decision> prepared(const Decision& decision, const Clock* clock) {
  if (decision.reason.empty() || decision.actor.empty())
    return fail(ErrorKind::usage, "registry.reason", "a decision needs an actor and a reason", {},
                "Say why: --reason TEXT.");
  Decision canonical = decision;
  if (clock != nullptr) canonical.decided_at = clock->now();
  if (decision.evidence_json.empty()) return canonical;
  try {
    canonical.evidence_json = nlohmann::json::parse(decision.evidence_json).dump();
  } catch (const nlohmann::json::exception& error) {
    return fail(ErrorKind::defect, "registry.evidence", std::string("the evidence is not JSON: ") + error.what(), {},
                "This is a defect of clm: please report it.");
  }
  return canonical;
}

}  // namespace clm::registry_sql
