#include "commands.hpp"

namespace clm::app {

const std::vector<CommandGroup>& command_groups() {
  static const std::vector<CommandGroup> groups{
      {"Begin", {add_init, add_config, add_demo}},
      {"Data", {add_import, add_fetch, add_simulate, add_data, add_features}},
      {"Learn", {add_cycle, add_train, add_triggers, add_jobs, add_approve}},
      {"Serve", {add_status, add_predict, add_predictions, add_explain, add_regimes, add_report}},
      {"Registry",
       {add_models, add_recipes, add_show, add_history, add_diff, add_promote, add_reject, add_retire, add_rollback,
        add_resume, add_reinstate, add_verify, add_reproduce}},
      {"Study", {add_evaluate, add_replay, add_drift, add_error_rates, add_bench_forecast}},
      {"Program", {add_help, add_man, add_completion}},
  };
  return groups;
}

}  // namespace clm::app
