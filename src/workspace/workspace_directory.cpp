#include "workspace/workspace_directory.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include <unistd.h>

namespace clm {
namespace fs = std::filesystem;
namespace {

constexpr const char* kLockName = ".clm.lock";

bool holds_config(const fs::path& directory) {
  std::error_code failure;
  return fs::is_regular_file(directory / "clm.toml", failure);
}

tl::unexpected<Error> missing(const fs::path& where) {
  return fail(ErrorKind::unavailable, "workspace.missing", "there is no workspace here: no clm.toml", where.string(),
              "Make one with: clm init");
}

}  // namespace

Result<WorkspaceDirectory> WorkspaceDirectory::init(const fs::path& directory, std::string_view config_text) {
  std::error_code failure;
  const WorkspaceDirectory workspace(fs::absolute(directory, failure).lexically_normal());
  if (holds_config(workspace.root()))
    return fail(ErrorKind::usage, "workspace.exists", "this directory is a workspace already",
                workspace.root().string(), "Choose another directory, or use this one as it is.");
  for (const auto& part : {workspace.candles(), workspace.series(), workspace.versions(), workspace.reports()}) {
    if (!failure) fs::create_directories(part, failure);
    if (failure)
      return fail(ErrorKind::unavailable, "file.write", "cannot make a directory: " + failure.message(), part.string(),
                  "Check the path and its permissions.");
  }
  if (auto written = write_file_atomic(workspace.config_file(), config_text); !written) return forward_error(written);
  return workspace;
}

Result<WorkspaceDirectory> WorkspaceDirectory::find(const std::optional<fs::path>& given, const fs::path& start) {
  std::error_code failure;
  if (given) {
    const fs::path root = fs::absolute(*given, failure).lexically_normal();
    if (!holds_config(root)) return missing(root);
    return WorkspaceDirectory(root);
  }
  const fs::path from = fs::absolute(start, failure).lexically_normal();
  for (fs::path here = from;; here = here.parent_path()) {
    if (holds_config(here)) return WorkspaceDirectory(here);
    if (here == here.parent_path()) return missing(from);
  }
}

bool WorkspaceDirectory::keeps(const fs::path& file) const {
  std::error_code failure;
  const fs::path home = fs::weakly_canonical(root_, failure);
  if (failure) return false;
  // The place that a new file takes, and what a link there leads to.
  const fs::path absolute = fs::absolute(file, failure).lexically_normal();
  const fs::path taken = fs::weakly_canonical(absolute.parent_path(), failure) / absolute.filename();
  for (const fs::path& place : {taken, fs::weakly_canonical(absolute, failure)}) {
    const auto [end, rest] = std::mismatch(home.begin(), home.end(), place.begin(), place.end());
    if (end != home.end() || rest == place.end()) continue;
    const std::string first = rest->string();
    if (first == "clm.toml" || first == kLockName || first.starts_with("clm.db")) return true;
    for (const fs::path& part :
         {candles(), series(), imports(), versions(), records(), replays(), fits(), checkpoints()})
      if (first == part.filename()) return true;
  }
  return false;
}

Status WorkspaceDirectory::check_writable() const {
  for (const fs::path& path : {root_, database_file()}) {
    if (::access(path.c_str(), F_OK) != 0 || ::access(path.c_str(), W_OK) == 0) continue;
    return fail(ErrorKind::unavailable, "workspace.read_only",
                "this workspace cannot be changed: " + std::string(std::strerror(errno)), path.string(),
                "Make it writable for this user, or work on a copy. What only reads works as it is: models, show, "
                "history, predict, explain, verify, report --output FILE.");
  }
  return {};
}

Result<FileLock> WorkspaceDirectory::lock_cycle(std::string_view purpose) const {
  auto lock = FileLock::acquire(root_ / kLockName, purpose);
  if (lock) remove_aside_files(versions());
  return lock;
}

std::optional<std::string> WorkspaceDirectory::cycle_holder() const { return FileLock::holder(root_ / kLockName); }

}  // namespace clm
