#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_io.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "registry/artifact_store.hpp"
#include "registry/database.hpp"
#include "registry/slot.hpp"
#include "registry/version.hpp"

namespace clm {

inline constexpr std::string_view kPerson = "person";

/// Who decided, when, why and on what evidence. Everything that changes a status carries one.
struct Decision {
  /// What a program decided: the close until which data were known. What a person decided (`kPerson`): the moment.
  Timestamp at;
  std::string actor;                                   ///< "cycle 12", "life cycle, job 3", `kPerson`
  std::string reason;                                  ///< a sentence; must not be empty
  std::string evidence_json;                           ///< one JSON value as text, or empty for none
  std::optional<Timestamp> decided_at = std::nullopt;  ///< left empty: the registry asks its clock, if it has one
};

struct VersionRecord {
  VersionId version;
  Slot slot;
  VersionStatus status = VersionStatus::candidate;
  Timestamp registered_at;
  std::string manifest_json;  ///< kept here too, so that listing reads no files and history outlives retention
  std::string manifest_sha256;
  bool pruned = false;  ///< retention removed the artifact; the record stays
};

/// The manifest as the database keeps it. Error `registry.record_altered` (integrity) where it was edited there.
Result<Manifest> stored_manifest(const VersionRecord& record);

/// One line of the audit trail. Append-only: the database itself refuses to change or delete one.
struct Event {
  std::int64_t id = 0;
  Timestamp at;
  Slot slot;
  VersionId version;  ///< empty for a training that failed: it left no bytes to name
  VersionStatus from = VersionStatus::training;
  VersionStatus to = VersionStatus::candidate;
  std::string actor, reason;
  std::string evidence_id;  ///< empty if none; see `Registry::evidence`
  /// The close until which data were known to what decided; none where a person did, or something was repaired.
  std::optional<Timestamp> data_until = std::nullopt;
  /// By the machine's clock. None in a replay, and for what a program decided before this was written down.
  std::optional<Timestamp> decided_at = std::nullopt;
};

/// What is served. `generation` grows with every move of the alias of its slot: a cheap way to notice a swap.
struct ActiveAlias {
  VersionRecord record;
  std::int64_t generation = 0;
  Timestamp since;
};

/// Why a version has no vote although nothing is wrong with its bytes.
enum class SuspensionCause {
  market_break,  ///< the market changed after it had learned; rows from before the change teach the wrong thing
  harm           ///< what it said was worth less than nothing, while others did well
};
std::string_view to_string(SuspensionCause cause);

/// A version that has no vote until it is reinstated. Its status, its alias and the way back stay what they were.
struct Suspension {
  VersionId version;
  Timestamp at;          ///< as `Decision::at`
  Timestamp changed_at;  ///< since when it did harm
  SuspensionCause cause = SuspensionCause::market_break;
  std::string reason;  ///< a sentence
};

/// Whether this program can load a version whose every byte is what it should be. Given by those who know what models
/// are, which the registry does not. An error of kind integrity: it cannot. Any other: nobody can tell.
using LoadCheck = std::function<Status(const StoredArtifact&)>;

/// Whether a version that is not usable has the bytes that it should have, and only cannot be loaded
/// (`artifact.unloadable`); putting bytes back is no remedy then.
bool are_bytes_sound(const Error& problem);

/// The versions, their life cycle with evidence, and the way back. Every change is one transaction that moves the
/// status and the alias and writes the event with its evidence; two writers serialise. As thread-safe as its
/// database, i.e. one per thread; borrows it.
class Registry {
 public:
  /// Brings the tables up to date. `clock`, if it is given, says when events are written (`Event::decided_at`); it
  /// must outlive the registry. `loads`, if it is given, is asked wherever a version is to be `usable`. Errors as
  /// `Database`.
  static Result<Registry> open(Database& database, ArtifactStore store, const Clock* clock = nullptr,
                               LoadCheck loads = {});
  const ArtifactStore& store() const { return store_; }

  // --- Changing ---

  struct Registration {
    VersionRecord record;
    bool created = false;      ///< false: this very content was known; `record` says how it stands
    bool whole_again = false;  ///< it had failed for its bytes, and is a candidate again
  };
  /// Enters a published artifact as a candidate. Known content keeps its status and its first manifest: trained again,
  /// the same model has the same fate. But one that was `failed` for its bytes is a candidate again, a pruned one is
  /// whole again, and one that had no evidence (adopted after a kill) has it from now on, each with an event. A record
  /// whose manifest was altered in the database has that of `artifact` from now on.
  Result<Registration> enter(const StoredArtifact& artifact, const Decision& decision);
  /// Puts the bytes of a known version back in place of broken, missing or pruned ones, with the manifest that the
  /// database keeps, and enters it as above. Errors `artifact.other_bytes` (integrity; nothing is changed),
  /// `registry.record_altered` (integrity), `file.*`.
  Result<VersionRecord> put_back(const VersionRecord& record, StagedArtifact staged, const Decision& decision);
  /// A training that made no version, for the audit trail.
  Status record_failed_training(const Slot& slot, const Decision& decision);

