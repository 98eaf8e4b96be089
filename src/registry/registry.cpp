#include "registry/registry.hpp"

#include <algorithm>
#include <utility>

#include "base/hash.hpp"
#include "registry/registry_schema.hpp"
#include "registry/registry_sql.hpp"

namespace clm {

using namespace registry_sql;

namespace {

constexpr std::string_view kUnloadable = "artifact.unloadable";

tl::unexpected<Error> refused(std::string code, std::string message, std::string remedy = {}) {
  return fail(ErrorKind::refused, std::move(code), std::move(message), {}, std::move(remedy));
}

/// What a person can do with a version that cannot go where they wanted it.
std::string other_way(const VersionRecord& record, VersionStatus to) {
  const std::string version = record.version.str();
  switch (record.status) {
    case VersionStatus::training:
    case VersionStatus::candidate:
    case VersionStatus::shadow:
    case VersionStatus::canary:
      if (to == VersionStatus::retired)
        return "It is not in service. To refuse it: clm reject " + version + " --reason TEXT.";
      if (to == VersionStatus::active) return "To make it active: clm promote " + version + " --reason TEXT.";
      return "clm show " + version + " says where it stands; clm promote and clm reject move it on.";
    case VersionStatus::active:
      if (to == VersionStatus::active) return "It serves already; there is nothing to do.";
      return "It is taken out of service with clm retire " + version + " --reason TEXT, or with clm rollback " +
             slot_name(record.slot) + " --reason TEXT, which puts the version before it back.";
    case VersionStatus::retired:
      return "It serves nobody any more. To make it active again: clm promote " + version + " --reason TEXT.";
    case VersionStatus::failed:
      return "Its stored bytes were found broken. clm reproduce " + version +
             " --restore puts them back and makes it a candidate again.";
    case VersionStatus::rejected:
    case VersionStatus::rolled_back: return "That stands. clm cycle --force trains another version.";
  }
  return {};
}

tl::unexpected<Error> illegal(const VersionRecord& record, VersionStatus to) {
  const std::string is = slot_name(record.slot) + " version " + record.version.str() + " is ";
  return refused("registry.transition",
                 record.status == to
                     ? is + std::string(to_string(to)) + " already"
                     : is + std::string(to_string(record.status)) + " and cannot become " + std::string(to_string(to)),
                 other_way(record, to));
}

/// What gives a version that was never judged here its evidence.
std::string judging_of(const VersionRecord& record) {
  if (record.slot.model_type == kEnsembleType)
    return "clm cycle --force makes an ensemble of what is active, and judges it.";
  const auto manifest = stored_manifest(record);
  return "Train and judge it again, with the settings of then to the same bits: clm train --models " +
         slot_name(record.slot) + (manifest ? " --as-of " + to_string(manifest->created_as_of) : "") + ".";
}

tl::unexpected<Error> unknown(const VersionId& version) {
  return fail(ErrorKind::usage, "registry.unknown_version", "there is no version " + version.str(), {},
              "clm models lists them.");
}

tl::unexpected<Error> pruned(const VersionRecord& record) {
  return refused("registry.pruned", "the files of version " + record.version.str() + " were removed by retention",
                 "Make it again: clm reproduce " + record.version.str() + " --restore");
}

tl::unexpected<Error> altered_record(const VersionRecord& record, const std::string& how) {
  return fail(ErrorKind::integrity, "registry.record_altered",
              "the manifest of version " + record.version.str() + " in the database was altered" + how, "clm.db",
              kRestoreDatabase);
}

bool is_altered(const VersionRecord& record) { return sha256_hex(record.manifest_json) != record.manifest_sha256; }

/// What can serve a slot in which nothing is active and nothing was before. `versions`: of the slot, newest first.
std::string first_to_serve(const std::vector<VersionRecord>& versions, const Slot& slot) {
  for (const VersionRecord& one : versions)
    if (!one.pruned && is_legal_transition(one.status, VersionStatus::active))
      return "clm promote " + one.version.str() + " --reason TEXT makes the newest that may serve active.";
  for (const VersionRecord& one : versions)
    if (!one.pruned && one.status == VersionStatus::failed)
      return "clm reproduce " + one.version.str() +
             " --restore puts back the bytes of the newest, which is then a candidate again.";
  const std::string none_may = versions.empty() ? "" : "None that there is may serve any more. ";
  return none_may + (slot.model_type == kEnsembleType
                         ? "clm cycle --force makes an ensemble of what is active."
                         : "clm cycle --force --models " + slot_name(slot) + " trains one.");
}

bool is_among(const VersionId& version, const std::vector<Suspension>& suspensions) {
  return std::any_of(suspensions.begin(), suspensions.end(),
                     [&](const Suspension& one) { return one.version == version; });
}

/// One step of the life cycle inside of a transaction: status and event, nothing of the alias.
void step(soci::session& session, VersionRecord& record, VersionStatus to, const Decision& decision) {
  set_status(session, record.version, to);
  insert_event(session, record.slot, record.version, record.status, to, decision);
  record.status = to;
}

/// All of it but the alias. Whom a person wants has a vote.
void activate(soci::session& session, VersionRecord& record, const Decision& decision) {
  step(session, record, VersionStatus::active, decision);
  if (decision.actor == kPerson) delete_suspension(session, record.version);
  set_way_back(session, record.version, Way::latest);
}

/// `older`: the next older sound version; empty: there is none.
tl::unexpected<Error> way_back_broken(const Slot& slot, const VersionId& version, const Error& problem,
                                      const VersionId& older) {
  std::string remedy;
  if (!are_bytes_sound(problem)) remedy = "Put its bytes back: clm reproduce " + version.str() + " --restore. ";
  remedy += older.empty() ? "No older version of " + slot_name(slot) + " is sound; without one: clm retire " +
                                slot_name(slot) + " --reason TEXT."
                          : "Or go back to the next older sound one: clm rollback " + slot_name(slot) + " --to " +
                                older.str() + " --reason TEXT.";
  return fail(ErrorKind::integrity, "registry.way_back_broken",
              "version " + version.str() + " cannot be active again: " + problem.message, problem.where,
              std::move(remedy));
}

}  // namespace

std::string_view to_string(SuspensionCause cause) { return cause == SuspensionCause::harm ? "harm" : "break"; }

bool are_bytes_sound(const Error& problem) { return problem.code == kUnloadable; }

Result<Registry> Registry::open(Database& database, ArtifactStore store, const Clock* clock, LoadCheck loads) {
  if (auto migrated = database.migrate("registry", registry_migrations()); !migrated) return forward_error(migrated);
  return Registry(database, std::move(store), clock, std::move(loads));
}

Result<Manifest> stored_manifest(const VersionRecord& record) {
  if (is_altered(record)) return altered_record(record, {});
  auto manifest = read_manifest(record.manifest_json);
  if (!manifest) return altered_record(record, ": " + manifest.error().message);
  return manifest;
}

Result<Registry::Registration> Registry::enter(const StoredArtifact& artifact, const Decision& decision) {
  const auto why = prepared(decision, clock_);
  if (!why) return forward_error(why);
  auto manifest_json = write_manifest(artifact.manifest);
  if (!manifest_json) return forward_error(manifest_json);
  Registration entered;
  const auto written = database_->write("entering a version", [&](soci::session& session) -> Status {
    if (auto known = select_version(session, artifact.version)) {
      const bool had_failed = known->record.status == VersionStatus::failed;
      entered = {std::move(known->record), false, had_failed};
      return enter_known(session, artifact, *manifest_json, entered.record, *why);
    }
    VersionRecord record;
    record.version = artifact.version;
    record.slot = slot_of(artifact.manifest);
    record.registered_at = why->at;
    record.manifest_json = *manifest_json;
    record.manifest_sha256 = artifact.manifest_sha256;
    insert_version(session, record);
    insert_event(session, record.slot, record.version, VersionStatus::training, VersionStatus::candidate, *why);
    entered = {std::move(record), true, false};
    return {};
  });
  if (!written) return forward_error(written);
  return entered;
}

Status Registry::enter_known(soci::session& session, const StoredArtifact& artifact, const std::string& manifest_json,
                             VersionRecord& record, const Decision& why) const {
  Decision again = why;
  if (!stored_manifest(record)) {
    record.manifest_json = manifest_json;
    record.manifest_sha256 = artifact.manifest_sha256;
  } else if (record.manifest_sha256 != artifact.manifest_sha256) {
    // The first manifest stands, with what was found when the version was first judged.
    if (auto put = store_.write_manifest_of(artifact, record.manifest_json); !put) return put;
  }
  if (record.pruned || record.manifest_sha256 == artifact.manifest_sha256)
    replace_artifact(session, record.version, record.manifest_json, record.manifest_sha256);
  if (record.status == VersionStatus::failed) {
    again.reason = "its stored bytes are whole again: " + why.reason;
    step(session, record, VersionStatus::candidate, again);
  } else if (record.pruned) {
    again.reason = "the same bits were stored again: " + why.reason;
    step(session, record, record.status, again);
  } else if (!why.evidence_json.empty() && !has_evidence(session, record.version)) {
    step(session, record, record.status, why);  // adopted after a kill, and judged only now
  }
  record.pruned = false;
  return {};
}

Result<VersionRecord> Registry::put_back(const VersionRecord& record, StagedArtifact staged, const Decision& decision) {
  if (const auto known = stored_manifest(record); !known) return forward_error(known);
  const auto artifact = store_.put_back(std::move(staged), record.manifest_json);
  if (!artifact) return forward_error(artifact);
  auto entered = enter(*artifact, decision);
  if (!entered) return forward_error(entered);
  if (record.pruned || record.status == VersionStatus::failed) return std::move(entered->record);
  const auto why = prepared(decision, clock_);
  if (!why) return forward_error(why);
  const auto noted = database_->write("noting that bytes were put back", [&](soci::session& session) -> Status {
    step(session, entered->record, entered->record.status, *why);
    return {};
  });
  if (!noted) return forward_error(noted);
  return std::move(entered->record);
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
  if (to == VersionStatus::candidate) {
    const auto found = find(version.str());
    if (!found) return forward_error(found);
    if (!is_legal_transition(found->status, to)) return illegal(*found, to);
    if (auto usable = open_usable(*found); !usable) return forward_error(usable);
  }
  VersionRecord record;
  const auto written = database_->write("advancing a version", [&](soci::session& session) -> Status {
    auto row = select_version(session, version);
    if (!row) return unknown(version);
    record = std::move(row->record);
    const bool by_others = to == VersionStatus::active || to == VersionStatus::retired ||
                           (record.status == VersionStatus::active && to != VersionStatus::failed);
    if (by_others || !is_legal_transition(record.status, to)) return illegal(record, to);
    if (record.pruned && to != VersionStatus::rejected && to != VersionStatus::failed) return pruned(record);
    if (record.status == VersionStatus::active) {
      move_alias(session, record.slot, VersionId(), why->at);
      set_way_back(session, version, Way::closed);
    }
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
  const auto found = find(version.str());
  if (!found) return forward_error(found);
  if (why->evidence_json.empty())
    return refused("registry.no_evidence", "version " + version.str() + " has no evidence that it should be promoted",
                   judging_of(*found));
  if (auto usable = open_usable(*found); !usable) return forward_error(usable);

  Promotion promotion;
  const auto written = database_->write("promoting a version", [&](soci::session& session) -> Status {
    auto row = select_version(session, version);
    if (!row) return unknown(version);
    VersionRecord& record = row->record;
    if (!is_legal_transition(record.status, VersionStatus::active)) return illegal(record, VersionStatus::active);
    if (record.pruned) return pruned(record);
    if (auto present = select_active(session, record.slot)) {
      Decision makes_place = *why;
      makes_place.reason = "makes place for " + version.str() + ": " + why->reason;
      step(session, present->record, VersionStatus::retired, makes_place);
      promotion.retired = present->record.version;
    }
    activate(session, record, *why);
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

Result<std::vector<VersionRecord>> Registry::ways_with_a_vote(const Slot& slot) const {
  auto ways = ways_back(slot);
  if (!ways) return forward_error(ways);
  const auto suspended = suspensions();
  if (!suspended) return forward_error(suspended);
  std::erase_if(*ways, [&](const VersionRecord& way) { return is_among(way.version, *suspended); });
  return ways;
}

Result<Registry::Rollback> Registry::rollback(const Slot& slot, const Decision& decision,
                                              const RollbackOptions& options) {
  const auto why = prepared(decision, clock_);
  if (!why) return forward_error(why);
  const auto present = active(slot);
  if (!present) return forward_error(present);
  auto ways = options.target ? ways_back(slot) : ways_with_a_vote(slot);
  if (!ways) return forward_error(ways);
  if (!*present && ways->empty()) {
    const auto versions = list(Filter{slot.model_type, slot.scope, {}});
    if (!versions) return forward_error(versions);
    return refused("registry.no_active",
                   "no version of " + slot_name(slot) + " is active, and there is none to go back to",
                   first_to_serve(*versions, slot) + " clm models lists what there is.");
  }

  // Nearest first. The ones before the target were chosen away: the way back leads past them from now on.
  auto first = ways->begin();
  if (options.target)
    first = std::find_if(first, ways->end(), [&](const auto& way) { return way.version == *options.target; });
  if (first == ways->end()) return no_way_back(slot, options.target);
  std::vector<std::pair<VersionRecord, Error>> broken;
  auto target = first;
  for (; target != ways->end(); ++target) {
    const auto sound = open_usable(*target);
    if (sound) break;
    if (sound.error().kind != ErrorKind::integrity) return forward_error(sound);
    broken.emplace_back(*target, sound.error());
  }
  if (!broken.empty() && (options.if_broken == IfBroken::refuse || target == ways->end()))
    return way_back_broken(slot, broken.front().first.version, broken.front().second,
                           target == ways->end() ? VersionId() : target->version);

  Rollback result;
  const auto written = database_->write("rolling back", [&](soci::session& session) -> Status {
    auto current = select_active(session, slot);
    auto chosen = select_version(session, target->version);
    const bool same = *present ? current && current->record.version == (*present)->record.version : !current;
    if (!same || !chosen || chosen->record.pruned || chosen->record.status != VersionStatus::retired ||
        chosen->activation == 0)
      return fail(ErrorKind::locked, "registry.raced", "another process changed " + slot_name(slot) + " meanwhile", {},
                  "Look at clm history, then decide again.");
    for (auto passed = ways->begin(); passed != target; ++passed) set_way_back(session, passed->version, Way::closed);
    for (auto& [record, problem] : broken) {
      Decision failure = *why;
      failure.reason = "not taken as the way back: " + problem.message;
      step(session, record, VersionStatus::failed, failure);
      result.skipped.push_back(record.version);
    }
    Decision restored = *why;
    restored.reason = "active again: " + why->reason;
    if (current) {
      step(session, current->record, VersionStatus::rolled_back, *why);
      restored.reason = "active again instead of " + current->record.version.str() + ": " + why->reason;
      result.rolled_back = current->record.version;
    }
    activate(session, chosen->record, restored);
    result.generation = move_alias(session, slot, chosen->record.version, why->at);
    result.active = std::move(chosen->record);
    return {};
  });
  if (!written) return forward_error(written);
  return result;
}

Status Registry::suspend(const std::vector<VersionId>& versions, Timestamp changed_at, SuspensionCause cause,
                         const Decision& decision) {
  const auto why = prepared(decision, clock_);
  if (!why) return forward_error(why);
  return database_->write("suspending versions", [&](soci::session& session) -> Status {
    const auto known = select_suspensions(session);
    for (const VersionId& version : versions) {
      auto row = select_version(session, version);
      if (!row) return unknown(version);
      if (is_among(version, known)) continue;
      insert_suspension(session, {version, why->at, changed_at, cause, why->reason});
      Decision told = *why;
      told.reason = "suspended, without a vote: " + why->reason;
      step(session, row->record, row->record.status, told);
    }
    return {};
  });
}

Status Registry::reinstate(const std::vector<VersionId>& versions, const Decision& decision) {
  const auto why = prepared(decision, clock_);
  if (!why) return forward_error(why);
  return database_->write("reinstating versions", [&](soci::session& session) -> Status {
    const auto known = select_suspensions(session);
    for (const VersionId& version : versions) {
      auto row = select_version(session, version);
      if (!row) return unknown(version);
      if (!is_among(version, known)) continue;
      delete_suspension(session, version);
      Decision told = *why;
      told.reason = "reinstated, with a vote again: " + why->reason;
      step(session, row->record, row->record.status, told);
    }
    return {};
  });
}

Result<std::optional<Error>> Registry::what_is_broken(const VersionRecord& record) const {
  const auto opened = open_usable(record);
  if (opened) return std::optional<Error>();
  // Of an ensemble, a member whose files retention removed is as bad as one whose files are altered.
  const bool is_broken = opened.error().kind == ErrorKind::integrity || opened.error().code == "registry.pruned";
  if (!is_broken) return forward_error(opened);
  return std::optional(opened.error());
}

/// The version without those that it is made of.
Result<StoredArtifact> Registry::open_alone(const VersionRecord& record) const {
  if (record.pruned) return pruned(record);
  if (is_altered(record)) return altered_record(record, {});
  return store_.open(record.slot.model_type, record.version, record.manifest_sha256);
}

/// The version itself, and after it those that it is made of.
Result<std::vector<StoredArtifact>> Registry::open_parts(const VersionRecord& record) const {
  auto artifact = open_alone(record);
  if (!artifact) return forward_error(artifact);
  auto members = open_members(artifact->manifest);
  if (!members) return members;
  members->insert(members->begin(), std::move(*artifact));
  return members;
}

Result<StoredArtifact> Registry::open_artifact(const VersionRecord& record) const {
  auto parts = open_parts(record);
  if (!parts) return forward_error(parts);
  return std::move(parts->front());
}

Result<StoredArtifact> Registry::open_usable(const VersionRecord& record) const {
  auto parts = open_parts(record);
  if (!parts) return forward_error(parts);
  for (const StoredArtifact& part : *parts) {
    const auto loaded = loads_ ? loads_(part) : Status();
    if (loaded) continue;
    if (loaded.error().kind != ErrorKind::integrity) return forward_error(loaded);
    const Error& why = loaded.error();
    return fail(ErrorKind::integrity, std::string(kUnloadable),
                "the bytes of " + slot_name(part.manifest) + " version " + part.version.str() +
                    " are what its manifest says, and yet it does not load: " + why.message + " (" + why.code + ")",
                why.where, "Nobody can be served by it; clm cycle takes it out of service and trains its type again.");
  }
  return std::move(parts->front());
}

Result<std::vector<StoredArtifact>> Registry::open_members(const Manifest& ensemble) const {
  std::vector<StoredArtifact> members;
  for (const auto& named : ensemble.members) {
    const auto record = find(named.version);
    if (!record && record.error().kind != ErrorKind::usage) return forward_error(record);
    if (!record || record->version.str() != named.version || slot_name(record->slot) != named.model_type)
      return fail(ErrorKind::integrity, "registry.member",
                  "the ensemble is made of " + named.model_type + " version " + named.version + ", which is not known",
                  "clm.db",
                  "Restore clm.db from a copy, or let clm cycle take the ensemble out of service and make another.");
    auto artifact = open_alone(*record);
    if (!artifact) return forward_error(artifact);
    members.push_back(std::move(*artifact));
  }
  return members;
}

}  // namespace clm
