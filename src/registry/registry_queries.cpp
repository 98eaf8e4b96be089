#include <algorithm>
#include <utility>

#include <soci/soci.h>

#include "base/contract.hpp"
#include "registry/registry.hpp"
#include "registry/registry_sql.hpp"

namespace clm {

using namespace registry_sql;

namespace {

constexpr std::size_t kMinPrefixDigits = 4;

/// Of an event at `at`: whose time that is. Events of before `decided_at` was written down are told by their actor.
void tell_times(Event& event, std::optional<Timestamp> decided_at) {
  constexpr std::string_view kRecovery = "recovery";  // registry_upkeep.cpp
  event.decided_at = decided_at;
  if (event.actor != kPerson && event.actor != kRecovery) event.data_until = event.at;
  if (event.actor == kPerson && !decided_at) event.decided_at = event.at;
}

/// `conditions` names two texts and one number, in this order.
std::vector<Event> query_events(soci::session& session, const std::string& conditions, const std::string& text,
                                const std::string& other_text, long long number) {
  long long id = 0;
  long long at = 0, decided_at = 0;
  soci::indicator clocked = soci::i_null;
  std::string model_type, scope, version, from, to, actor, reason, evidence_id;
  soci::statement statement =
      (session.prepare << "SELECT id, at, model_type, scope, coalesce(version, ''), from_status, to_status, actor, "
                          "reason, coalesce(evidence_id, ''), decided_at FROM events "
                       << conditions,
       soci::into(id), soci::into(at), soci::into(model_type), soci::into(scope), soci::into(version), soci::into(from),
       soci::into(to), soci::into(actor), soci::into(reason), soci::into(evidence_id), soci::into(decided_at, clocked),
       soci::use(text), soci::use(other_text), soci::use(number));
  statement.execute();
  std::vector<Event> events;
  while (statement.fetch()) {
    const auto from_status = parse_version_status(from);
    const auto to_status = parse_version_status(to);
    expects(from_status && to_status, "the database knows the statuses of this program");
    events.push_back({id, Timestamp(at), Slot{model_type, scope}, VersionId(version), *from_status, *to_status, actor,
                      reason, evidence_id});
    tell_times(events.back(), clocked == soci::i_ok ? std::optional(Timestamp(decided_at)) : std::nullopt);
  }
  return events;
}

}  // namespace

Result<std::optional<ActiveAlias>> Registry::active(const Slot& slot) const {
  std::optional<ActiveAlias> alias;
  const auto read = database_->read("reading the active version", [&](soci::session& session) -> Status {
    std::string version;
    long long generation = 0;
    long long since = 0;
    session << "SELECT coalesce(version, ''), generation, since FROM aliases "
               "WHERE model_type = :type AND scope = :scope",
        soci::into(version), soci::into(generation), soci::into(since), soci::use(slot.model_type),
        soci::use(slot.scope);
    if (!session.got_data() || version.empty()) return {};
    auto row = select_version(session, VersionId(version));
    expects(row.has_value(), "an alias points at a version (foreign key)");
    alias = ActiveAlias{std::move(row->record), generation, Timestamp(since)};
    return {};
  });
  if (!read) return forward_error(read);
  return alias;
}

Result<std::int64_t> Registry::generation() const {
  long long newest = 0;
  const auto read = database_->read("reading the generation", [&](soci::session& session) -> Status {
    session << "SELECT coalesce(max(id), 0) FROM events", soci::into(newest);
    return {};
  });
  if (!read) return forward_error(read);
  return newest;
}

Result<VersionRecord> Registry::find(std::string_view version) const {
  const auto unknown = [&](std::string message) {
    return fail(ErrorKind::usage, "registry.unknown_version", std::move(message), {}, "clm models lists them.");
  };
  std::vector<std::string> matches;
  std::optional<VersionRow> row;
  const auto read = database_->read("finding a version", [&](soci::session& session) -> Status {
    if ((row = select_version(session, VersionId(version))) || version.size() < kMinPrefixDigits) return {};
    const std::string beginning(version);
    std::string match;
    soci::statement statement =
        (session.prepare << "SELECT version FROM versions WHERE substr(version, 1, length(:a)) = :b LIMIT 2",
         soci::into(match), soci::use(beginning), soci::use(beginning));
    statement.execute();
    while (statement.fetch()) matches.push_back(match);
    if (matches.size() == 1) row = select_version(session, VersionId(matches.front()));
    return {};
  });
  if (!read) return forward_error(read);
  if (matches.size() > 1) return unknown("several versions begin with " + std::string(version));
  if (!row) return unknown("there is no version " + std::string(version));
  return std::move(row->record);
}

Result<std::vector<VersionRecord>> Registry::list(const Filter& filter) const {
  std::vector<VersionRecord> records;
  const auto read = database_->read("listing versions", [&](soci::session& session) -> Status {
    for (auto& row : select_versions(session, filter)) records.push_back(std::move(row.record));
    return {};
  });
  if (!read) return forward_error(read);
  return records;
}

Result<std::vector<VersionRecord>> Registry::ways_back(const Slot& slot) const {
  std::vector<VersionRecord> records;
  const auto read = database_->read("reading the way back", [&](soci::session& session) -> Status {
    for (auto& row : select_ways_back(session, slot)) records.push_back(std::move(row.record));
    return {};
  });
  if (!read) return forward_error(read);
  return records;
}

tl::unexpected<Error> Registry::no_way_back(const Slot& slot, const std::optional<VersionId>& target) const {
  constexpr const char* kCode = "registry.no_way_back";
  const auto passed_over = ways_back(slot);
  const std::string name = slot_name(slot);
  const std::string other = "clm retire " + name + " --reason TEXT takes the active version out of service; clm " +
                            "promote VERSION --reason TEXT puts another one in its place.";
  if (target)
    return fail(ErrorKind::refused, kCode, "version " + target->str() + " is not on the way back of " + name, {},
                other);
  if (passed_over && !passed_over->empty())
    return fail(ErrorKind::refused, kCode, "every earlier version of " + name + " is suspended, and has no vote", {},
                "clm rollback " + name + " --to " + passed_over->front().version.str() +
                    " --reason TEXT goes back to the nearest of them and gives it its vote. " + other);
  return fail(ErrorKind::refused, kCode, "no earlier version of " + name + " can be active again", {}, other);
}

Result<std::vector<Suspension>> Registry::suspensions() const {
  std::vector<Suspension> suspensions;
  const auto read = database_->read("reading who is suspended", [&](soci::session& session) -> Status {
    suspensions = select_suspensions(session);
    return {};
  });
  if (!read) return forward_error(read);
  return suspensions;
}

Result<std::optional<Timestamp>> Registry::newest_break() const {
  const auto suspensions = this->suspensions();
  if (!suspensions) return forward_error(suspensions);
  std::optional<Timestamp> newest;
  for (const Suspension& one : *suspensions)
    if (one.cause == SuspensionCause::market_break && (!newest || one.changed_at > *newest)) newest = one.changed_at;
  return newest;
}

Result<std::vector<Event>> Registry::history(std::string_view model_type, int limit) const {
  std::vector<Event> events;
  const auto read = database_->read("reading the history", [&](soci::session& session) -> Status {
    const std::string type(model_type);
    events = query_events(session, "WHERE (:type = '' OR model_type = :type2) ORDER BY id DESC LIMIT :limit", type,
                          type, limit);
    return {};
  });
  if (!read) return forward_error(read);
  std::reverse(events.begin(), events.end());
  return events;
}

Result<std::vector<Event>> Registry::history_of(const Slot& slot, int limit) const {
  std::vector<Event> events;
  const auto read = database_->read("reading the history", [&](soci::session& session) -> Status {
    events = query_events(session, "WHERE model_type = :type AND scope = :scope ORDER BY id DESC LIMIT :limit",
                          slot.model_type, slot.scope, limit);
    return {};
  });
  if (!read) return forward_error(read);
  std::reverse(events.begin(), events.end());
  return events;
}

Result<std::vector<Event>> Registry::events_of(const VersionId& version) const {
  std::vector<Event> events;
  const auto read = database_->read("reading the events of a version", [&](soci::session& session) -> Status {
    events = query_events(session, "WHERE version = :version AND version <> :empty AND id > :none ORDER BY id",
                          version.str(), {}, 0);
    return {};
  });
  if (!read) return forward_error(read);
  return events;
}

Result<std::string> Registry::evidence(std::string_view id) const {
  std::string content;
  const auto read = database_->read("reading evidence", [&](soci::session& session) -> Status {
    const std::string key(id);
    session << "SELECT content FROM evidence WHERE id = :id", soci::into(content), soci::use(key);
    return {};
  });
  if (!read) return forward_error(read);
  if (content.empty())
    return fail(ErrorKind::integrity, "registry.unknown_evidence", "there is no evidence " + std::string(id), "clm.db",
                kRestoreDatabase);
  return content;
}

Result<std::string> Registry::latest_evidence(const VersionId& version) const {
  const auto events = events_of(version);
  if (!events) return forward_error(events);
  for (auto event = events->rbegin(); event != events->rend(); ++event)
    // What retired a version is the evidence of the one that took its place.
    if (!event->evidence_id.empty() && event->to != VersionStatus::retired) return evidence(event->evidence_id);
  return std::string();
}

}  // namespace clm
