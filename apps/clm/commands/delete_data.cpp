#include "delete_data.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "batch_commands.hpp"
#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "market/batches/removal.hpp"
#include "market/import/import_rows.hpp"
#include "workspace/recorded_stores.hpp"

namespace clm::app {
namespace {

Result<RemovalRequest> request_of(const DeleteFlags& flags) {
  RemovalRequest request;
  request.symbol = Symbol(flags.symbol);
  if (flags.symbol != kWholeMarket.str()) {
    const auto symbol = normal_symbol(flags.symbol);
    if (!symbol)
      return fail(ErrorKind::usage, "data.symbol", "'" + flags.symbol + "' is not a symbol", {},
                  "See what is stored with: clm data");
    request.symbol = Symbol(*symbol);
  }
  if (!flags.venue.empty()) {
    const auto venue = venue_of(flags.venue);
    if (!venue) return forward_error(venue);
    request.venue = *venue;
  }
  if (!flags.interval.empty()) {
    const auto interval = interval_of(flags.interval);
    if (!interval) return forward_error(interval);
    request.interval = *interval;
  }
  if (!flags.from.empty()) {
    const auto from = time_of("--from", flags.from);
    if (!from) return forward_error(from);
    request.range.from = *from;
  }
  if (!flags.to.empty()) {
    const auto to = time_of("--to", flags.to);
    if (!to) return forward_error(to);
    request.range.to = *to;
  }
  if (request.range.from >= request.range.to)
    return fail(ErrorKind::usage, "time.range", "it ends when or before it begins", "--from, --to",
                "Give --to a later time than --from.");
  using What = RemovalRequest::What;
  request.what = flags.what == "candles" ? What::candles : flags.what == "context" ? What::context : What::all;
  if (request.what == What::context && request.interval)
    return fail(ErrorKind::usage, "data.what", "context series have no interval", {}, "Leave out --interval.");
  return request;
}

}  // namespace

std::shared_ptr<DeleteFlags> add_delete_flags(CLI::App& command) {
  auto flags = std::make_shared<DeleteFlags>();
  auto* symbol = command
                     .add_option("--delete", flags->symbol,
                                 "Remove the rows of a symbol, its context series included, as a batch that "
                                 "`clm import --undo` takes back; * is the whole market's series")
                     ->type_name("SYMBOL");
  command.add_option("--from", flags->from, "Rows to delete: from this open time on (default: all)")
      ->type_name("TIME")
      ->needs(symbol);
  command.add_option("--to", flags->to, "Rows to delete: before this time")->type_name("TIME")->needs(symbol);
  command.add_option("--venue", flags->venue, "Delete rows of this venue only")->type_name("VENUE")->needs(symbol);
  command.add_option("--interval", flags->interval, "Delete candles of this length only, and no context series")
      ->type_name("INTERVAL")
      ->needs(symbol);
  command.add_option("--what", flags->what, "What to delete")
      ->check(CLI::IsMember({"all", "candles", "context"}))
      ->capture_default_str()
      ->needs(symbol);
  return flags;
}

bool is_asked(const DeleteFlags& flags) { return !flags.symbol.empty(); }

Result<int> delete_data(Program& program, const DeleteFlags& flags) {
  const auto request = request_of(flags);
  if (!request) return forward_error(request);
  const auto workspace = open_workspace(program, Workspace::Access::change);
  if (!workspace) return forward_error(workspace);
  // One source, as a list of batches names it: BTCUSDT um 1h from 2024-01-01 to 2024-02-01.
  std::string asked = flags.symbol;
  for (const std::string& part : {flags.venue, flags.interval})
    if (!part.empty()) asked += " " + part;
  if (!flags.from.empty()) asked += " from " + flags.from;
  if (!flags.to.empty()) asked += " to " + flags.to;
  const auto stores = RecordedStores::open(**workspace, {BatchKind::removal, {asked}, program.clock().now()});
  if (!stores) return forward_error(stores);
  const auto removed = remove_rows((*stores)->candles(), (*stores)->context(), *request);
  if (!removed) return forward_error(removed);
  BatchTotals totals;
  totals.symbols = 1;
  const auto batch = (*stores)->finish(std::move(totals));
  if (!batch) return forward_error(batch);

  auto list = nlohmann::json::array();
  std::string text;
  std::int64_t rows = 0;
  std::vector<TouchedSeries> touched;
  for (const RemovedSeries& series : *removed) {
    nlohmann::json document = document_of(series.series);
    document["rows"] = series.rows;
    document["files_forgotten"] = series.files_forgotten;
    list.push_back(std::move(document));
    text += "Removed " + grouped(series.rows) + " rows of " + name_of(series.series) + ", " +
            to_minutes_string(series.series.range.from) + " to " +
            to_minutes_string(series.series.range.to - Duration(1)) + "\n";
    if (series.files_forgotten > 0)
      text += "  " + std::to_string(series.files_forgotten) +
              (series.files_forgotten == 1 ? " file that was gone is" : " files that were gone are") +
              " missed no longer\n";
    rows += series.rows;
    touched.push_back(series.series);
  }
  const auto versions = versions_trained_on(**workspace, touched);
  if (!versions) return forward_error(versions);
  text += "Batch " + std::to_string(*batch) + "; take it back with: clm import --undo " + std::to_string(*batch) +
          "\n" + note_of_versions(*versions);
  program.print({{"batch", *batch}, {"rows_removed", rows}, {"removed", list}, {"versions", *versions}}, text);
  return 0;
}

}  // namespace clm::app
