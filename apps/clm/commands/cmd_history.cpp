#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "registry/registry_report.hpp"

namespace clm::app {
namespace {

/// The table shows beginnings; --json and `clm show` have the whole sentence.
constexpr std::size_t kShownBytes = 90;

/// "2024-01-01 00:00", "-" where there is no such time.
std::string time_of(const nlohmann::json& event, const char* key) {
  return event[key].is_null() ? "-" : event[key].get<std::string>().substr(0, 16).replace(10, 1, " ");
}

Result<int> run_history(Program& program, const std::string& recipe, int limit) {
  if (auto known = check_recipe("RECIPE", recipe); !known) return forward_error(known);
  const auto opened = open_registry(program);
  if (!opened) return forward_error(opened);
  const auto document = history_document(*opened->registry, recipe, limit);
  if (!document) return forward_error(document);
  TextTable table({"data until", "decided at", "type", "version", "from", "to", "by", "reason"});
  for (const auto& e : (*document)["events"])
    table.add({time_of(e, "data_until"), time_of(e, "decided_at"), text_of(e["model_type"]), text_of(e["version"]),
               text_of(e["from"]), text_of(e["to"]), text_of(e["actor"]),
               shortened(text_of(e["reason"]), kShownBytes)});
  program.print(*document, table.empty() ? "Nothing has happened yet.\n" : table.render(program.columns()));
  return 0;
}

}  // namespace

void add_history(CLI::App& app, Commands& commands) {
  auto type = std::make_shared<std::string>();
  auto limit = std::make_shared<int>(1000);
  auto* command = app.add_subcommand("history", "The audit trail");
  command->add_option("recipe", *type, "Only this model type, or one recipe of it: TYPE/NAME")->type_name("RECIPE");
  command->add_option("--limit", *limit, "Newest events at most")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  commands.push_back({command, [type, limit](Program& program) { return run_history(program, *type, *limit); }});
}

}  // namespace clm::app
