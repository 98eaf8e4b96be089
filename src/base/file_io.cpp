#include "base/file_io.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.hpp"
#include "base/shown_text.hpp"
#include "base/time.hpp"

namespace clm {
namespace fs = std::filesystem;
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  bool valid() const { return value_ >= 0; }

 private:
  int value_;
};

tl::unexpected<Error> system_error(std::string code, std::string_view action, const fs::path& path) {
  const int number = errno;
  std::string remedy;
  // The file is not to blame, and the next attempt may succeed.
  if (number == EMFILE || number == ENFILE || number == ENOMEM) code = "file.exhausted";
  if (number == ENOENT || number == ENOTDIR) remedy = "Check the path.";
  if (number == EISDIR) remedy = "A file is wanted, and this is a folder.";
  if (number == ENOSPC) remedy = "The disk is full: free some space and run again; nothing was lost.";
  if (number == EACCES || number == EPERM || number == EROFS) remedy = "Check the permissions of the path.";
  return fail(ErrorKind::unavailable, std::move(code), std::string(action) + ": " + std::strerror(number),
              path.string(), std::move(remedy));
}

Status sync_path(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid() || ::fsync(file.get()) != 0) return system_error("file.write", "cannot sync", path);
  return {};
}

}  // namespace

Result<std::string> read_file(const fs::path& path, std::uint64_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return system_error("file.read", "cannot open", path);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return system_error("file.read", "cannot read", path);
  if (S_ISDIR(info.st_mode)) {
    errno = EISDIR;
    return system_error("file.read", "cannot read", path);
  }
  std::string bytes;
  if (info.st_size > 0) bytes.reserve(static_cast<std::size_t>(info.st_size));
  char buffer[1 << 16];
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("file.read", "cannot read", path);
    if (got == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(got));
    if (bytes.size() > max_bytes)
      return fail(ErrorKind::data, "file.too_large", "larger than " + std::to_string(max_bytes) + " bytes",
                  path.string());
  }
}

Status write_file_unsynced(const fs::path& path, std::string_view bytes) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.valid()) return system_error("file.write", "cannot create", path);
  while (!bytes.empty()) {
    const ssize_t put = ::write(file.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      auto error = system_error("file.write", "cannot write", path);
      ::unlink(path.c_str());
      return error;
    }
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Status write_file_atomic(const fs::path& path, std::string_view bytes) {
  std::error_code ignored;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), ignored);
  const fs::path aside = aside_path(path);
  if (auto written = write_file_unsynced(aside, bytes); !written) return written;
  if (auto published = publish(aside, path); !published) {
    ::unlink(aside.c_str());
    return published;
  }
  log_debug("wrote " + path.string() + ", " + std::to_string(bytes.size()) + " bytes");
  return {};
}

Status publish(const fs::path& finished, const fs::path& target) {
  std::error_code failure;
  // Renamed over /dev/null, a file would take its place for everybody.
  if (const auto there = fs::status(target, failure); fs::exists(there) && fs::is_other(there))
    return fail(ErrorKind::unavailable, "file.write", "is a device, a pipe or the like, and would be replaced",
                target.string(), "Name a file.");
  if (fs::is_directory(finished, failure)) {
    for (const auto& entry : fs::recursive_directory_iterator(finished, failure))
      if (auto synced = sync_path(entry.path()); !synced) return synced;
  }
  if (auto synced = sync_path(finished); !synced) return synced;
  if (::rename(finished.c_str(), target.c_str()) != 0) return system_error("file.write", "cannot rename", target);
  return sync_path(target.has_parent_path() ? target.parent_path() : fs::path("."));
}

Status publish_all(std::span<const Publication> files) {
  for (const Publication& file : files) {
    const Descriptor descriptor(::open(file.finished.c_str(), O_RDONLY | O_CLOEXEC));
    // Only starts the writing; whether it worked is what fsync below tells.
    if (descriptor.valid()) static_cast<void>(::sync_file_range(descriptor.get(), 0, 0, SYNC_FILE_RANGE_WRITE));
  }
  for (const Publication& file : files)
    if (auto synced = sync_path(file.finished); !synced) return synced;
  std::set<fs::path> directories;
  for (const Publication& file : files) {
    if (::rename(file.finished.c_str(), file.target.c_str()) != 0)
      return system_error("file.write", "cannot rename", file.target);
    directories.insert(file.target.has_parent_path() ? file.target.parent_path() : fs::path("."));
  }
  for (const fs::path& directory : directories)
    if (auto synced = sync_path(directory); !synced) return synced;
  return {};
}

