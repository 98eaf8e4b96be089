#include "registry/database.hpp"

#include <exception>
#include <utility>

#include <unistd.h>

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "base/contract.hpp"
#include "base/file_io.hpp"

namespace clm {
namespace {

constexpr const char* kRestoreOrReport =
    "Where another program has changed clm.db, restore it from a copy; else this is a defect of clm: please report it.";
constexpr int kPrimaryCodeMask = 0xff;  // SQLite's extended result codes keep the plain one in the low byte

Error sqlite_error(int result, const std::string& message, std::string_view what, const std::string& file) {
  const std::string text = std::string(what) + ": " + message;
  switch (result & kPrimaryCodeMask) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return {ErrorKind::integrity, "database.corrupt", text, file, kRestoreDatabase};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::locked, "database.busy", text, file, "Another process is writing: try again."};
    case SQLITE_FULL:
      return {ErrorKind::unavailable, "database.io", text, file,
              "The disk is full: free some space and run again; nothing was lost."};
    case SQLITE_CONSTRAINT: return {ErrorKind::defect, "database.constraint", text, file, kRestoreOrReport};
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_IOERR:
      return {ErrorKind::unavailable, "database.io", text, file, "Check the path, its permissions and the free space."};
    default: return {ErrorKind::defect, "database.sql", text, file, kRestoreOrReport};
  }
}

/// SOCI reports most failures with SQLite's code, but some with SQLite's words only.
int code_from_words(std::string_view words) {
  const auto says = [words](std::string_view part) { return words.find(part) != std::string_view::npos; };
  if (says("malformed") || says("not a database")) return SQLITE_CORRUPT;
  if (says("is locked")) return SQLITE_BUSY;
  if (says("unable to open")) return SQLITE_CANTOPEN;
  if (says("readonly") || says("disk I/O") || says("is full")) return SQLITE_IOERR;
  return SQLITE_ERROR;
}

/// What the exception that is being handled means.
Error current_error(std::string_view what, const std::string& file) {
  try {
    throw;
  } catch (const soci::sqlite3_soci_error& error) {
    return sqlite_error(error.result(), error.what(), what, file);
  } catch (const soci::soci_error& error) {
    return sqlite_error(code_from_words(error.what()), error.what(), what, file);
  } catch (const std::exception& error) {
    return {ErrorKind::defect, "database.sql", std::string(what) + ": " + error.what(), file, kRestoreOrReport};
  }
}

/// A file that is not a database is found now and not in the middle of the work.
void read_first_page(soci::session& session) {
  long long pages = 0;
  session << "SELECT count(*) FROM sqlite_master", soci::into(pages);
}

/// Runs several statements; SOCI takes one at a time. A semicolon inside of a trigger ends no statement.
void run_script(soci::session& session, std::string_view sql) {
  std::string statement;
  for (const char c : sql) {
    statement += c;
    if (c != ';' || sqlite_api::sqlite3_complete(statement.c_str()) == 0) continue;
    session << statement;
    statement.clear();
  }
  expects(statement.find_first_not_of(" \n") == std::string::npos, "a migration ends with a semicolon");
}

/// As SQLite wants a path that may hold any character.
std::string uri_of(const std::filesystem::path& file, std::string_view parameters) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : file.string()) {
    if (c != '%' && c != '?' && c != '#') {
      uri += c;
      continue;
    }
    uri += '%';
    uri += kDigits[static_cast<unsigned char>(c) / 16];
    uri += kDigits[static_cast<unsigned char>(c) % 16];
  }
  return uri + "?" + std::string(parameters);
}

/// Names that begin with "file:" carry parameters. Paths of workspaces are absolute and never begin so.
void understand_uris() { [[maybe_unused]] static const int once = sqlite_api::sqlite3_config(SQLITE_CONFIG_URI, 1); }

sqlite_api::sqlite3* handle_of(soci::session& session) {
  return static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
}