  /// Moves a version along the life cycle: to shadow, canary, rejected or failed, and a failed one back to candidate,
  /// which has to be usable first (`artifact.*`). An active one that fails leaves its slot empty; `rollback`
  /// fills it. Errors `registry.unknown_version` (usage), `registry.transition` (refused), `registry.reason` (usage).
  /// `active`, `retired` and `rolled_back` have functions of their own, below.
  Result<VersionRecord> advance(const VersionId& version, VersionStatus to, const Decision& decision);
  Result<VersionRecord> reject(const VersionId& version, const Decision& decision);

  struct Promotion {
    VersionRecord active;
    std::optional<VersionId> retired;  ///< which one made place
    std::int64_t generation = 0;
  };
  /// Makes it the active one of its slot, also a retired one again, and retires the present one. It has to be usable
  /// (`artifact.*`), and evidence is required: `registry.no_evidence` (refused). Otherwise as `advance`;
  /// `registry.pruned` (refused).
  Result<Promotion> promote(const VersionId& version, const Decision& decision);

  /// Takes the active version out of service; its slot is then empty, and no rollback leads to it any more. A person's
  /// promotion does.
  Result<VersionRecord> retire(const VersionId& version, const Decision& decision);

  enum class IfBroken {
    refuse,     ///< an error that names the next older sound one
    next_older  ///< go on to it; the broken ones become `failed`, and the result names them
  };
  struct RollbackOptions {
    std::optional<VersionId> target;  ///< default: the version that was active before the present one
    IfBroken if_broken = IfBroken::refuse;
  };
  struct Rollback {
    VersionRecord active;
    VersionId rolled_back;           ///< empty: nothing was active
    std::vector<VersionId> skipped;  ///< broken ones, newest first
    std::int64_t generation = 0;
  };
  /// The present version becomes `rolled_back`, which ends it; the one before, which has to be usable, is active again.
  /// Suspended ones are passed over, unless one is the target. Where nothing is active, the last one that was becomes
  /// so. Rolling back twice goes further back and never returns to what was rolled back. Errors: `registry.no_active`,
  /// `registry.no_way_back` (refused; nothing is changed), `registry.way_back_broken` (integrity), `registry.raced`
  /// (locked; another process moved the alias meanwhile).
  Result<Rollback> rollback(const Slot& slot, const Decision& decision, const RollbackOptions& options);
  Result<Rollback> rollback(const Slot& slot, const Decision& decision) { return rollback(slot, decision, {}); }

  /// Takes the vote of versions, in one transaction. One that is suspended stays as it was, so that a killed step may
  /// be taken again. Error `registry.unknown_version` (usage).
  Status suspend(const std::vector<VersionId>& versions, Timestamp changed_at, SuspensionCause cause,
                 const Decision& decision);
  /// Gives them their vote back. One that is not suspended stays as it is, likewise. A promotion by a person does the
  /// same. Error `registry.unknown_version` (usage).
  Status reinstate(const std::vector<VersionId>& versions, const Decision& decision);

  // --- Reading ---

  /// Ascending by version.
  Result<std::vector<Suspension>> suspensions() const;
  /// From when on rows teach what the market is like now: the newest change for which a version is still suspended
  /// (`SuspensionCause::market_break`). None: all do.
  Result<std::optional<Timestamp>> newest_break() const;

  Result<std::optional<ActiveAlias>> active(const Slot& slot) const;
  /// Grows with everything that becomes of any version: as long as it stands, all of it stands. One query, so a cheap
  /// way to notice that something else may be served. 0 in an empty registry.
  Result<std::int64_t> generation() const;
  /// Error `registry.unknown_version` (usage). A unique beginning of at least 4 digits is enough.
  Result<VersionRecord> find(std::string_view version) const;
  struct Filter {
    std::string model_type;  ///< empty: all
    std::string scope;       ///< empty: all
    std::optional<VersionStatus> status;
  };
  /// Newest first.
  Result<std::vector<VersionRecord>> list(const Filter& filter) const;
  Result<std::vector<VersionRecord>> list() const { return list(Filter{}); }
  /// The audit trail of all recipes of a model type (empty: of all types), oldest first, at most the last `limit`
  /// events.
  Result<std::vector<Event>> history(std::string_view model_type, int limit = 1000) const;
  /// The same of one slot.
  Result<std::vector<Event>> history_of(const Slot& slot, int limit = 1000) const;
  Result<std::vector<Event>> events_of(const VersionId& version) const;
  /// JSON text by its id. Error `registry.unknown_evidence` (integrity).
  Result<std::string> evidence(std::string_view id) const;
  /// The evidence on `version` itself: of its latest event that has one, save that of being retired, which belongs to
  /// the version that took its place. Empty if none.
  Result<std::string> latest_evidence(const VersionId& version) const;
  /// Where a rollback of `slot` would lead, nearest first, suspended ones among them, which it passes over. To no
  /// ensemble of which a member was rolled back: that one would speak again.
  Result<std::vector<VersionRecord>> ways_back(const Slot& slot) const;

