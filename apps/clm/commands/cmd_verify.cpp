#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "registry/registry_report.hpp"
#include "workspace/store_verification.hpp"

namespace clm::app {
namespace {

/// What is said of the files of candles and series.
struct FileReport {
  std::size_t broken = 0;
  nlohmann::json document = nlohmann::json::array();  ///< [{path, ok, problem, note}], paths as seen from the workspace
  std::string text;
};

FileReport report_of(const std::vector<FileCheck>& checks, const std::filesystem::path& root) {
  FileReport report;
  std::size_t without_checksum = 0;
  for (const FileCheck& check : checks) {
    report.document.push_back(to_json(check, root));
    if (!check.note.empty()) ++without_checksum;
    if (check.ok()) continue;
    ++report.broken;
    report.text += "BROKEN  " + title_of(*check.damaged) + "  " + to_string(check.damaged->problem) + "\n";
  }
  report.text += grouped(static_cast<long long>(checks.size())) + " files of candles and series, " +
                 std::to_string(report.broken) + " broken";
  if (without_checksum > 0)
    report.text += ", " + grouped(static_cast<long long>(without_checksum)) + " without a checksum yet";
  report.text += "\n";
  return report;
}

Result<int> run_verify(Program& program) {
  const auto opened = open_registry(program);
  if (!opened) return forward_error(opened);
  const auto checks = opened->registry->verify_all();
  if (!checks) return forward_error(checks);
  std::size_t broken = 0;
  std::string text;
  for (const auto& check : *checks) {
    if (!check.ok()) ++broken;
    text += (check.ok() ? "ok      " : "BROKEN  ") + slot_name(check.slot) + " " + check.version.str() +
            (check.ok() ? (check.note.empty() ? "" : "  " + check.note) : "  " + to_string(*check.problem)) + "\n";
  }
  text += std::to_string(checks->size()) + " versions, " + std::to_string(broken) + " broken\n";
  const auto file_checks = verify_stores(*opened->workspace, program.context());
  if (!file_checks) return forward_error(file_checks);
  const FileReport files = report_of(*file_checks, opened->workspace->directory().root());
  auto document = verify_document(*checks);
  document["files"] = files.document;
  program.print(document, text + files.text);
  return broken + files.broken == 0 ? 0 : static_cast<int>(ErrorKind::integrity);
}

}  // namespace

void add_verify(CLI::App& app, Commands& commands) {
  auto* command =
      app.add_subcommand("verify", "Compare every stored byte, of versions, candles and series, with its checksum");
  commands.push_back({command, [](Program& program) { return run_verify(program); }});
}

}  // namespace clm::app
