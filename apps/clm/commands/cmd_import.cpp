#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/shown_text.hpp"
#include "batch_commands.hpp"
#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "market/import/import.hpp"
#include "workspace/recorded_stores.hpp"

namespace clm::app {
namespace {

struct ImportFlags {
  std::vector<std::string> paths;
  std::string venue, interval;
  bool accept_jumps = false;
  bool list = false;
  int undo = 0;
};

BatchTotals totals_of(const ImportReport& report) {
  BatchTotals totals;
  totals.files = static_cast<std::int64_t>(report.files);
  totals.symbols = static_cast<std::int64_t>(report.symbols);
  totals.rows_quarantined = static_cast<std::int64_t>(report.rows_quarantined);
  for (const QuarantinedRow& row : report.quarantine)
    totals.reasons.push_back(row.file + (row.line > 0 ? ":" + std::to_string(row.line) : "") + ": " + row.reason);
  return totals;
}

std::string describe(const ImportReport& report) {
  constexpr std::size_t kShown = 10, kPath = 500, kErrorText = 2'000;
  std::string text = "Imported " + grouped(static_cast<long long>(report.files)) + " files, " +
                     std::to_string(report.symbols) + " symbols: " + grouped(static_cast<long long>(report.rows_read)) +
                     " rows read, " + grouped(static_cast<long long>(report.rows_stored)) + " stored, " +
                     grouped(static_cast<long long>(report.rows_duplicate)) + " known already, " +
                     grouped(static_cast<long long>(report.rows_corrected)) + " corrected, " +
                     grouped(static_cast<long long>(report.rows_quarantined)) + " quarantined.\n";
  for (const auto& repaired : report.repaired)
    text += "  " + std::string(repaired.awaited ? "repaired in part " : "repaired ") + title_of(repaired.was) + ": " +
            grouped(static_cast<long long>(repaired.rows)) +
            " rows are sound again; it was damaged: " + repaired.was.problem.message + "\n" +
            (repaired.awaited ? "    " + repaired.awaited->message + ". " + repaired.awaited->remedy + "\n" : "");
  for (std::size_t i = 0; i < report.quarantine.size() && i < kShown; ++i) {
    const auto& row = report.quarantine[i];
    text += "  quarantined " + shown(row.file, kPath) + (row.line > 0 ? ":" + std::to_string(row.line) : "") + ": " +
            row.reason + "\n";
  }
  if (report.quarantine.size() > kShown) text += "  ... --json lists more of them\n";
  if (report.rows_jumping > 0)
    text +=
        "  Rows that cannot be of their series were left out. If it is the stored rows that are wrong, take their "
        "batch "
        "back (clm import --list, --undo N) or import with --accept-jumps.\n";
  std::size_t findings = 0;
  for (const auto& file : report.imported)
    for (const auto& finding : file.findings)
      if (++findings <= kShown) text += "  note " + shown(file.file, kPath) + ": " + finding + "\n";
  for (const auto& file : report.failed)
    text += "  FAILED " + shown(file.file, kPath) + ": " + shown(to_string(file.error), kErrorText) + "\n";
  for (const auto& file : report.skipped)
    text += "  skipped " + shown(file.file, kPath) + ": " + shown(file.error.message, kErrorText) + "\n";
  return text;
}

Result<int> run_import(Program& program, const ImportFlags& flags) {
  if (flags.list) return list_batches(program);
  if (flags.undo > 0) return undo_one_batch(program, flags.undo);
  const auto workspace = open_workspace(program, Workspace::Access::change);
  if (!workspace) return forward_error(workspace);
  const auto stores = RecordedStores::open(**workspace, {BatchKind::import, flags.paths, program.clock().now()});
  if (!stores) return forward_error(stores);
  ImportOptions options;
  if (flags.accept_jumps) options.jumps.reset();
  if (!flags.venue.empty()) {
    const auto venue = venue_of(flags.venue);
    if (!venue) return forward_error(venue);
    options.venue = *venue;
  }
  if (!flags.interval.empty()) {
    const auto interval = interval_of(flags.interval);
    if (!interval) return forward_error(interval);
    options.interval = *interval;
  }
  options.now = program.clock().now();
  options.limits.max_memory_bytes = (*workspace)->configuration().machine.import_max_file_mb * std::uint64_t{1'000'000};
  const std::vector<std::filesystem::path> paths(flags.paths.begin(), flags.paths.end());
  const auto report = import_paths(paths, options, (*stores)->candles(), (*stores)->context(), program.context());
  if (!report) return forward_error(report);
  const auto batch = (*stores)->finish(totals_of(*report));
  if (!batch) return forward_error(batch);
  nlohmann::json document = to_json(*report);
  document["batch"] = *batch;
  program.print(document, "Batch " + std::to_string(*batch) + ". " + describe(*report));
  const bool nothing_usable = report->rows_read > 0 && report->rows_quarantined == report->rows_read;
  return report->failed.empty() && !nothing_usable ? 0 : static_cast<int>(ErrorKind::data);
}

}  // namespace

void add_import(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<ImportFlags>();
  auto* command =
      app.add_subcommand("import", "Candles and context series from files and directories; finds the format");
  auto* paths = command->add_option("paths", flags->paths, "Files and directories")->type_name("PATH...");
  command->add_option("--venue", flags->venue, "Where the data comes from (default: what the path says)")
      ->type_name("VENUE");
  command->add_option("--interval", flags->interval, "Length of a bar (default: what the file says)")
      ->type_name("INTERVAL");
  command->add_flag("--accept-jumps", flags->accept_jumps,
                    "Take rows that jump against what is stored, which are left out otherwise");
  auto* list = command->add_flag("--list", flags->list,
                                 "What was imported, fetched, simulated or deleted so far, and what was undone");
  auto* undo = command->add_option("--undo", flags->undo, "Take back what that batch did")
                   ->type_name("BATCH")
                   ->check(CLI::Range(1, 1'000'000'000));
  list->excludes(paths, undo);
  undo->excludes(paths);
  commands.push_back({command, [flags](Program& program) { return run_import(program, *flags); }});
}

}  // namespace clm::app
