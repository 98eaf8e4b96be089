#include <memory>

#include <CLI/CLI.hpp>

#include "commands.hpp"
#include "cycle_run.hpp"

namespace clm::app {

void add_cycle(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<CycleFlags>();
  auto* command = app.add_subcommand("cycle", "The main job: triggers, training, judging, decision");
  command->add_flag("--force", flags->force, "Train whatever the triggers say");
  command->add_option("--models", flags->models, "Model types, and recipes as TYPE/NAME (default: all of the settings)")
      ->type_name("RECIPE")
      ->delimiter(',');
  command->add_option("--as-of", flags->as_of, "Nothing known later is read (default: now)")->type_name("TIME");
  commands.push_back({command, [flags](Program& program) { return run_and_print_cycle(program, *flags); }});
}

}  // namespace clm::app
