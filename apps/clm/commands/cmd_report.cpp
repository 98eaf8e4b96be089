// report: what was learned, as one HTML file to read, print and pass on.
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "base/log.hpp"
#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "commands.hpp"
#include "commands/regime_pictures.hpp"
#include "commands/stored_replay.hpp"
#include "evaluation_document.hpp"
#include "report/evaluation_report.hpp"
#include "report/replay_report.hpp"
#include "report_facts.hpp"

namespace clm::app {
namespace {

struct ReportFlags {
  bool data = false;
  std::string version;
  std::int64_t cycle = 0;            ///< 0: not asked for
  std::string evaluation;            ///< file, or "latest"
  std::string replay;                ///< likewise
  std::vector<std::string> regimes;  ///< symbols; empty: not asked for
  std::string output;
  std::size_t explain_rows = 5'000;
};

/// A page and what it is about: the parts of its default file name.
struct Page {
  std::string kind, id;
  std::string html;
};

/// Named after its document: evaluation-NAME.html.
Result<Page> evaluation_page(const Workspace& workspace, const std::string& asked, Timestamp now) {
  const auto file = find_evaluation(workspace.directory(), asked);
  if (!file) return forward_error(file);
  const auto evaluation = read_evaluation_file(*file);
  if (!evaluation) return forward_error(evaluation);
  constexpr std::string_view kKind = "evaluation-";
  std::string id = file->stem().string();
  if (id.rfind(kKind, 0) == 0) id.erase(0, kKind.size());
  return Page{"evaluation", id, evaluation_report(*evaluation, file->filename().string(), now)};
}

Result<Page> replay_page(const Workspace& workspace, const std::string& asked, Timestamp now) {
  const auto file = find_replay(workspace.directory(), asked);
  if (!file) return forward_error(file);
  const auto replay = read_replay_file(*file);
  if (!replay) return forward_error(replay);
  return Page{"replay", file->stem().string(), replay_report(*replay, file->filename().string(), now)};
}

Result<Page> make_page(Program& program, Workspace& workspace, const ReportFlags& flags) {
  const Timestamp now = program.clock().now();
  const RunContext run = program.context();
  const ExplainedRows explained{flags.explain_rows, run};
  if (!flags.version.empty()) {
    const auto facts = gather_version(workspace, flags.version, std::nullopt, explained);
    if (!facts) return forward_error(facts);
    return Page{"version", facts->version, version_report(*facts, now)};
  }
  if (!flags.evaluation.empty()) return evaluation_page(workspace, flags.evaluation, now);
  if (!flags.replay.empty()) return replay_page(workspace, flags.replay, now);
  if (!flags.regimes.empty()) {
    const auto regimes = gather_regimes(program, workspace, flags.regimes);
    if (!regimes) return forward_error(regimes);
    return Page{"regimes", to_date_string(regimes->as_of), regime_report(regimes->pictures, regimes->as_of, now)};
  }
  if (flags.cycle > 0) {
    const auto facts = gather_overview(workspace, flags.cycle, explained);
    if (!facts) return forward_error(facts);
    return Page{"cycle", std::to_string(flags.cycle), cycle_report(*facts, now)};
  }
  auto data = gather_data(program, workspace);
  if (!data) return forward_error(data);
  if (flags.data) return Page{"data", "all", data_report(*data, now)};
  auto facts = gather_overview(workspace, std::nullopt, explained);
  if (!facts) return forward_error(facts);
  facts->data = std::move(*data);
  const std::string id = facts->shown_cycle > 0 ? "cycle-" + std::to_string(facts->shown_cycle) : "start";
  return Page{"overview", id, overview_report(*facts, now)};
}

Result<int> run_report(Program& program, const ReportFlags& flags) {
  const auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  // Said before the work is done.
  if (!flags.output.empty()) {
    if (auto writable = check_output_file("--output", flags.output); !writable) return forward_error(writable);
  } else if (auto writable = (*workspace)->directory().check_writable(); !writable) {
    return forward_error(writable);
  }
  const auto page = make_page(program, **workspace, flags);
  if (!page) return forward_error(page);
  const std::filesystem::path file = flags.output.empty()
                                         ? (*workspace)->directory().reports() / (page->kind + "-" + page->id + ".html")
                                         : std::filesystem::path(flags.output);
  if (auto written = write_file_atomic(file, page->html); !written) return forward_error(written);
  log_info("wrote " + file.string());
  program.print({{"file", file.string()}, {"kind", page->kind}}, file.string());
  return 0;
}

}  // namespace

void add_report(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<ReportFlags>();
  auto* command = app.add_subcommand("report", "One HTML file with plots: the last cycle, its candidates and the data");
  auto* data = command->add_flag("--data", flags->data, "Only what is stored and what is wrong with it");
  auto* version =
      command->add_option("--version", flags->version, "Only this version, or its beginning")->type_name("VERSION");
  auto* cycle = command->add_option("--cycle", flags->cycle, "Only this cycle and its candidates")
                    ->type_name("N")
                    ->check(CLI::Range(1, 1'000'000'000));
  auto* evaluation =
      command
          ->add_option("--evaluation", flags->evaluation,
                       "Only this walk-forward: a file that clm evaluate wrote, or 'latest' of the workspace")
          ->type_name("FILE|latest");
  auto* replay = command
                     ->add_option("--replay", flags->replay,
                                  "Only this replay: a file that clm replay wrote, or 'latest' of the workspace")
                     ->type_name("FILE|latest");
  auto* regimes = command
                      ->add_option("--regimes", flags->regimes,
                                   "Only states of volatility and trends, drawn under the price: of the market and of "
                                   "these symbols, at most 24")
                      ->type_name("SYMBOLS")
                      ->delimiter(',')
                      ->expected(1, 24);
  const std::vector<CLI::Option*> pages{data, version, cycle, evaluation, replay, regimes};
  for (std::size_t i = 0; i < pages.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) pages[i]->excludes(pages[j]);
  command
      ->add_option("--explain-rows", flags->explain_rows,
                   "Held-out rows, at most, on which versions are asked what they live on; 0: they are not asked")
      ->check(CLI::Range(0, 100'000'000))
      ->capture_default_str();
  command->add_option("--output", flags->output, "File to write (default: reports/KIND-ID.html in the workspace)")
      ->type_name("FILE");
  commands.push_back({command, [flags](Program& program) { return run_report(program, *flags); }});
}

}  // namespace clm::app
