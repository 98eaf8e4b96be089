#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace clm {

/// Whole file as bytes. Errors `file.read` (unavailable), `file.too_large` (data) beyond `max_bytes`; as of everything
/// here, `file.exhausted` (unavailable) where the process may open no more files or has no memory left.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t max_bytes = std::uint64_t{1} << 30);

/// Replaces `path` in one step: written to a neighbour, fsynced, renamed, directory fsynced. A reader, or a kill at
/// any moment, sees the old bytes or the new ones. Makes missing parent directories. Error `file.write` (unavailable).
Status write_file_atomic(const std::filesystem::path& path, std::string_view bytes);

/// Writes a file that publish() or publish_all() will make durable and visible; overwrites. Error `file.write`
/// (unavailable); what was begun is removed.
Status write_file_unsynced(const std::filesystem::path& path, std::string_view bytes);

/// Makes a finished neighbour file or directory visible under its final name, fsyncing everything first.
/// A directory target must not exist; a file target is replaced. Error `file.write` (unavailable).
Status publish(const std::filesystem::path& finished, const std::filesystem::path& target);

struct Publication {
  std::filesystem::path finished, target;
};
/// publish() for many plain files at once: the disk is handed all of them before the first is waited for, each
/// directory is fsynced once. Each file appears whole or not at all; after a kill some may have appeared and others
/// not. Error `file.write` (unavailable).
Status publish_all(std::span<const Publication> files);

/// Removes files for good: each directory is fsynced once, and removed where nothing is left in it. Files that are gone
/// already are no error. Error `file.write` (unavailable).
Status remove_all_files(const std::vector<std::filesystem::path>& files);

/// Appends to a file, which is made if it is absent, and fsyncs it (and, when it was made, its directory). Error
/// `file.write` (unavailable); what was begun is cut off again.
Status append_to_file(const std::filesystem::path& path, std::string_view bytes);

/// A name beside `path` that no other process uses, for writing aside. Always begins with kAsidePrefix, which is
/// how leftovers of a killed process are known and removed.
inline constexpr std::string_view kAsidePrefix = ".aside-";
std::filesystem::path aside_path(const std::filesystem::path& path);
/// Removes what killed writers left beside the files of `directory` (recursively). Only while holding the lock
/// that guards the directory.
void remove_aside_files(const std::filesystem::path& directory);

/// An advisory lock (flock) on a file that also names its holder. The kernel drops it when the process dies, so
/// kill -9 cannot leave it taken. Move-only; released on destruction.
class FileLock {
 public:
  /// Error `lock.held` (locked) naming the holder; `file.write` (unavailable) if the file cannot be made.
  static Result<FileLock> acquire(const std::filesystem::path& path, std::string_view purpose);
  /// Tries again for at most `wait_seconds` while somebody else holds it. Errors as above.
  static Result<FileLock> acquire_within(const std::filesystem::path& path, std::string_view purpose,
                                         double wait_seconds);
  /// Who holds it at this moment, in the holder's words ("clm cycle, process 4711"); none: nobody does, or there is no
  /// such file. Keeps nobody from it and writes nothing.
  static std::optional<std::string> holder(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace clm
