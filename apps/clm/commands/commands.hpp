#pragma once
#include <vector>

#include "cli/program.hpp"

namespace clm::app {

/// Each declares its flags on `app` and adds itself to `commands`; one file per command.
void add_init(CLI::App& app, Commands& commands);
void add_config(CLI::App& app, Commands& commands);
void add_import(CLI::App& app, Commands& commands);
void add_fetch(CLI::App& app, Commands& commands);
void add_simulate(CLI::App& app, Commands& commands);
void add_data(CLI::App& app, Commands& commands);
void add_features(CLI::App& app, Commands& commands);
void add_train(CLI::App& app, Commands& commands);
void add_evaluate(CLI::App& app, Commands& commands);
void add_cycle(CLI::App& app, Commands& commands);
void add_models(CLI::App& app, Commands& commands);
void add_recipes(CLI::App& app, Commands& commands);
void add_show(CLI::App& app, Commands& commands);
void add_history(CLI::App& app, Commands& commands);
void add_diff(CLI::App& app, Commands& commands);
void add_promote(CLI::App& app, Commands& commands);
void add_reinstate(CLI::App& app, Commands& commands);
void add_reject(CLI::App& app, Commands& commands);
void add_retire(CLI::App& app, Commands& commands);
void add_rollback(CLI::App& app, Commands& commands);
void add_resume(CLI::App& app, Commands& commands);
void add_verify(CLI::App& app, Commands& commands);
void add_reproduce(CLI::App& app, Commands& commands);
void add_status(CLI::App& app, Commands& commands);
void add_predict(CLI::App& app, Commands& commands);
void add_predictions(CLI::App& app, Commands& commands);
void add_explain(CLI::App& app, Commands& commands);
void add_report(CLI::App& app, Commands& commands);
void add_jobs(CLI::App& app, Commands& commands);
void add_approve(CLI::App& app, Commands& commands);
void add_triggers(CLI::App& app, Commands& commands);
void add_regimes(CLI::App& app, Commands& commands);
void add_replay(CLI::App& app, Commands& commands);
void add_drift(CLI::App& app, Commands& commands);
void add_error_rates(CLI::App& app, Commands& commands);
void add_demo(CLI::App& app, Commands& commands);
void add_bench_forecast(CLI::App& app, Commands& commands);
void add_completion(CLI::App& app, Commands& commands);
void add_help(CLI::App& app, Commands& commands);
void add_man(CLI::App& app, Commands& commands);

/// The table of all commands: help, completion and the manual are made from it.
const std::vector<CommandGroup>& command_groups();

}  // namespace clm::app
