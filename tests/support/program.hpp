#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace clm::testing {

/// How the built program `clm` is started.
struct Invocation {
  std::vector<std::string> arguments;
  /// Beside the variables of the test itself, of which those that would set the program (CLM_*, QT_CLM_*) are left out.
  std::map<std::string, std::string> environment;
  std::filesystem::path directory;  ///< empty: that of the test
  /// No file may grow beyond this: writing fails with EFBIG, as it fails with ENOSPC on a full disk.
  std::optional<std::uint64_t> max_file_bytes;
  /// It sees this directory on a disk that is read-only. Only where `can_see_read_only`; else its exit code is 126.
  std::filesystem::path read_only = {};
  /// It runs as this user, without the rights of root. Only where `can_run_as`; else its exit code is 126.
  std::optional<uid_t> user = std::nullopt;
  std::chrono::milliseconds timeout{120'000};  ///< then it is killed, and the outcome says so
};

/// How it ended.
struct Outcome {
  int exit_code = -1;  ///< -1: ended by `signal`
  int signal = 0;
  bool timed_out = false;
  std::string out, err;

  /// Standard output as one JSON document and nothing else; a discarded value (and a failed test) if it is not that.
  nlohmann::json json() const;
  /// For a failing assertion.
  std::string describe() const;
};

/// The program while it runs. Killed when this goes out of scope. Not thread-safe.
class RunningProgram {
 public:
  explicit RunningProgram(const Invocation& invocation);
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  pid_t pid() const { return pid_; }
  void send(int signal) const;
  /// Whether it ended by itself within `limit`.
  bool ends_within(std::chrono::microseconds limit) const;
  /// Whether `condition` came true while it ran; looked at every millisecond.
  bool runs_until(const std::function<bool()>& condition) const;
  Outcome wait();

 private:
  pid_t pid_ = -1;
  int process_ = -1;  ///< pidfd: readable once the process has ended
  std::FILE* out_;
  std::FILE* err_;
  std::chrono::milliseconds timeout_;
};

/// Whether this process may mount a directory read-only for the program alone: root in most containers.
bool can_see_read_only(const std::filesystem::path& directory);
/// Whether this process may run the program as another user who can read it and its libraries.
bool can_run_as(uid_t user);

/// Runs it to its end.
Outcome run_program(const Invocation& invocation);

}  // namespace clm::testing