/// Everything in `from`, copied into `to`, which is open and empty.
Status copy_pages(soci::session& from, soci::session& to, const std::string& file) {
  auto* backup = sqlite_api::sqlite3_backup_init(handle_of(to), "main", handle_of(from), "main");
  const int done = backup == nullptr ? SQLITE_ERROR : sqlite_api::sqlite3_backup_step(backup, -1);
  sqlite_api::sqlite3_backup_finish(backup);
  if (done == SQLITE_DONE) return {};
  return tl::unexpected<Error>(sqlite_error(done, sqlite_api::sqlite3_errstr(done), "copying into memory", file));
}

std::filesystem::path beside(const std::filesystem::path& file, std::string_view suffix) {
  return std::filesystem::path(file.string() + std::string(suffix));
}

bool is_there(const std::filesystem::path& file) {
  std::error_code failure;
  return std::filesystem::exists(file, failure);
}

bool can_be_written_in_place(const std::filesystem::path& file) {
  return ::access(file.c_str(), W_OK) == 0 && ::access(file.parent_path().c_str(), W_OK) == 0;
}

}  // namespace

struct Database::Impl {
  std::filesystem::path file;
  std::unique_ptr<soci::session> session = std::make_unique<soci::session>();
  bool in_transaction = false;
  bool only_looks = false;  ///< and has no private copy yet
};

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;
const std::filesystem::path& Database::file() const { return impl_->file; }

Result<Database> Database::open(const std::filesystem::path& file, const Options& options) {
  if (file.native().find('"') != std::string::npos)
    return fail(ErrorKind::unavailable, "database.open", "the path holds a quotation mark", file.string(),
                "Move the workspace to a path without one.");
  understand_uris();
  auto impl = std::make_unique<Impl>();
  impl->file = file;
  if (options.access == Access::look) return look_at(std::move(impl), options);
  const char* synchronous = options.durability == Durability::power_failure ? "full" : "normal";
  try {
    impl->session->open(soci::sqlite3, "db=\"" + file.string() +
                                           "\" timeout=" + std::to_string(options.busy_timeout_seconds) +
                                           " synchronous=" + synchronous);
  } catch (...) {
    return tl::unexpected<Error>(current_error("opening", file.string()));
  }
  Database database(std::move(impl));
  auto ready = database.read("opening", [](soci::session& session) -> Status {
    std::string mode;
    session << "PRAGMA journal_mode=WAL", soci::into(mode);
    session << "PRAGMA foreign_keys=ON";
    read_first_page(session);
    return {};
  });
  if (!ready) return forward_error(ready);
  return database;
}

Result<Database> Database::look_at(std::unique_ptr<Impl> impl, const Options& options) {
  namespace fs = std::filesystem;
  const fs::path file = impl->file;
  const bool has_log = is_there(beside(file, "-wal")) || is_there(beside(file, "-shm"));
  const std::string timeout = " timeout=" + std::to_string(options.busy_timeout_seconds);
  const auto opened = [&](const std::string& name) -> Result<Database> {
    auto attempt = std::make_unique<Impl>();
    attempt->file = file;
    attempt->only_looks = true;
    try {
      attempt->session->open(soci::sqlite3, "db=\"" + name + "\"" + timeout);
    } catch (...) {
      return tl::unexpected<Error>(current_error("opening", file.string()));
    }
    Database database(std::move(attempt));
    auto ready = database.read("opening", [](soci::session& session) -> Status {
      session << "PRAGMA query_only=ON";
      read_first_page(session);
      return {};
    });
    if (!ready) return forward_error(ready);
    return database;
  };
  if (!is_there(file)) return opened(":memory:");
  // Where nobody can write, nobody does, and there is no log to be read beside it.
  if (!can_be_written_in_place(file) && !has_log) return opened(uri_of(file, "mode=ro&immutable=1"));
  auto in_place = opened(uri_of(file, can_be_written_in_place(file) ? "mode=rw" : "mode=ro"));
  if (in_place || in_place.error().code != "database.io" || options.copies_in.empty()) return in_place;
  // A killed process left its log here, and SQLite cannot make the index that it reads it through.
  const fs::path aside = aside_path(options.copies_in / file.filename());
  std::error_code failure;
  fs::create_directory(aside, failure);
  const fs::path copy = aside / file.filename();
  for (const char* suffix : {"", "-wal"})
    if (!failure && is_there(beside(file, suffix))) fs::copy_file(beside(file, suffix), beside(copy, suffix), failure);
  auto copied = failure ? std::move(in_place) : opened(uri_of(copy, "mode=rw"));
  if (copied && !failure)
    if (auto kept = copied->keep_privately(); !kept) copied = forward_error(kept);
  fs::remove_all(aside, failure);
  return copied;
}

