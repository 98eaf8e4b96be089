#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "registry/registry_report.hpp"
#include "registry_place.hpp"
#include "text_table.hpp"

namespace clm::app {
namespace {

/// The table shows beginnings; --json and `clm show` have the whole sentence.
constexpr std::size_t kShownBytes = 90;

Result<int> run(Program& program, const std::string& model_type, int limit) {
  const auto opened = open_registry(program);
  if (!opened) return forward_error(opened);
  const auto document = history_document(*opened->registry, model_type, limit);
  if (!document) return forward_error(document);
  TextTable table({"at", "type", "version", "from", "to", "by", "reason"});
  for (const auto& e : (*document)["events"])
    table.add({text_of(e["at"]), text_of(e["model_type"]), text_of(e["version"]), text_of(e["from"]), text_of(e["to"]),
               text_of(e["actor"]), shortened(text_of(e["reason"]), kShownBytes)});
  program.print(*document, table.empty() ? "Nothing has happened yet.\n" : table.render());
  return 0;
}

}  // namespace

void add_history(CLI::App& app, Commands& commands) {
  auto type = std::make_shared<std::string>();
  auto limit = std::make_shared<int>(1000);
  auto* command = app.add_subcommand("history", "The audit trail");
  command->add_option("model_type", *type, "Only this model type")->type_name("MODEL_TYPE");
  command->add_option("--limit", *limit, "Newest events at most")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  commands.push_back({command, [type, limit](Program& program) { return run(program, *type, *limit); }});
}

}  // namespace clm::app
