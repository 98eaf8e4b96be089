#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/shown_text.hpp"
#include "commands.hpp"
#include "market/import.hpp"
#include "session.hpp"
#include "text_table.hpp"

namespace clm::app {
namespace {

struct Flags {
  std::vector<std::string> paths;
  std::string venue, interval;
};

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
    text += "  quarantined " + shown(row.file, kPath) + ":" + std::to_string(row.line) + ": " + row.reason + "\n";
  }
  if (report.rows_quarantined > kShown) text += "  ... --json lists more of them\n";
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

Result<int> run(Program& program, const Flags& flags) {
  const auto session = Session::open(program);
  if (!session) return forward_error(session);
  const auto candles = (*session)->candles();
  if (!candles) return forward_error(candles);
  const auto context = (*session)->context_series();
  if (!context) return forward_error(context);
  ImportOptions options;
  if (!flags.venue.empty()) options.venue = Venue(flags.venue);
  if (!flags.interval.empty()) {
    const auto interval = Interval::parse(flags.interval);
    if (!interval) return forward_error(interval);
    options.interval = *interval;
  }
  options.now = program.clock().now();
  options.limits.max_memory_bytes = (*session)->configuration().machine.import_max_file_mb * std::uint64_t{1'000'000};
  const std::vector<std::filesystem::path> paths(flags.paths.begin(), flags.paths.end());
  const auto report = import_paths(paths, options, **candles, **context, program.context());
  if (!report) return forward_error(report);
  program.print(to_json(*report), describe(*report));
  const bool nothing_usable = report->rows_read > 0 && report->rows_quarantined == report->rows_read;
  return report->failed.empty() && !nothing_usable ? 0 : static_cast<int>(ErrorKind::data);
}

}  // namespace

void add_import(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<Flags>();
  auto* command =
      app.add_subcommand("import", "Candles and context series from files and directories; finds the format");
  command->add_option("paths", flags->paths, "Files and directories")->required()->type_name("PATH...");
  command->add_option("--venue", flags->venue, "Where the data comes from (default: what the path says)");
  command->add_option("--interval", flags->interval, "Length of a bar (default: what the file says)");
  commands.push_back({command, [flags](Program& program) { return run(program, *flags); }});
}

}  // namespace clm::app