Status Database::keep_privately() {
  auto memory = std::make_unique<soci::session>();
  try {
    memory->open(soci::sqlite3, "db=:memory:");
  } catch (...) {
    return tl::unexpected<Error>(current_error("copying into memory", impl_->file.string()));
  }
  if (auto copied = copy_pages(*impl_->session, *memory, impl_->file.string()); !copied) return copied;
  impl_->session = std::move(memory);
  impl_->only_looks = false;
  return read("copying into memory", [](soci::session& session) -> Status {
    session << "PRAGMA foreign_keys=ON";
    return {};
  });
}

Status Database::read(std::string_view what, const std::function<Status(soci::session&)>& body) const {
  try {
    return body(*impl_->session);
  } catch (...) {
    return tl::unexpected<Error>(current_error(what, impl_->file.string()));
  }
}

Status Database::write(std::string_view what, const std::function<Status(soci::session&)>& body) {
  expects(!impl_->in_transaction, "transactions do not nest");
  if (impl_->only_looks)
    if (auto kept = keep_privately(); !kept) return kept;
  if (auto begun = read(what,
                        [](soci::session& session) -> Status {
                          session << "BEGIN IMMEDIATE";
                          return {};
                        });
      !begun)
    return begun;
  impl_->in_transaction = true;
  Status done = read(what, body);
  if (done)
    done = read(what, [](soci::session& session) -> Status {
      session << "COMMIT";
      return {};
    });
  impl_->in_transaction = false;
  if (!done) {
    // SQLite may have rolled back by itself (disk full, I/O error); a second rollback then fails, and says nothing new.
    [[maybe_unused]] const auto ignored = read(what, [](soci::session& session) -> Status {
      session << "ROLLBACK";
      return {};
    });
  }
  return done;
}

Status Database::migrate(std::string_view component, std::span<const Migration> migrations) {
  const std::string name(component);
  const std::string file = impl_->file.string();
  const int wanted = migrations.empty() ? 0 : migrations.back().version;
  int present = 0;
  const auto look = [&](soci::session& session) -> Status {
    int tables = 0;
    session << "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_versions'",
        soci::into(tables);
    present = 0;
    if (tables > 0)
      session << "SELECT coalesce(max(version), 0) FROM schema_versions WHERE component = :component", soci::use(name),
          soci::into(present);
    if (present > wanted)
      return fail(ErrorKind::unavailable, "database.newer",
                  "the tables of \"" + name + "\" have version " + std::to_string(present) +
                      ", this program knows up to " + std::to_string(wanted),
                  file, "Use the newer clm that made them.");
    return {};
  };
  if (auto looked = read("reading the schema version", look); !looked || present == wanted) return looked;
  return write("migrating " + name, [&](soci::session& session) -> Status {
    if (auto looked = look(session); !looked) return looked;  // another process may have been faster
    session << "CREATE TABLE IF NOT EXISTS schema_versions "
               "(component TEXT PRIMARY KEY, version INTEGER NOT NULL)";
    int expected = 0;
    for (const auto& step : migrations) {
      expects(step.version == ++expected, "migrations count from 1 without gaps");
      if (step.version <= present) continue;
      run_script(session, step.sql);
    }
    session << "INSERT INTO schema_versions (component, version) VALUES (:component, :version) "
               "ON CONFLICT (component) DO UPDATE SET version = excluded.version",
        soci::use(name), soci::use(wanted);
    return {};
  });
}

Status Database::check() const {
  return read("checking", [this](soci::session& session) -> Status {
    std::string finding;
    session << "PRAGMA integrity_check(1)", soci::into(finding);
    if (finding == "ok") return {};
    return fail(ErrorKind::integrity, "database.corrupt", finding, impl_->file.string(), kRestoreDatabase);
  });
}

}  // namespace clm
