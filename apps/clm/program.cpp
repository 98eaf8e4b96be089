#include "program.hpp"

#include <algorithm>
#include <cstdio>
#include <thread>

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
    const bool shown = ::isatty(STDERR_FILENO) == 1 && !flags.quiet;
    progress_ = shown ? terminal_progress(stderr) : std::make_unique<SilentProgress>();
  }
  return RunContext{clock_, cancel_, *progress_, jobs(), scratch_};
}

void Program::print(const nlohmann::json& document, std::string_view text) const {
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
    std::fwrite(text.data(), 1, text.size(), stdout);
    if (!text.empty() && text.back() != '\n') std::fputc('\n', stdout);
  }
  std::fflush(stdout);
}

void Program::note(std::string_view line) const {
  if (flags.json || flags.quiet) return;
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

void Program::warn_of_damage(std::span<const DamagedFile> files) {
  damaged_.emplace(files.begin(), files.end());
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

void Program::print_error(const Error& told) const {
  // Whatever a message quotes, it stays a few readable lines.
  constexpr std::size_t kMostCharacters = 2'000;
  const Error error{told.kind, told.code, shown(told.message, kMostCharacters), shown(told.where, kMostCharacters),
                    shown(told.remedy, kMostCharacters)};
  if (flags.json) {
    const nlohmann::json document{
        {"error",
         {{"code", error.code}, {"message", error.message}, {"where", error.where}, {"remedy", error.remedy}}}};
    print(document, {});
  }
  std::fprintf(stderr, "clm: %s\n", error.message.c_str());
  if (!error.where.empty()) std::fprintf(stderr, "  where:  %s\n", error.where.c_str());
  if (!error.remedy.empty()) std::fprintf(stderr, "  remedy: %s\n", error.remedy.c_str());
  std::fprintf(stderr, "  code:   %s\n", error.code.c_str());
}

}  // namespace clm::app
