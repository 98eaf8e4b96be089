#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace clm {

/// The files that one write to a store has put aside and not yet shown. They go away without a trace unless published.
class PendingFiles {
 public:
  PendingFiles() = default;
  PendingFiles(const PendingFiles&) = delete;
  PendingFiles& operator=(const PendingFiles&) = delete;
  ~PendingFiles();

  /// Where the newest bytes of `target` are: aside, or at `target`; none if there is no such file.
  std::optional<std::filesystem::path> current(const std::filesystem::path& target) const;
  /// Error `file.write` (unavailable).
  Status put(const std::filesystem::path& target, std::string_view bytes);
  /// What lies at `target` now is damaged: publish() keeps it beside its successor, under damaged_path().
  void keep_damaged(const std::filesystem::path& target) { damaged_.insert(target); }
  /// `target` is to be no more.
  void remove(const std::filesystem::path& target);
  /// Makes all durable and visible. Error `file.write` (unavailable).
  Status publish();

 private:
  std::map<std::filesystem::path, std::filesystem::path> asides_;
  std::set<std::filesystem::path> damaged_;
  std::set<std::filesystem::path> removed_;
};

/// Where the bytes of a damaged file are kept once a sound one has taken its place: ".damaged-" and its name, beside
/// it. Nobody reads it; the next damage of the same file replaces it.
std::filesystem::path damaged_path(const std::filesystem::path& target);

/// Whether what reading a file of a store ended with is about that file, and not about the machine's state of the
/// moment (too many open files): then a sound file may take its place.
bool is_damage(const Error& error, const std::filesystem::path& path);

/// Sorted names of what is in a directory; hidden ones (the lock, what is written aside) are left out. An absent
/// directory is empty. Error `file.read` (unavailable).
Result<std::vector<std::string>> names_in(const std::filesystem::path& directory);

}  // namespace clm
