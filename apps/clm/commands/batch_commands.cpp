#include "batch_commands.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "registry/manifest.hpp"

namespace clm::app {
namespace {

std::string state_of(const Batch& batch) {
  if (batch.undone)
    return "undone " + to_minutes_string(batch.undone->at) +
           (batch.undone->rows_left > 0 ? ", " + grouped(batch.undone->rows_left) + " rows left" : "");
  return batch.ended ? "" : "not finished";
}

std::string sources_of(const Batch& batch) {
  constexpr std::size_t kMostBytes = 48;
  const auto& sources = batch.start.sources;
  if (sources.empty()) return "";
  return shortened(sources.front(), kMostBytes) +
         (sources.size() > 1 ? " and " + std::to_string(sources.size() - 1) + " more" : "");
}

nlohmann::json document_of(const Batch& batch) {
  const BatchTotals& totals = batch.totals;
  nlohmann::json undone;
  if (batch.undone)
    undone = {{"at", to_string(batch.undone->at)},
              {"rows_removed", batch.undone->rows_removed},
              {"rows_restored", batch.undone->rows_restored},
              {"rows_left", batch.undone->rows_left}};
  return {{"batch", batch.number},
          {"kind", to_string(batch.start.kind)},
          {"at", to_string(batch.start.at)},
          {"sources", batch.start.sources},
          {"files", totals.files},
          {"symbols", totals.symbols},
          {"rows_stored", totals.rows_stored},
          {"rows_corrected", totals.rows_corrected},
          {"rows_removed", totals.rows_removed},
          {"rows_quarantined", totals.rows_quarantined},
          {"reasons", totals.reasons},
          {"finished", batch.ended},
          {"undone", undone}};
}

}  // namespace

nlohmann::json document_of(const TouchedSeries& series) {
  return {{"venue", series.venue},
          {"symbol", series.symbol},
          {"interval", series.interval},
          {"series", series.series},
          {"from", to_string(series.range.from)},
          {"to", to_string(series.range.to - Duration(1))}};
}

std::string name_of(const TouchedSeries& series) {
  if (series.series != "candles")
    return series.series + " of " + series.symbol + (series.venue.empty() ? "" : " of " + series.venue);
  return series.symbol + " " + series.interval + " of " + series.venue;
}

Result<int> list_batches(Program& program) {
  const auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  const BatchLog log((*workspace)->directory().imports());
  const auto content = log.read();
  if (!content) return forward_error(content);
  auto list = nlohmann::json::array();
  TextTable table(
      {"batch", "when", "what", "from", "files", "symbols", "stored", "corrected", "removed", "quarantined", "state"});
  for (const Batch& batch : content->batches) {
    const BatchTotals& totals = batch.totals;
    list.push_back(document_of(batch));
    table.add({std::to_string(batch.number), to_minutes_string(batch.start.at),
               std::string(to_string(batch.start.kind)), sources_of(batch), grouped(totals.files),
               grouped(totals.symbols), grouped(totals.rows_stored), grouped(totals.rows_corrected),
               grouped(totals.rows_removed), grouped(totals.rows_quarantined), state_of(batch)});
  }
  std::string text = content->batches.empty() ? "No batch is known here.\n" : table.render(program.columns());
  if (content->sound_from)
    text += "A line of " + (log.root() / "log").string() + " is damaged: batches before " +
            std::to_string(*content->sound_from) + " cannot be undone.\n";
  if (!content->batches.empty()) text += "Take one back with: clm import --undo BATCH\n";
  program.print({{"batches", list},
                 {"sound_from", content->sound_from ? nlohmann::json(*content->sound_from) : nlohmann::json()},
                 {"max_batches", log.limits().max_batches},
                 {"max_bytes", log.limits().max_bytes}},
                text);
  return 0;
}

Result<int> undo_one_batch(Program& program, int number) {
  const auto workspace = open_workspace(program, Workspace::Access::change);
  if (!workspace) return forward_error(workspace);
  const auto candles = (*workspace)->candles();
  if (!candles) return forward_error(candles);
  const auto context = (*workspace)->context_series();
  if (!context) return forward_error(context);
  BatchLog log((*workspace)->directory().imports());
  const auto report = undo_batch(log, number, **candles, **context, program.clock().now());
  if (!report) return forward_error(report);
  const auto versions = versions_trained_on(**workspace, report->series);
  if (!versions) return forward_error(versions);

  const BatchUndone& undone = report->undone;
  std::string text = "Batch " + std::to_string(number) + " is undone: " + grouped(undone.rows_removed) +
                     " rows that it had added are gone, " + grouped(undone.rows_restored) +
                     " rows are again what they were.\n";
  if (undone.rows_left > 0) {
    std::string later;
    for (const int batch : report->left_to) later += (later.empty() ? "" : ", ") + std::to_string(batch);
    text += grouped(undone.rows_left) + " rows stay as a later batch left them (" + later + ").\n";
  }
  text += note_of_versions(*versions);
  auto series = nlohmann::json::array();
  for (const TouchedSeries& one : report->series) series.push_back(document_of(one));
  program.print({{"batch", number},
                 {"rows_removed", undone.rows_removed},
                 {"rows_restored", undone.rows_restored},
                 {"rows_left", undone.rows_left},
                 {"left_to", report->left_to},
                 {"series", series},
                 {"versions", *versions}},
                text);
  return 0;
}

Result<std::vector<std::string>> versions_trained_on(Workspace& workspace, const std::vector<TouchedSeries>& series) {
  std::vector<std::string> versions;
  std::error_code failure;
  if (!std::filesystem::exists(workspace.directory().database_file(), failure)) return versions;
  const auto registry = workspace.registry();
  if (!registry) return forward_error(registry);
  const auto records = (*registry)->list({});
  if (!records) return forward_error(records);
  for (const VersionRecord& record : *records) {
    const auto manifest = stored_manifest(record);
    if (!manifest) continue;  // `clm verify` says what is wrong with it
    const TimeRange& span = manifest->training_span;
    if (std::any_of(series.begin(), series.end(),
                    [&](const TouchedSeries& one) { return one.range.from < span.to && span.from < one.range.to; }))
      versions.push_back(slot_name(record.slot) + " " + record.version.str());
  }
  return versions;
}

std::string note_of_versions(const std::vector<std::string>& versions) {
  if (versions.empty()) return "";
  constexpr std::size_t kShown = 5;
  std::string text = "Trained on rows of that time, and perhaps on these: ";
  for (std::size_t i = 0; i < std::min(versions.size(), kShown); ++i) text += (i > 0 ? ", " : "") + versions[i];
  if (versions.size() > kShown) text += " and " + std::to_string(versions.size() - kShown) + " more";
  return text + ". They stay as they are; clm reproduce tells whether their data are still the same.\n";
}

}  // namespace clm::app
