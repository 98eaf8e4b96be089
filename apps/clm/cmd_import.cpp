#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

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
  constexpr std::size_t kShown = 10;
  std::string text = "Imported " + grouped(static_cast<long long>(report.files)) + " files, " +
                     std::to_string(report.symbols) + " symbols: " + grouped(static_cast<long long>(report.rows_read)) +
                     " rows read, " + grouped(static_cast<long long>(report.rows_stored)) + " stored, " +
                     grouped(static_cast<long long>(report.rows_duplicate)) + " known already, " +
                     grouped(static_cast<long long>(report.rows_corrected)) + " corrected, " +
                     grouped(static_cast<long long>(report.rows_quarantined)) + " quarantined.\n";
  for (std::size_t i = 0; i < report.quarantine.size() && i < kShown; ++i) {
    const auto& row = report.quarantine[i];
    text += "  quarantined " + row.file + ":" + std::to_string(row.line) + ": " + row.reason + "\n";
  }
  if (report.rows_quarantined > kShown) text += "  ... --json lists more of them\n";
  std::size_t findings = 0;
  for (const auto& file : report.imported)
    for (const auto& finding : file.findings)
      if (++findings <= kShown) text += "  note " + file.file + ": " + finding + "\n";
  for (const auto& file : report.failed) text += "  FAILED " + file.file + ": " + to_string(file.error) + "\n";
  for (const auto& file : report.skipped) text += "  skipped " + file.file + ": " + file.error.message + "\n";
  return text;
}

Result<int> run(Program& program, const Flags& flags) {
  const auto session = Session::open(program, Session::Access::change);
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
  const std::vector<std::filesystem::path> paths(flags.paths.begin(), flags.paths.end());
  const auto report = import_paths(paths, options, **candles, **context, program.context());
  if (!report) return forward_error(report);
  program.print(to_json(*report), describe(*report));
  return report->failed.empty() ? 0 : static_cast<int>(ErrorKind::data);
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
