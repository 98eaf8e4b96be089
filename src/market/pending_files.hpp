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
  /// `target` is to be no more.
  void remove(const std::filesystem::path& target);
  /// Makes all durable and visible. Error `file.write` (unavailable).
  Status publish();

 private:
  std::map<std::filesystem::path, std::filesystem::path> asides_;
  std::set<std::filesystem::path> removed_;
};

/// Sorted names of what is in a directory; hidden ones (the lock, what is written aside) are left out. An absent
/// directory is empty. Error `file.read` (unavailable).
Result<std::vector<std::string>> names_in(const std::filesystem::path& directory);

}  // namespace clm
