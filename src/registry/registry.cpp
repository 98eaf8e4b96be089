#include "registry/registry.hpp"

#include <algorithm>
#include <utility>

#include "registry/registry_schema.hpp"
#include "registry/registry_sql.hpp"

namespace clm {

using namespace registry_sql;

namespace {

tl::unexpected<Error> refused(std::string code, std::string message, std::string remedy = {}) {
  return fail(ErrorKind::refused, std::move(code), std::move(message), {}, std::move(remedy));
}

tl::unexpected<Error> illegal(const VersionRecord& record, VersionStatus to, std::string remedy = {}) {
  return refused("registry.transition",
                 record.slot.model_type + " version " + record.version.str() + " is " +
                     std::string(to_string(record.status)) + " and cannot become " + std::string(to_string(to)),
                 std::move(remedy));
}

tl::unexpected<Error> unknown(const VersionId& version) {
  return fail(ErrorKind::usage, "registry.unknown_version", "there is no version " + version.str(), {},
              "clm models lists them.");
}

tl::unexpected<Error> pruned(const VersionRecord& record) {
  return refused("registry.pruned", "the files of version " + record.version.str() + " were removed by retention",
                 "Make it again: clm reproduce " + record.version.str());
}

std::string slot_name(const Slot& slot) {
  return slot.scope == "default" ? slot.model_type : slot.model_type + "/" + slot.scope;
}

/// One step of the life cycle inside of a transaction: status and event, nothing of the alias.
void step(soci::session& session, VersionRecord& record, VersionStatus to, const Decision& decision) {
  set_status(session, record.version, to);
  insert_event(session, record.slot, record.version, record.status, to, decision);
  record.status = to;
}

}  // namespace

Result<Registry> Registry::open(Database& database, ArtifactStore store, const Clock* clock) {
  if (auto migrated = database.migrate("registry", registry_migrations()); !migrated) return forward_error(migrated);
  return Registry(database, std::move(store), clock);
}

Result<Registry::Registration> Registry::enter(const StoredArtifact& artifact, const Decision& decision) {
  const auto why = prepared(decision, clock_);
  if (!why) return forward_error(why);
  auto manifest_json = write_manifest(artifact.manifest);
  if (!manifest_json) return forward_error(manifest_json);
  Registration entered;
  const auto written = database_->write("entering a version", [&](soci::session& session) -> Status {
    if (auto known = select_version(session, artifact.version)) {
      entered = {std::move(known->record), false};
      VersionRecord& record = entered.record;
      if (!record.pruned && record.manifest_sha256 == artifact.manifest_sha256) return {};
      replace_artifact(session, record.version, *manifest_json, artifact.manifest_sha256);
      Decision again = *why;
      again.reason = "the same bits were stored again: " + why->reason;
      insert_event(session, record.slot, record.version, record.status, record.status, again);
      record.pruned = false;
      record.manifest_json = *manifest_json;
      record.manifest_sha256 = artifact.manifest_sha256;
      return {};
    }
    VersionRecord record;
    record.version = artifact.version;
    record.slot = {artifact.manifest.model_type, artifact.manifest.scope};
    record.registered_at = why->at;
    record.manifest_json = *manifest_json;
    record.manifest_sha256 = artifact.manifest_sha256;
    insert_version(session, record);
    insert_event(session, record.slot, record.version, VersionStatus::training, VersionStatus::candidate, *why);
    entered = {std::move(record), true};
    return {};
  });
  if (!written) return forward_error(written);
  return entered;
}

Status Registry::record_failed_training(const Slot& slot, const Decision& decision) {
  const auto why = prepared(decision, clock_);
  if (!why) return forward_error(why);
  return database_->write("recording a failed training", [&](soci::session& session) -> Status {
    insert_event(session, slot, VersionId(), VersionStatus::training, VersionStatus::failed, *why);
    return {};
  });
}

Result<VersionRecord> Registry::advance(const VersionId& version, VersionStatus to, const Decision& decision) {
  const auto why = prepared(decision, clock_);
  if (!why) return forward_error(why);
  VersionRecord record;
  const auto written = database_->write("advancing a version", [&](soci::session& session) -> Status {
    auto row = select_version(session, version);
    if (!row) return unknown(version);
    record = std::move(row->record);
    const bool moves_alias = record.status == VersionStatus::active || to == VersionStatus::active;
    if (moves_alias || !is_legal_transition(record.status, to))
      return illegal(record, to, moves_alias ? "The active version changes by promote, retire and rollback." : "");
    if (record.pruned && to != VersionStatus::rejected && to != VersionStatus::failed) return pruned(record);
    step(session, record, to, *why);
    return {};
  });
  if (!written) return forward_error(written);
  return record;
}

Result<VersionRecord> Registry::reject(const VersionId& version, const Decision& decision) {
  return advance(version, VersionStatus::rejected, decision);
}

Result<Registry::Promotion> Registry::promote(const VersionId& version, const Decision& decision) {
  const auto why = prepared(decision, clock_);
  if (!why) return forward_error(why);
  if (why->evidence_json.empty())
    return refused("registry.no_evidence", "version " + version.str() + " has no evidence that it should be promoted",
                   "Evaluate it first: clm evaluate " + version.str());
  const auto found = find(version.str());
  if (!found) return forward_error(found);
  if (auto sound = open_artifact(*found); !sound) return forward_error(sound);

  Promotion promotion;
  const auto written = database_->write("promoting a version", [&](soci::session& session) -> Status {
    auto row = select_version(session, version);
    if (!row) return unknown(version);
    VersionRecord& record = row->record;
    if (record.status == VersionStatus::retired || !is_legal_transition(record.status, VersionStatus::active))
      return illegal(record, VersionStatus::active,
                     record.status == VersionStatus::retired ? "The way back to it is clm rollback." : "");
    if (record.pruned) return pruned(record);
    if (auto present = select_active(session, record.slot)) {
      Decision makes_place = *why;
      makes_place.reason = "makes place for " + version.str() + ": " + why->reason;
      step(session, present->record, VersionStatus::retired, makes_place);
      promotion.retired = present->record.version;
    }
    step(session, record, VersionStatus::active, *why);
    set_way_back(session, version, Way::latest);
    promotion.generation = move_alias(session, record.slot, version, why->at);
    promotion.active = std::move(record);
    return {};
  });
  if (!written) return forward_error(written);
  return promotion;
}

Result<VersionRecord> Registry::retire(const VersionId& version, const Decision& decision) {
  const auto why = prepared(decision, clock_);
  if (!why) return forward_error(why);
  VersionRecord record;
  const auto written = database_->write("retiring a version", [&](soci::session& session) -> Status {
    auto row = select_version(session, version);
    if (!row) return unknown(version);
    record = std::move(row->record);
    if (!is_legal_transition(record.status, VersionStatus::retired)) return illegal(record, VersionStatus::retired);
    move_alias(session, record.slot, VersionId(), why->at);
    step(session, record, VersionStatus::retired, *why);
    set_way_back(session, version, Way::closed);
    return {};
  });
  if (!written) return forward_error(written);
  return record;
}

Result<Registry::Rollback> Registry::rollback(const Slot& slot, const Decision& decision,
                                              const RollbackOptions& options) {
  const auto why = prepared(decision, clock_);
  if (!why) return forward_error(why);
  const auto present = active(slot);
  if (!present) return forward_error(present);
  if (!*present) return refused("registry.no_active", slot_name(slot) + " has no active version to roll back");
  auto ways = ways_back(slot);
  if (!ways) return forward_error(ways);

  // Nearest first. The ones before the target were chosen away: the way back leads past them from now on.
  auto first = ways->begin();
  if (options.target)
    first = std::find_if(first, ways->end(), [&](const auto& way) { return way.version == *options.target; });
  if (first == ways->end())
    return refused("registry.no_way_back",
                   options.target ? "version " + options.target->str() + " is not on the way back of " + slot_name(slot)
                                  : "no earlier version of " + slot_name(slot) + " can be active again",
                   "clm history shows what was active.");
  std::vector<std::pair<VersionRecord, Error>> broken;
  auto target = first;
  for (; target != ways->end(); ++target) {
    const auto sound = open_artifact(*target);
    if (sound) break;
    if (sound.error().kind != ErrorKind::integrity) return forward_error(sound);
    broken.emplace_back(*target, sound.error());
  }
  if (!broken.empty() && (options.if_broken == IfBroken::refuse || target == ways->end())) {
    const Error& problem = broken.front().second;
    return fail(ErrorKind::integrity, "registry.way_back_broken",
                "version " + broken.front().first.version.str() + " cannot be active again: " + problem.message,
                problem.where,
                target == ways->end() ? "No older version of " + slot_name(slot) + " is sound either."
                                      : "The next older sound one is " + target->version.str() + ".");
  }

  Rollback result;
  const auto written = database_->write("rolling back", [&](soci::session& session) -> Status {
    auto current = select_active(session, slot);
    auto chosen = select_version(session, target->version);
    if (!current || current->record.version != (*present)->record.version || !chosen || chosen->record.pruned ||
        chosen->record.status != VersionStatus::retired || chosen->activation == 0)
      return fail(ErrorKind::locked, "registry.raced", "another process changed " + slot_name(slot) + " meanwhile", {},
                  "Look at clm history, then decide again.");
    for (auto passed = ways->begin(); passed != target; ++passed) set_way_back(session, passed->version, Way::closed);
    for (auto& [record, problem] : broken) {
      Decision failure = *why;
      failure.reason = "not taken as the way back: " + problem.message;
      step(session, record, VersionStatus::failed, failure);
      result.skipped.push_back(record.version);
    }
    step(session, current->record, VersionStatus::rolled_back, *why);
    Decision restored = *why;
    restored.reason = "active again instead of " + current->record.version.str() + ": " + why->reason;
    step(session, chosen->record, VersionStatus::active, restored);
    set_way_back(session, chosen->record.version, Way::latest);
    result.generation = move_alias(session, slot, chosen->record.version, why->at);
    result.rolled_back = current->record.version;
    result.active = std::move(chosen->record);
    return {};
  });
  if (!written) return forward_error(written);
  return result;
}

Result<StoredArtifact> Registry::open_artifact(const VersionRecord& record) const {
  if (record.pruned) return pruned(record);
  auto artifact = store_.open(record.slot.model_type, record.version, record.manifest_sha256);
  if (!artifact || artifact->manifest.members.empty()) return artifact;
  if (auto members = open_members(artifact->manifest); !members) return forward_error(members);
  return artifact;
}

Result<std::vector<StoredArtifact>> Registry::open_members(const Manifest& ensemble) const {
  std::vector<StoredArtifact> members;
  for (const auto& named : ensemble.members) {
    const auto record = find(named.version);
    if (!record && record.error().kind != ErrorKind::usage) return forward_error(record);
    if (!record || record->version.str() != named.version || record->slot.model_type != named.model_type)
      return fail(ErrorKind::integrity, "registry.member",
                  "the ensemble is made of " + named.model_type + " version " + named.version + ", which is not known",
                  "clm.db", "Restore clm.db from a copy, or make another ensemble: clm cycle --force");
    if (record->pruned) return pruned(*record);
    auto artifact = store_.open(named.model_type, record->version, record->manifest_sha256);
    if (!artifact) return forward_error(artifact);
    members.push_back(std::move(*artifact));
  }
  return members;
}

}  // namespace clm
