#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "commands.hpp"
#include "data_document.hpp"
#include "delete_data.hpp"

namespace clm::app {
namespace {

Result<int> run_data(Program& program) {
  const auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  const auto store = (*workspace)->candles();
  if (!store) return forward_error(store);
  const auto context_store = (*workspace)->context_series();
  if (!context_store) return forward_error(context_store);
  const auto data = check_stored_series({**store, *context_store, IfDamaged::leave_out, program.jobs()},
                                        (*workspace)->learning().universe, program.clock().now(), program.context());
  if (!data) return forward_error(data);
  const auto context_keys = (*context_store)->list();
  if (!context_keys) return forward_error(context_keys);
  program.warn_of_damage(data->damaged);

  auto list = nlohmann::json::array();
  for (const auto& checked : data->series) list.push_back(document_of(checked));
  std::map<std::string, std::size_t> series_by_kind;
  for (const auto& key : *context_keys) ++series_by_kind[std::string(info_of(key.kind).name)];
  std::string text = describe(*data, program.columns());
  if (!series_by_kind.empty()) text += "\nContext series\n";
  for (const auto& [kind, series] : series_by_kind) text += "  " + kind + ": " + std::to_string(series) + " series\n";
  program.print({{"series", list}, {"context", series_by_kind}, {"undecided", data->undecided}}, text);
  return 0;
}

}  // namespace

void add_data(CLI::App& app, Commands& commands) {
  auto* command =
      app.add_subcommand("data", "What is stored and what is wrong with it; removes what should not be there");
  const auto removal = add_delete_flags(*command);
  commands.push_back({command, [removal](Program& program) {
                        return is_asked(*removal) ? delete_data(program, *removal) : run_data(program);
                      }});
}

}  // namespace clm::app
