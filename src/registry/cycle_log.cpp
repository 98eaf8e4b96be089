#include "registry/cycle_log.hpp"

#include <array>
#include <utility>

#include <soci/soci.h>

#include "base/contract.hpp"
#include "registry/registry_schema.hpp"

namespace clm {
namespace {

constexpr std::array<std::pair<CycleStatus, std::string_view>, 4> kStatusNames{{
    {CycleStatus::running, "running"},
    {CycleStatus::done, "done"},
    {CycleStatus::failed, "failed"},
    {CycleStatus::interrupted, "interrupted"},
}};

/// `conditions` names one value.
std::vector<CycleRecord> query_cycles(soci::session& session, const std::string& conditions, long long value) {
  CycleRecord record;
  long long id = 0;
  long long as_of = 0;
  long long decided_at = 0;
  std::string status;
  soci::statement statement =
      (session.prepare << "SELECT id, as_of, decided_at, status, triggers, results, seconds FROM cycles " << conditions,
       soci::into(id), soci::into(as_of), soci::into(decided_at), soci::into(status), soci::into(record.triggers_json),
       soci::into(record.results_json), soci::into(record.seconds), soci::use(value));
  statement.execute();
  std::vector<CycleRecord> records;
  while (statement.fetch()) {
    record.id = id;
    record.as_of = Timestamp(as_of);
    record.decided_at = decided_at == 0 ? std::nullopt : std::optional(Timestamp(decided_at));
    for (const auto& entry : kStatusNames)
      if (entry.second == status) record.status = entry.first;
    records.push_back(record);
  }
  return records;
}

std::optional<RecipeTry> query_recipe_try(soci::session& session, const std::string& slot, const std::string& recipe,
                                          Timestamp as_of) {
  long long tried_at = 0, number = 0, first_origin = 0, spacing = 0;
  int year = 0;
  const long long as_of_ms = as_of.ms();
  session << "SELECT tried_at, year, number, first_origin, spacing FROM recipe_tries WHERE slot = :slot AND "
             "recipe = :recipe AND tried_at <= :as_of ORDER BY tried_at DESC LIMIT 1",
      soci::use(slot), soci::use(recipe), soci::use(as_of_ms), soci::into(tried_at), soci::into(year),
      soci::into(number), soci::into(first_origin), soci::into(spacing);
  if (!session.got_data()) return std::nullopt;
  return RecipeTry{Timestamp(tried_at), year, static_cast<std::size_t>(number), Timestamp(first_origin),
                   Duration(spacing)};
}

}  // namespace

std::string_view to_string(CycleStatus status) { return kStatusNames[static_cast<std::size_t>(status)].second; }

Result<CycleLog> CycleLog::open(Database& database) {
  if (auto migrated = database.migrate("cycles", cycle_log_migrations()); !migrated) return forward_error(migrated);
  return CycleLog(database);
}

Result<std::int64_t> CycleLog::begin(Timestamp as_of, std::string_view triggers_json,
                                     std::optional<Timestamp> decided_at) {
  long long id = 0;
  const auto written = database_->write("beginning a cycle", [&](soci::session& session) -> Status {
    const long long as_of_ms = as_of.ms();
    const std::string triggers(triggers_json);
    const long long decided_at_ms = decided_at ? decided_at->ms() : 0;
    session << "INSERT INTO cycles (as_of, decided_at, status, triggers) VALUES (:as_of, :decided_at, 'running', "
               ":triggers)",
        soci::use(as_of_ms), soci::use(decided_at_ms), soci::use(triggers);
    session << "SELECT last_insert_rowid()", soci::into(id);
    return {};
  });
  if (!written) return forward_error(written);
  return id;
}

Status CycleLog::finish(std::int64_t id, CycleStatus how, std::string_view results_json, double seconds) {
  expects(how != CycleStatus::running, "a finished cycle is not running");
  return database_->write("finishing a cycle", [&](soci::session& session) -> Status {
    const long long key = id;
    const std::string status(to_string(how));
    const std::string results(results_json);
    soci::statement update = (session.prepare << "UPDATE cycles SET status = :status, results = :results, "
                                                 "seconds = :seconds WHERE id = :id AND status = 'running'",
                              soci::use(status), soci::use(results), soci::use(seconds), soci::use(key));
    update.execute(true);
    if (update.get_affected_rows() == 1) return {};
    return fail(ErrorKind::refused, "cycle.not_running", "cycle " + std::to_string(id) + " is not running");
  });
}

Result<int> CycleLog::close_interrupted(const FileLock&) {
  long long closed = 0;
  const auto written = database_->write("closing interrupted cycles", [&](soci::session& session) -> Status {
    soci::statement update = (session.prepare << "UPDATE cycles SET status = 'interrupted' WHERE status = 'running'");
    update.execute(true);
    closed = update.get_affected_rows();
    return {};
  });
  if (!written) return forward_error(written);
  return static_cast<int>(closed);
}

Result<std::vector<CycleRecord>> CycleLog::list(int limit) const {
  std::vector<CycleRecord> records;
  const auto read = database_->read("listing cycles", [&](soci::session& session) -> Status {
    records = query_cycles(session, "ORDER BY id DESC LIMIT :limit", limit);
    return {};
  });
  if (!read) return forward_error(read);
  return records;
}

Result<std::optional<CycleRecord>> CycleLog::find(std::int64_t id) const {
  std::optional<CycleRecord> record;
  const auto read = database_->read("reading a cycle", [&](soci::session& session) -> Status {
    auto found = query_cycles(session, "WHERE id = :id", id);
    if (!found.empty()) record = std::move(found.front());
    return {};
  });
  if (!read) return forward_error(read);
  return record;
}

Result<bool> CycleLog::is_settled(const VersionId& version) const {
  int settled = 0;
  const auto read = database_->read("looking for a version's cycle", [&](soci::session& session) -> Status {
    const std::string id = version.str();
    session << "SELECT EXISTS (SELECT 1 FROM cycles, json_tree(cycles.results) AS leaf WHERE cycles.status = 'done' "
               "AND leaf.key = 'version' AND leaf.value = :version)",
        soci::use(id), soci::into(settled);
    return {};
  });
  if (!read) return forward_error(read);
  return settled != 0;
}

Status CycleLog::note_holdout_use(std::string_view model_type, TimeRange span, const VersionId& version, Timestamp at) {
  expects(!span.empty(), "a holdout has rows");
  return database_->write("noting a use of the holdout", [&](soci::session& session) -> Status {
    const std::string type(model_type);
    const long long from = span.from.ms();
    const long long to = span.to.ms();
    const long long at_ms = at.ms();
    session << "INSERT INTO holdout_uses (model_type, span_from, span_to, version, at) "
               "VALUES (:type, :from, :to, :version, :at) ON CONFLICT DO NOTHING",
        soci::use(type), soci::use(from), soci::use(to), soci::use(version.str()), soci::use(at_ms);
    return {};
  });
}

Result<int> CycleLog::other_holdout_uses(std::string_view model_type, TimeRange span,
                                         const VersionId& candidate) const {
  int count = 0;
  const auto read = database_->read("counting uses of the holdout", [&](soci::session& session) -> Status {
    const std::string type(model_type);
    const long long from = span.from.ms();
    const long long to = span.to.ms();
    session << "SELECT count(DISTINCT version) FROM holdout_uses "
               "WHERE model_type = :type AND span_from < :to AND span_to > :from AND version <> :candidate",
        soci::use(type), soci::use(to), soci::use(from), soci::use(candidate.str()), soci::into(count);
    return {};
  });
  if (!read) return forward_error(read);
  return count;
}

Result<std::optional<RecipeTry>> CycleLog::recipe_try(std::string_view slot, std::string_view recipe,
                                                      Timestamp as_of) const {
  std::optional<RecipeTry> found;
  const auto read = database_->read("looking for a recipe's record", [&](soci::session& session) -> Status {
    found = query_recipe_try(session, std::string(slot), std::string(recipe), as_of);
    return {};
  });
  if (!read) return forward_error(read);
  return found;
}

Result<RecipeTry> CycleLog::begin_recipe_try(std::string_view slot, std::string_view recipe, Timestamp at,
                                             Timestamp first_origin, Duration spacing) {
  std::optional<RecipeTry> begun;
  const auto written = database_->write("beginning a recipe's record", [&](soci::session& session) -> Status {
    const std::string name(slot), id(recipe);
    begun = query_recipe_try(session, name, id, at);
    if (begun && begun->tried_at == at) return {};
    const long long at_ms = at.ms(), first_ms = first_origin.ms(), spacing_ms = spacing.count();
    const int year = calendar_time(at).year;
    session << "INSERT INTO recipe_tries (slot, recipe, tried_at, year, number, first_origin, spacing) "
               "SELECT :slot, :recipe, :at, :year, 1 + count(*), :first, :spacing FROM recipe_tries WHERE year = :same",
        soci::use(name), soci::use(id), soci::use(at_ms), soci::use(year), soci::use(first_ms), soci::use(spacing_ms),
        soci::use(year);
    begun = query_recipe_try(session, name, id, at);
    return {};
  });
  if (!written) return forward_error(written);
  return *begun;
}

Status CycleLog::note_acceptance(std::string_view slot, std::string_view recipe, Timestamp at) {
  return database_->write("noting an acceptance", [&](soci::session& session) -> Status {
    const std::string name(slot), id(recipe);
    const auto begun = query_recipe_try(session, name, id, at);
    if (!begun) return {};
    const long long at_ms = at.ms(), tried_ms = begun->tried_at.ms();
    session
        << "UPDATE recipe_tries SET accepted_at = :at WHERE slot = :slot AND recipe = :recipe AND tried_at = :tried "
           "AND accepted_at = 0",
        soci::use(at_ms), soci::use(name), soci::use(id), soci::use(tried_ms);
    return {};
  });
}

Result<std::size_t> CycleLog::recipes_accepted(int year, Timestamp as_of) const {
  long long count = 0;
  const auto read = database_->read("counting acceptances", [&](soci::session& session) -> Status {
    const long long as_of_ms = as_of.ms();
    session << "SELECT count(*) FROM recipe_tries WHERE year = :year AND accepted_at > 0 AND accepted_at < :as_of",
        soci::use(year), soci::use(as_of_ms), soci::into(count);
    return {};
  });
  if (!read) return forward_error(read);
  return static_cast<std::size_t>(count);
}

}  // namespace clm