Status remove_all_files(const std::vector<fs::path>& files) {
  std::set<fs::path> directories;
  for (const fs::path& file : files) {
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) return system_error("file.write", "cannot remove", file);
    directories.insert(file.has_parent_path() ? file.parent_path() : fs::path("."));
  }
  for (const fs::path& directory : directories) {
    std::error_code failure;
    if (!fs::exists(directory, failure)) continue;
    if (auto synced = sync_path(directory); !synced) return synced;
    static_cast<void>(::rmdir(directory.c_str()));  // refuses where something is left
  }
  return {};
}

Status append_to_file(const fs::path& path, std::string_view bytes) {
  std::error_code failure;
  const bool is_new = !fs::exists(path, failure);
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file.valid()) return system_error("file.write", "cannot open", path);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return system_error("file.write", "cannot read", path);
  while (!bytes.empty()) {
    const ssize_t put = ::write(file.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      auto error = system_error("file.write", "cannot write", path);
      // What stays behind if even this fails is a line without end, which readers know.
      static_cast<void>(::ftruncate(file.get(), info.st_size));
      return error;
    }
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  if (::fsync(file.get()) != 0) return system_error("file.write", "cannot sync", path);
  if (!is_new) return {};
  return sync_path(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

fs::path aside_path(const fs::path& path) {
  static std::atomic<unsigned> counter{0};
  const std::string name = std::string(kAsidePrefix) + std::to_string(::getpid()) + "-" +
                           std::to_string(counter.fetch_add(1)) + "-" + path.filename().string();
  return path.parent_path() / name;
}

void remove_aside_files(const fs::path& directory) {
  std::error_code failure;
  std::vector<fs::path> leftovers;
  for (fs::recursive_directory_iterator it(directory, failure), end; !failure && it != end; it.increment(failure)) {
    if (!it->path().filename().string().starts_with(kAsidePrefix)) continue;
    leftovers.push_back(it->path());
    if (it->is_directory(failure)) it.disable_recursion_pending();
  }
  for (const auto& path : leftovers) fs::remove_all(path, failure);
}

namespace {

std::string name_in_lock(int descriptor) {
  char name[256] = {};
  const ssize_t got = ::pread(descriptor, name, sizeof name - 1, 0);
  return shown(std::string_view(name, got > 0 ? static_cast<std::size_t>(got) : 0), 100);
}

/// Whoever asks for the holder shares the lock for some microseconds, which must not keep anybody out.
bool lock_at_once(int descriptor) {
  constexpr int kTries = 4;
  constexpr auto kPause = std::chrono::milliseconds(1);
  for (int tried = 1;; ++tried) {
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return true;
    if (tried == kTries) return false;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

Result<FileLock> FileLock::acquire(const fs::path& path, std::string_view purpose) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    std::error_code failure;
    if (fs::is_directory(path, failure))
      return fail(ErrorKind::unavailable, "file.write", "a folder lies in the place of the lock", path.string(),
                  "Move the folder away; the lock is a file, and is made again.");
    return system_error("file.write", "cannot open the lock", path);
  }
  FileLock lock(descriptor);
  if (!lock_at_once(descriptor))
    return fail(ErrorKind::locked, "lock.held", "another process is at work: " + name_in_lock(descriptor),
                path.string(), "Wait for it to finish, or stop it; a killed process frees the lock by itself.");
  const std::string holder = std::string(purpose) + ", process " + std::to_string(::getpid());
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, holder.data(), holder.size(), 0) != static_cast<ssize_t>(holder.size()))
    return system_error("file.write", "cannot write the lock", path);
  return lock;
}

Result<FileLock> FileLock::acquire_within(const fs::path& path, std::string_view purpose, double wait_seconds) {
  constexpr auto kPause = std::chrono::milliseconds(20);
  const double give_up_at = monotonic_seconds() + wait_seconds;
  for (;;) {
    auto lock = acquire(path, purpose);
    if (lock || lock.error().code != "lock.held" || monotonic_seconds() >= give_up_at) return lock;
    std::this_thread::sleep_for(kPause);
  }
}

std::optional<std::string> FileLock::holder(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return std::nullopt;
  if (::flock(file.get(), LOCK_SH | LOCK_NB) == 0) return std::nullopt;  // closing gives it back
  return name_in_lock(file.get());
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace clm
