#include "support/program.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace clm::testing {
namespace {

std::vector<std::string> environment_of(const Invocation& invocation) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    if (variable.rfind("CLM_", 0) != 0 && variable.rfind("QT_CLM_", 0) != 0) variables.emplace_back(variable);
  }
  for (const auto& [name, value] : invocation.environment) variables.push_back(name + "=" + value);
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string content_of(std::FILE* file) {
  std::string content;
  std::rewind(file);
  char buffer[65'536];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) content.append(buffer, n);
  return content;
}

/// In the child, before the program is executed.
bool mount_read_only(const char* directory) {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount(directory, directory, nullptr, MS_BIND, nullptr) == 0 &&
         ::mount(nullptr, directory, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0;
}

bool become(uid_t user) { return ::setgroups(0, nullptr) == 0 && ::setgid(user) == 0 && ::setuid(user) == 0; }

bool succeeds_in_a_child(const std::function<bool()>& attempt) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(attempt() ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

nlohmann::json Outcome::json() const {
  auto document = nlohmann::json::parse(out, nullptr, false);
  if (document.is_discarded()) ADD_FAILURE() << "standard output is not one JSON document: " << describe();
  return document;
}

std::string Outcome::describe() const {
  return "exit code " + std::to_string(exit_code) + (signal == 0 ? "" : ", signal " + std::to_string(signal)) +
         (timed_out ? ", timed out" : "") + "\n--- standard output\n" + out + "--- standard error\n" + err;
}

RunningProgram::RunningProgram(const Invocation& invocation)
    : out_(std::tmpfile()), err_(std::tmpfile()), timeout_(invocation.timeout) {
  std::vector<std::string> arguments{CLM_PROGRAM};
  arguments.insert(arguments.end(), invocation.arguments.begin(), invocation.arguments.end());
  std::vector<std::string> variables = environment_of(invocation);
  const auto argv = pointers_to(arguments);
  const auto envp = pointers_to(variables);
  pid_ = ::fork();
  if (pid_ == 0) {
    if (!invocation.directory.empty() && ::chdir(invocation.directory.c_str()) != 0) ::_exit(126);
    if (invocation.max_file_bytes) {
      const rlimit limit{*invocation.max_file_bytes, *invocation.max_file_bytes};
      if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(126);
      ::signal(SIGXFSZ, SIG_IGN);  // else the signal ends the process before it sees the error
    }
    if (!invocation.read_only.empty() && !mount_read_only(invocation.read_only.c_str())) ::_exit(126);
    if (invocation.user && !become(*invocation.user)) ::_exit(126);
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    ::dup2(::fileno(out_), STDOUT_FILENO);
    ::dup2(::fileno(err_), STDERR_FILENO);
    ::execve(CLM_PROGRAM, argv.data(), envp.data());
    ::_exit(127);
  }
  process_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  EXPECT_GE(process_, 0) << std::strerror(errno);
}

RunningProgram::~RunningProgram() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    wait();
  }
  ::close(process_);
  std::fclose(out_);
  std::fclose(err_);
}

void RunningProgram::send(int signal) const { ::kill(pid_, signal); }

bool RunningProgram::ends_within(std::chrono::microseconds limit) const {
  pollfd watched{process_, POLLIN, 0};
  const timespec time{limit.count() / 1'000'000, limit.count() % 1'000'000 * 1'000};
  return ::ppoll(&watched, 1, &time, nullptr) == 1;
}

bool RunningProgram::runs_until(const std::function<bool()>& condition) const {
  for (auto waited = std::chrono::milliseconds(0); waited < timeout_; waited += std::chrono::milliseconds(1)) {
    if (condition()) return true;
    if (ends_within(std::chrono::milliseconds(1))) return false;
  }
  return false;
}

Outcome RunningProgram::wait() {
  Outcome outcome;
  outcome.timed_out = !ends_within(timeout_);
  if (outcome.timed_out) send(SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  outcome.out = content_of(out_);
  outcome.err = content_of(err_);
  return outcome;
}

bool can_see_read_only(const std::filesystem::path& directory) {
  return succeeds_in_a_child([&] { return mount_read_only(directory.c_str()); });
}

bool can_run_as(uid_t user) {
  if (!succeeds_in_a_child([&] { return become(user); })) return false;
  Invocation invocation{{"config", "--help"}, {}, "/", {}};
  invocation.user = user;
  return run_program(invocation).exit_code == 0;
}

Outcome run_program(const Invocation& invocation) { return RunningProgram(invocation).wait(); }

}  // namespace clm::testing
