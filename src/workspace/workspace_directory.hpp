#pragma once
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/file_io.hpp"
#include "base/result.hpp"

namespace clm {

/// A directory with clm.toml and everything the program keeps. A value: holds the path only; thread-safe.
class WorkspaceDirectory {
 public:
  /// Makes `directory` (and its parents) a workspace with `config_text` as its clm.toml. clm.toml is written last: a
  /// kill before leaves no workspace, and `init` can be run again. Error `workspace.exists` (usage), `file.write`.
  static Result<WorkspaceDirectory> init(const std::filesystem::path& directory, std::string_view config_text);

  /// `given` itself, or else `start` or the nearest parent of it that holds clm.toml, as git does.
  /// Error `workspace.missing` (unavailable).
  static Result<WorkspaceDirectory> find(const std::optional<std::filesystem::path>& given,
                                         const std::filesystem::path& start);

  /// Whether this process may change it. Error `workspace.read_only` (unavailable), which says what still works.
  Status check_writable() const;

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path config_file() const { return root_ / "clm.toml"; }
  std::filesystem::path database_file() const { return root_ / "clm.db"; }
  std::filesystem::path candles() const { return root_ / "candles"; }
  std::filesystem::path series() const { return root_ / "series"; }
  /// What was imported, fetched, simulated or deleted, batch by batch (market/batches/batch_log.hpp).
  std::filesystem::path imports() const { return root_ / "imports"; }
  std::filesystem::path versions() const { return root_ / "versions"; }
  /// What was said before it was known, as files by month (learning/record/record_files.hpp).
  std::filesystem::path records() const { return root_ / "records"; }
  std::filesystem::path reports() const { return root_ / "reports"; }
  /// Registries of replays, each by itself.
  std::filesystem::path replays() const { return root_ / "replays"; }
  /// Finished trainings of replays and evaluations (models/fit_store.hpp); may be deleted at any time.
  std::filesystem::path fits() const { return root_ / "fits"; }
  /// State of trainings under way; guarded by the cycle lock.
  std::filesystem::path checkpoints() const { return root_ / "checkpoints"; }

  /// Whether `file` is, or would be, one of the files the program keeps here and reads again: clm.toml, clm.db and what
  /// lies beside it, the lock, whatever lies in candles/, series/, imports/, versions/, records/, replays/, fits/
  /// and checkpoints/. Links are followed. Reports are a person's to replace, and so is what else lies here.
  bool keeps(const std::filesystem::path& file) const;

  /// The one lock for whoever trains, decides or removes here. The kernel frees it when its holder dies. Leftovers of
  /// a killed holder in versions/ are removed. Error `lock.held` (locked), naming the holder.
  Result<FileLock> lock_cycle(std::string_view purpose) const;
  /// Who holds it at this moment; none: nobody. Keeps nobody from it.
  std::optional<std::string> cycle_holder() const;

 private:
  explicit WorkspaceDirectory(std::filesystem::path root) : root_(std::move(root)) {}
  std::filesystem::path root_;
};

}  // namespace clm
