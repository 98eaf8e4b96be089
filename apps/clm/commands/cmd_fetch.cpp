#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "adapters/binance/fetch_candles.hpp"
#include "adapters/binance/fetch_context.hpp"
#include "adapters/http/curl_http_client.hpp"
#include "adapters/http/pause.hpp"
#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "market/series/symbol_name.hpp"
#include "workspace/recorded_stores.hpp"

namespace clm::app {
namespace {

struct FetchFlags {
  std::string exchange;
  std::string market = "um";
  std::vector<std::string> symbols;
  std::string interval = "1h", from, to;
  bool no_candles = false, funding = false, open_interest = false;
  std::string base_url;
};

Result<TimeRange> asked_range(const FetchFlags& flags) {
  if (!flags.to.empty()) return range_of(flags.from, flags.to);
  const auto from = time_of("--from", flags.from);
  if (!from) return forward_error(from);
  TimeRange range;
  range.from = *from;
  return range;
}

nlohmann::json document_of(const FetchedSeries& series) {
  auto document = nlohmann::json{{"venue", series.key.venue.str()},
                                 {"symbol", series.key.symbol.str()},
                                 {"interval", series.key.interval.name()},
                                 {"series", series.what},
                                 {"rows_stored", series.rows_stored},
                                 {"from", series.from ? nlohmann::json(to_string(*series.from)) : nlohmann::json()},
                                 {"to", series.to ? nlohmann::json(to_string(*series.to)) : nlohmann::json()},
                                 {"requests", series.requests}};
  auto repaired = nlohmann::json::array();
  for (const auto& file : series.repaired) repaired.push_back(title_of(file.was));
  document["repaired"] = std::move(repaired);
  document["problem"] = series.problem ? nlohmann::json(to_string(*series.problem)) : nlohmann::json();
  return document;
}

Result<int> run_fetch(Program& program, const FetchFlags& flags) {
  const auto workspace = open_workspace(program, Workspace::Access::change);
  if (!workspace) return forward_error(workspace);
  const auto range = asked_range(flags);
  if (!range) return forward_error(range);
  const auto interval = interval_of(flags.interval);
  if (!interval) return forward_error(interval);

  BinanceOptions options;
  if (!flags.base_url.empty()) options.spot_url = options.usd_margined_url = flags.base_url;
  const auto http = curl_http_client();
  SleepingPause pause;
  BinanceRest exchange(*http, pause, program.clock(), options);
  std::vector<Symbol> symbols;
  for (const std::string& text : flags.symbols) {
    const auto symbol = asked_symbol(text, "--symbol");
    if (!symbol) return forward_error(symbol);
    symbols.push_back(*symbol);
  }
  std::vector<std::string> sources{flags.exchange + " " + flags.market};
  sources.insert(sources.end(), flags.symbols.begin(), flags.symbols.end());
  const auto stores = RecordedStores::open(**workspace, {BatchKind::fetch, sources, program.clock().now()});
  if (!stores) return forward_error(stores);

  FetchReport report;
  if (!flags.no_candles) {
    FetchCandlesOptions asked;
    asked.market = flags.market == "spot" ? BinanceMarket::spot : BinanceMarket::usd_margined;
    asked.venue = Venue("binance-" + flags.market);
    asked.symbols = symbols;
    asked.interval = *interval;
    asked.range = *range;
    auto fetched = fetch_candles(exchange, (*stores)->candles(), asked, program.context());
    if (!fetched) return forward_error(fetched);
    report = std::move(*fetched);
  }
  FetchContextOptions context;
  context.kinds.clear();
  if (flags.funding) context.kinds.push_back(SeriesKind::funding_rate);
  if (flags.open_interest) context.kinds.push_back(SeriesKind::open_interest);
  if (!context.kinds.empty()) {
    context.symbols = symbols;
    context.range = *range;
    auto fetched = fetch_context(exchange, (*stores)->context(), context, program.context());
    if (!fetched) return forward_error(fetched);
    report.series.insert(report.series.end(), fetched->series.begin(), fetched->series.end());
  }

  BatchTotals totals;
  totals.symbols = static_cast<std::int64_t>(symbols.size());
  const auto batch = (*stores)->finish_if_changed(std::move(totals));
  if (!batch) return forward_error(batch);

  auto list = nlohmann::json::array();
  TextTable table({"symbol", "series", "new rows", "from", "to", "requests", "problem"});
  bool problems = false;
  for (const auto& series : report.series) {
    list.push_back(document_of(series));
    problems = problems || series.problem.has_value();
    for (const auto& file : series.repaired)
      program.note("repaired " + title_of(file.was) + (file.awaited ? " in part: " + file.awaited->message : ""));
    table.add({series.key.symbol.str(), series.what, grouped(series.rows_stored),
               series.from ? to_minutes_string(*series.from) : "", series.to ? to_minutes_string(*series.to) : "",
               std::to_string(series.requests), series.problem ? to_string(*series.problem) : ""});
  }
  program.print({{"batch", *batch ? nlohmann::json(**batch) : nlohmann::json()}, {"series", list}},
                table.render(program.columns()) + (*batch ? "Batch " + std::to_string(**batch) + ".\n" : ""));
  return problems ? static_cast<int>(ErrorKind::data) : 0;
}

}  // namespace

void add_fetch(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<FetchFlags>();
  auto* command = app.add_subcommand("fetch", "Download candles, funding and open interest; resumes where it stopped");
  command->add_option("exchange", flags->exchange, "Exchange")->required()->check(CLI::IsMember({"binance"}));
  command->add_option("--market", flags->market, "um: USD-M perpetuals; spot")
      ->check(CLI::IsMember({"um", "spot"}))
      ->capture_default_str();
  command->add_option("--symbol", flags->symbols, "Such as BTCUSDT or BTC/USDT")->required()->type_name("SYMBOL");
  command->add_option("--interval", flags->interval, "Length of a bar")->type_name("INTERVAL")->capture_default_str();
  command->add_option("--from", flags->from, "First open time")->required()->type_name("TIME");
  command->add_option("--to", flags->to, "End (default: now)")->type_name("TIME");
  command->add_flag("--funding", flags->funding, "Funding rates too (perpetuals)");
  command->add_flag("--open-interest", flags->open_interest, "Open interest too (perpetuals, last 30 days)");
  command->add_flag("--no-candles", flags->no_candles, "Only what the other flags ask for");
  command->add_option("--base-url", flags->base_url, "Another address of the exchange's interface")->type_name("URL");
  commands.push_back({command, [flags](Program& program) { return run_fetch(program, *flags); }});
}

}  // namespace clm::app