  /// Verifies every byte against the manifest and the manifest against the database; only then may it be loaded. An
  /// ensemble is whole if its members are: they are verified with it, so none is promoted, rolled back to or served
  /// otherwise. Errors `artifact.*`, `registry.pruned` (refused), `registry.record_altered` (integrity), and
  /// `registry.member` (integrity: of an unknown version).
  Result<StoredArtifact> open_artifact(const VersionRecord& record) const;
  /// The same, and this program can load it, an ensemble's members too: who is to serve has to be usable. Errors also
  /// `artifact.unloadable` (integrity), and what else the `LoadCheck` says. Cost: that of loading.
  Result<StoredArtifact> open_usable(const VersionRecord& record) const;
  /// Why a version is not usable: its stored bytes, its record in the database or those of an ensemble's members are
  /// not what they were, or cannot be loaded.
  /// Nothing, if it is. Other errors (of the database, of this process) are the result's.
  Result<std::optional<Error>> what_is_broken(const VersionRecord& record) const;
  /// The versions that an ensemble is made of, verified, whatever became of them since; in the manifest's order.
  Result<std::vector<StoredArtifact>> open_members(const Manifest& ensemble) const;

  // --- Keeping house ---

  struct Check {
    VersionId version;
    Slot slot;
    std::optional<Error> problem;
    std::string note;  ///< e.g. stored but not entered yet: a killed cycle's, adopted by the next one
    bool ok() const { return !problem; }
  };
  /// Every stored byte of every version and whether it can be loaded, the database file itself (its error is the
  /// result's), and that aliases and statuses agree (`registry.alias`). Pruned versions are not listed.
  Result<std::vector<Check>> verify_all() const;

  struct Reconciliation {
    std::vector<VersionId> adopted;  ///< stored and sound, but killed before being entered: candidates now
    std::vector<VersionId> removed;  ///< pruned, but killed before the bytes were gone
    std::vector<VersionId> whole;    ///< failed, and their bytes are whole again: candidates again
  };
  /// Makes database and directories agree after a kill. Never deletes a sound version that it does not know (the
  /// database may be an older copy). `cycle_lock` proves that no other process trains or decides.
  Result<Reconciliation> reconcile(const FileLock& cycle_lock, Timestamp at);

  struct Retention {
    int keep_versions_per_slot = 10;  ///< newest stored versions of a slot that stay, the active one included; >= 1
    /// Names the versions without which one that stays could not be made again; left empty: none.
    std::function<std::vector<VersionId>(const Manifest&)> made_with = {};
  };
  /// From now on retention never removes its artifact, nor those of its members. Error `registry.unknown_version`
  /// (usage).
  Status keep(const VersionId& version);
  /// Removes artifacts of older versions, but never of an active, shadow, canary, suspended or kept one, of the nearest
  /// way back, of a member of an ensemble that stays, or of one that any of these was `made_with`. The database says
  /// `pruned` first, then the bytes go; a kill between the two is finished by `reconcile`.
  Result<std::vector<VersionId>> prune(const FileLock& cycle_lock, const Retention& retention);

 private:
  Registry(Database& database, ArtifactStore store, const Clock* clock, LoadCheck loads)
      : database_(&database), store_(std::move(store)), clock_(clock), loads_(std::move(loads)) {}
  /// Why no version can take the place of the present one; `target`: which one was wanted.
  tl::unexpected<Error> no_way_back(const Slot& slot, const std::optional<VersionId>& target) const;
  /// `ways_back` without who is suspended.
  Result<std::vector<VersionRecord>> ways_with_a_vote(const Slot& slot) const;
  Result<StoredArtifact> open_alone(const VersionRecord& record) const;
  Result<std::vector<StoredArtifact>> open_parts(const VersionRecord& record) const;
  Status enter_known(soci::session& session, const StoredArtifact& artifact, const std::string& manifest_json,
                     VersionRecord& record, const Decision& why) const;
  Database* database_;
  ArtifactStore store_;
  const Clock* clock_;
  LoadCheck loads_;
};

}  // namespace clm
