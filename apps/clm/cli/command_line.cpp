#include <csignal>
#include <cstdio>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "command_line.hpp"
#include "completion.hpp"
#include "manual.hpp"
#include "usage_error.hpp"

namespace clm::app {
namespace {

CancelToken& stop_request() {
  static CancelToken token;
  return token;
}

extern "C" void on_interrupt(int) {
  if (stop_request().requested()) ::_exit(static_cast<int>(ErrorKind::interrupted));  // asked twice: now
  stop_request().request();
}

void add_global_flags(CLI::App& app, GlobalFlags& flags) {
  app.add_option("--workspace", flags.workspace, "Workspace directory (default: here or a parent)")->type_name("DIR");
  app.add_flag("--json", flags.json, "One JSON document on standard output, nothing else there");
  app.add_option("--jobs", flags.jobs, "How much may run at once (default: one per core)")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  app.add_flag("-v,--verbose", flags.verbosity,
               "Log what is done on standard error; twice: what the libraries say too");
  app.add_flag("-q,--quiet", flags.quiet, "No progress, no notes");
}

/// A page of the manual, asked for by --help or by nothing that can be done.
std::string page_of(const CLI::App* app) {
  return app->get_parent() == nullptr ? help_text(read_manual(*app)) : help_text(read_page(*app));
}

void prepare_log(const GlobalFlags& flags, const std::map<std::string, std::string>& environment) {
  set_log_level(flags.quiet            ? LogLevel::error
                : flags.verbosity == 0 ? LogLevel::warning
                : flags.verbosity == 1 ? LogLevel::info
                                       : LogLevel::debug);
  const auto no_color = environment.find("NO_COLOR");
  if (no_color != environment.end() && !no_color->second.empty()) set_log_colors(LogColors::never);
}

/// The command that was chosen, to its end.
int run_chosen(const Commands& commands, Program& program) {
  for (const auto& command : commands) {
    if (!command.app->parsed()) continue;
    try {
      const auto exit_code = command.run(program);
      if (exit_code) return *exit_code;
      program.print_error(exit_code.error());
      return static_cast<int>(exit_code.error().kind);
    } catch (const std::exception& error) {
      program.print_error(
          Error{ErrorKind::defect, "defect", error.what(), command.app->get_name(), "Please report it."});
      return static_cast<int>(ErrorKind::defect);
    }
  }
  return static_cast<int>(ErrorKind::defect);
}

/// The exit code, unless the result did not arrive.
int unless_output_failed(int exit_code, Program& program) {
  if (program.output() == Program::OutputState::arrived) return exit_code;
  if (program.output() == Program::OutputState::unread) return static_cast<int>(ErrorKind::unavailable);
  program.flags.json = false;
  program.print_error(Error{ErrorKind::unavailable, "output.write",
                            "the result could not be written to standard output", "standard output",
                            "Make room where it goes, or read it to its end. What the command did is done."});
  return static_cast<int>(ErrorKind::unavailable);
}

}  // namespace

int run_command_line(const std::vector<CommandGroup>& groups, const std::vector<std::string>& words,
                     const std::map<std::string, std::string>& environment) {
  const SystemClock clock;
  Program program(environment, clock, stop_request());

  CLI::App app("Continuous learning for trading models: trains, judges on unseen data, promotes or refuses.", "clm");
  app.formatter_fn([](const CLI::App* asked, const std::string&, CLI::AppFormatMode) { return page_of(asked); });
  app.set_version_flag("-V,--version", "clm " CLM_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.footer("Begin with: clm init && clm import PATH && clm cycle. Each command has --help.");
  add_global_flags(app, program.flags);

  Commands commands;
  for (const CommandGroup& group : groups) {
    for (const auto add : group.commands) {
      add(app, commands);
      commands.back().app->group(group.name);
    }
  }
  if (words.size() > 1 && words[1] == kCompleteCommand) {
    program.print({}, completions(app, words));
    return 0;
  }

  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend() - 1);  // as CLI11 wants them, without the program
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      program.flags.json = false;
      const bool version = dynamic_cast<const CLI::CallForVersion*>(&error) != nullptr;
      program.print({}, version ? error.what() : app.help());
      return unless_output_failed(0, program);
    }
    program.print_error(usage_error(app, words, error));
    return static_cast<int>(ErrorKind::usage);
  }
  if (const auto wrong = unusable_value(app)) {
    program.print_error(*wrong);
    return static_cast<int>(ErrorKind::usage);
  }
  prepare_log(program.flags, environment);
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  const int exit_code = run_chosen(commands, program);
  return unless_output_failed(exit_code, program);
}

}  // namespace clm::app
