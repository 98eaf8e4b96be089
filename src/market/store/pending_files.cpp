#include "market/store/pending_files.hpp"

#include <algorithm>

#include <unistd.h>

#include "base/file_io.hpp"

namespace clm {
namespace fs = std::filesystem;

PendingFiles::~PendingFiles() {
  std::error_code ignored;
  for (const auto& [target, aside] : asides_) fs::remove(aside, ignored);
}

std::optional<fs::path> PendingFiles::current(const fs::path& target) const {
  if (const auto found = asides_.find(target); found != asides_.end()) return found->second;
  if (removed_.contains(target)) return std::nullopt;
  std::error_code failure;
  if (fs::exists(target, failure)) return target;
  return std::nullopt;
}

Status PendingFiles::put(const fs::path& target, std::string_view bytes) {
  removed_.erase(target);
  const auto [entry, is_new] = asides_.try_emplace(target);
  if (is_new) entry->second = aside_path(target);
  // Where this fails, so does the write, which tells why.
  std::error_code failure;
  fs::create_directories(target.parent_path(), failure);
  return write_file_unsynced(entry->second, bytes);
}

namespace {

/// A file stays visible under its own name until its successor takes it; what is no file has to make way first.
Status keep(const fs::path& target) {
  const fs::path kept = damaged_path(target);
  std::error_code failure;
  fs::remove_all(kept, failure);
  if (fs::is_regular_file(target, failure)) {
    fs::create_hard_link(target, kept, failure);
    if (!failure) return {};
  }
  fs::rename(target, kept, failure);
  if (!failure) return {};
  return fail(ErrorKind::unavailable, "file.write", "cannot put the damaged file aside: " + failure.message(),
              target.string(), "Move it out of the store, then import again.");
}

}  // namespace

fs::path damaged_path(const fs::path& target) {
  return target.parent_path() / (".damaged-" + target.filename().string());
}

void PendingFiles::remove(const fs::path& target) {
  std::error_code ignored;
  if (const auto found = asides_.find(target); found != asides_.end()) {
    fs::remove(found->second, ignored);
    asides_.erase(found);
  }
  removed_.insert(target);
}

Status PendingFiles::publish() {
  for (const fs::path& target : damaged_)
    if (auto kept = keep(target); !kept) return kept;
  std::vector<Publication> files;
  for (const auto& [target, aside] : asides_) files.push_back({aside, target});
  if (auto published = publish_all(files); !published) return published;
  return remove_all_files({removed_.begin(), removed_.end()});
}

bool is_damage(const Error& error, const fs::path& path) {
  std::error_code failure;
  return error.code != "parquet.read" || !fs::is_regular_file(path, failure) || ::access(path.c_str(), R_OK) != 0;
}

Result<std::vector<std::string>> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code failure;
  for (fs::directory_iterator it(directory, failure), end; !failure && it != end; it.increment(failure))
    if (const std::string name = it->path().filename().string(); !name.starts_with('.')) names.push_back(name);
  if (failure && failure != std::errc::no_such_file_or_directory)
    return fail(ErrorKind::unavailable, "file.read", "cannot list: " + failure.message(), directory.string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace clm
