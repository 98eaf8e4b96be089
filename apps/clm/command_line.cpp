#include <csignal>
#include <cstdio>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/log.hpp"
#include "command_line.hpp"
#include "commands.hpp"
#include "program.hpp"

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

std::map<std::string, std::string> environment_variables() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos)
      variables.emplace(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
  }
  return variables;
}

void add_global_flags(CLI::App& app, GlobalFlags& flags) {
  app.add_option("--workspace", flags.workspace, "Workspace directory (default: here or a parent)")->type_name("DIR");
  app.add_flag("--json", flags.json, "One JSON document on standard output, nothing else there");
  app.add_option("--jobs", flags.jobs, "How much may run at once (default: one per core)")
      ->type_name("N")
      ->check(CLI::Range(1, 256));
  app.add_flag("-v,--verbose", flags.verbose, "Log what is done");
  app.add_flag("-q,--quiet", flags.quiet, "No progress, no notes");
}

}  // namespace

int run_command_line(const std::vector<std::string>& words, const std::map<std::string, std::string>& environment) {
  const SystemClock clock;
  Program program(environment, clock, stop_request());

  CLI::App app("Continuous learning for trading models: trains, judges on unseen data, promotes or refuses.", "clm");
  app.set_version_flag("-V,--version", "clm " CLM_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.footer("Begin with: clm init && clm import PATH && clm cycle. Each command has --help.");
  add_global_flags(app, program.flags);

  Commands commands;
  for (const CommandGroup& group : command_groups()) {
    for (const auto add : group.commands) {
      add(app, commands);
      commands.back().app->group(group.name);
    }
  }

  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend() - 1);  // as CLI11 wants them, without the program
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    std::string asked = "clm";
    for (const CLI::App* command : app.get_subcommands()) asked += " " + command->get_name();
    program.print_error(Error{ErrorKind::usage, "usage", error.what(), "command line", "See " + asked + " --help."});
    return static_cast<int>(ErrorKind::usage);
  }

  set_log_level(program.flags.verbose ? LogLevel::debug : program.flags.quiet ? LogLevel::error : LogLevel::warning);
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
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

}  // namespace clm::app

extern "C" __attribute__((visibility("default"))) int clm_program_main(int argc, char** argv) {
  try {
    return clm::app::run_command_line({argv, argv + argc}, clm::app::environment_variables());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "clm: defect: %s\nPlease report it.\n", error.what());
    return static_cast<int>(clm::ErrorKind::defect);
  }
}
