#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "registry/registry_report.hpp"
#include "registry_place.hpp"
#include "store_verification.hpp"
#include "text_table.hpp"

namespace clm::app {
namespace {

Result<int> run(Program& program) {
  const auto opened = open_registry(program);
  if (!opened) return forward_error(opened);
  const auto checks = opened->registry->verify_all();
  if (!checks) return forward_error(checks);
  std::size_t broken = 0;
  std::string text;
  for (const auto& check : *checks) {
    if (!check.ok()) ++broken;
    text += (check.ok() ? "ok      " : "BROKEN  ") + check.model_type + " " + check.version.str() +
            (check.ok() ? (check.note.empty() ? "" : "  " + check.note) : "  " + to_string(*check.problem)) + "\n";
  }
  text += std::to_string(checks->size()) + " versions, " + std::to_string(broken) + " broken\n";
  const auto files = verify_stores(program, *opened->session);
  if (!files) return forward_error(files);
  auto document = verify_document(*checks);
  document["files"] = files->document;
  program.print(document, text + files->text);
  return broken + files->broken == 0 ? 0 : static_cast<int>(ErrorKind::integrity);
}

}  // namespace

void add_verify(CLI::App& app, Commands& commands) {
  auto* command =
      app.add_subcommand("verify", "Compare every stored byte, of versions, candles and series, with its checksum");
  commands.push_back({command, [](Program& program) { return run(program); }});
}

}  // namespace clm::app
