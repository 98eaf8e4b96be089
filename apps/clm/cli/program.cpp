#include "program.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <thread>

#include <sys/ioctl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/shown_text.hpp"

namespace clm::app {

Program::Program(std::map<std::string, std::string> environment, const Clock& clock, const CancelToken& cancel)
    : environment_(std::move(environment)), clock_(clock), cancel_(cancel) {}

int Program::jobs() const {
  if (flags.jobs > 0) return flags.jobs;
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

RunContext Program::context() {
  if (!progress_) {
    const bool shown = ::isatty(STDERR_FILENO) == 1 && !flags.quiet && flags.verbosity == 0;
    progress_ = shown ? terminal_progress(stderr) : std::make_unique<SilentProgress>();
  }
  return RunContext{clock_, cancel_, *progress_, jobs(), scratch_};
}

void Program::print(const nlohmann::json& document, std::string_view text) {
  if (flags.json) {
    nlohmann::json whole;
    if (damaged_ && document.is_object()) {
      whole = document;
      whole["damaged"] = to_json(std::span<const DamagedFile>(*damaged_));
    }
    const std::string dumped =
        (whole.is_null() ? document : whole).dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
    std::printf("%s\n", dumped.c_str());
  } else {
    // What others wrote (a reason, a name, a path) steers nobody's terminal.
    const std::string lines = shown_lines(text);
    std::fwrite(lines.data(), 1, lines.size(), stdout);
    if (!text.empty() && text.back() != '\n') std::fputc('\n', stdout);
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    output_ = errno == EPIPE ? OutputState::unread : OutputState::failed;
}

std::string Program::highlighted(const std::string& text, Highlight how) const {
  const auto no_color = environment_.find("NO_COLOR");
  const bool refused = no_color != environment_.end() && !no_color->second.empty();
  if (refused || ::isatty(STDOUT_FILENO) != 1) return text;
  return (how == Highlight::title ? "\x1b[1m" : "\x1b[36m") + text + "\x1b[0m";
}

std::size_t Program::columns() const {
  constexpr std::size_t kUsual = 80, kMost = 1000;
  if (::isatty(STDOUT_FILENO) != 1) return 0;
  if (const auto asked = environment_.find("COLUMNS"); asked != environment_.end()) {
    std::size_t columns = 0;
    const char* const end = asked->second.data() + asked->second.size();
    const auto [rest, wrong] = std::from_chars(asked->second.data(), end, columns);
    if (wrong == std::errc{} && rest == end && columns > 0) return std::min(columns, kMost);
  }
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kUsual;
}

void Program::note(std::string_view line) const {
  if (flags.json || flags.quiet) return;
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

void Program::warn_of_damage(std::span<const DamagedFile> files) {
  damaged_.emplace(files.begin(), files.end());
  if (flags.quiet) return;
  constexpr std::size_t kShown = 5;
  for (std::size_t i = 0; i < std::min(kShown, files.size()); ++i) {
    const DamagedFile& file = files[i];
    std::fprintf(stderr, "clm: warning: damaged and left out: %s\n  remedy: %s\n", describe(file).c_str(),
                 file.problem.remedy.c_str());
  }
  if (files.size() > kShown)
    std::fprintf(stderr, "clm: warning: and %zu more damaged files; clm verify names them all\n",
                 files.size() - kShown);
}

void Program::warn(std::string_view line) const {
  if (line.empty() || flags.quiet) return;
  std::fprintf(stderr, "clm: warning: %.*s\n", static_cast<int>(line.size()), line.data());
}

void Program::print_error(const Error& error) {
  const auto document_of = [](const Error& one) {
    return nlohmann::json{{"code", one.code}, {"message", one.message}, {"where", one.where}, {"remedy", one.remedy}};
  };
  // Whatever a message quotes, it stays a few readable lines.
  constexpr std::size_t kMostCharacters = 2'000;
  const auto tell = [](const Error& one) {
    std::fprintf(stderr, "clm: %s\n", shown(one.message, kMostCharacters).c_str());
    if (!one.where.empty()) std::fprintf(stderr, "  where:  %s\n", shown(one.where, kMostCharacters).c_str());
    if (!one.remedy.empty()) std::fprintf(stderr, "  remedy: %s\n", shown(one.remedy, kMostCharacters).c_str());
    std::fprintf(stderr, "  code:   %s\n", one.code.c_str());
  };
  if (flags.json) {
    nlohmann::json document{{"error", document_of(error)}};
    for (const Error& one : further_) document["error"]["also"].push_back(document_of(one));
    print(document, {});
  }
  tell(error);
  for (const Error& one : further_) tell(one);
}

}  // namespace clm::app
