#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "registry/registry_report.hpp"

namespace clm::app {
namespace {

Result<int> run_diff(Program& program, const std::string& a, const std::string& b) {
  const auto opened = open_registry(program);
  if (!opened) return forward_error(opened);
  const auto document = diff_document(*opened->registry, a, b);
  if (!document) return forward_error(document);
  TextTable table({"what", a, b});
  for (const auto& [section, content] : document->items()) {
    if (!content.is_object()) continue;
    for (const auto& [key, pair] : content.items())
      if (pair.is_array() && pair.size() == 2) table.add({section + " " + key, text_of(pair[0]), text_of(pair[1])});
  }
  program.print(*document, table.empty() ? "No difference.\n" : table.render(program.columns()));
  return 0;
}

}  // namespace

void add_diff(CLI::App& app, Commands& commands) {
  auto versions = std::make_shared<std::vector<std::string>>();
  auto* command = app.add_subcommand("diff", "What differs between two versions");
  command->add_option("versions", *versions, "Two versions")->required()->expected(2)->type_name("A B");
  commands.push_back(
      {command, [versions](Program& program) { return run_diff(program, versions->at(0), versions->at(1)); }});
}

}  // namespace clm::app
