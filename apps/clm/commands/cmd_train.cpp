#include <memory>

#include <CLI/CLI.hpp>

#include "commands.hpp"
#include "cycle_run.hpp"

namespace clm::app {

void add_train(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<CycleFlags>();
  auto* command = app.add_subcommand("train", "Train and judge candidates by hand; nothing is promoted or refused");
  command->add_option("--models", flags->models, "Model types, and recipes as TYPE/NAME (default: all of the settings)")
      ->type_name("RECIPE")
      ->delimiter(',');
  command->add_option("--as-of", flags->as_of, "Nothing known later is read (default: now)")->type_name("TIME");
  commands.push_back({command, [flags](Program& program) { return run_and_print_training(program, *flags); }});
}

}  // namespace clm::app
