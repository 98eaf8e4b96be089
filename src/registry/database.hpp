#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace soci {
class session;
}

namespace clm {

/// One step forward of a component's tables. `version` counts from 1 without gaps; `sql` holds whole statements.
struct Migration {
  int version = 0;
  std::string_view sql;
};

/// The remedy for a file that is damaged, or was edited by others.
inline constexpr const char* kRestoreDatabase =
    "Restore clm.db from a copy, or move it away (with clm.db-wal): the next clm cycle enters the stored versions "
    "anew, "
    "as candidates.";

/// clm.db: one SQLite connection (WAL, foreign keys, synchronous=FULL, busy timeout). Modules that own tables declare
/// them as migrations and run their SQL through `read` and `write`; nothing thrown by the library gets out.
/// Not thread-safe: one connection per thread; any number of threads and processes may have one each.
class Database {
 public:
  /// What a commit outlives. A killed process loses nothing in either case.
  enum class Durability { power_failure, process_end };
  enum class Access {
    /// Opens or makes the file.
    change,
    /// Leaves the file and its directory as they are, and may be used on a disk that is read-only: no file is made,
    /// nothing is migrated. A file that is not there reads as an empty one. What is written goes to a private copy in
    /// memory, made when first needed, and is forgotten: for the tables of an older program, and for scratch notes.
    look
  };
  struct Options {
    int busy_timeout_seconds = 10;                      ///< how long to wait for another writer before `database.busy`
    Durability durability = Durability::power_failure;  ///< the weaker one saves two fsyncs a commit
    Access access = Access::change;
    /// With `look`, where a file that cannot be read in its place (a log that a killed process left on a read-only
    /// disk) is copied to for a moment; it must be writable.
    std::filesystem::path copies_in = {};
  };

  /// Opens or makes the file. Errors as `read`, and `database.open` (unavailable) for a path with a quotation mark.
  static Result<Database> open(const std::filesystem::path& file, const Options& options);
  static Result<Database> open(const std::filesystem::path& file) { return open(file, Options{}); }
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  /// Brings the tables of `component` up to the last of `migrations`, all or nothing; costs one read when they are.
  /// Error `database.newer` (unavailable) when a newer program made them; otherwise as `write`.
  Status migrate(std::string_view component, std::span<const Migration> migrations);

  /// Runs `body` outside of a transaction. Its soci and SQLite exceptions become errors: `database.corrupt`
  /// (integrity), `database.busy` (locked), `database.constraint` (defect), `database.io` (unavailable),
  /// `database.sql` (defect).
  Status read(std::string_view what, const std::function<Status(soci::session&)>& body) const;
  /// Runs `body` in one transaction (of a private copy, where it was opened to look) that takes the write lock at once
  /// (BEGIN IMMEDIATE), so that what it reads cannot change before it writes. Committed if `body` succeeds, else rolled
  /// back. Does not nest.
  Status write(std::string_view what, const std::function<Status(soci::session&)>& body);

  /// SQLite's own full check of the file: `database.corrupt` with its first finding. Linear in the file's size.
  Status check() const;
  const std::filesystem::path& file() const;

 private:
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  static Result<Database> look_at(std::unique_ptr<Impl> impl, const Options& options);
  Status keep_privately();
  std::unique_ptr<Impl> impl_;
};

}  // namespace clm
