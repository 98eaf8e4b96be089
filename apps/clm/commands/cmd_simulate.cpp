#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "market/simulator/simulator.hpp"
#include "workspace/recorded_stores.hpp"

namespace clm::app {
namespace {

struct SimulateFlags {
  SimulationOptions options;
  std::string interval = "1h", venue = "sim", start, signal_end = "vanish", signal_shape = "conditional";
  std::int64_t signal_ends_at = -1;
};

Result<int> run_simulate(Program& program, const SimulateFlags& flags) {
  const auto workspace = open_workspace(program, Workspace::Access::change);
  if (!workspace) return forward_error(workspace);
  SimulationOptions options = flags.options;
  const auto interval = interval_of(flags.interval);
  if (!interval) return forward_error(interval);
  options.interval = *interval;
  const auto venue = venue_of(flags.venue);
  if (!venue) return forward_error(venue);
  options.venue = *venue;
  options.horizon_bars = (*workspace)->learning().label.horizon_bars;
  if (!flags.start.empty()) {
    const auto start = time_of("--start", flags.start);
    if (!start) return forward_error(start);
    options.start = *start;
  }
  if (flags.signal_ends_at >= 0) options.signal_ends_at_bar = static_cast<std::size_t>(flags.signal_ends_at);
  options.signal_end = flags.signal_end == "flip" ? SignalEnd::flip : SignalEnd::vanish;
  options.signal_shape = flags.signal_shape == "linear" ? SignalShape::linear : SignalShape::conditional;
  const auto market = simulate(options);
  if (!market) return forward_error(market);
  const auto stores = RecordedStores::open(
      **workspace,
      {BatchKind::simulate, {options.venue.str() + ", seed " + std::to_string(options.seed)}, program.clock().now()});
  if (!stores) return forward_error(stores);
  const auto stored = (*stores)->candles().write_all(market->series);
  if (!stored) return forward_error(stored);
  BatchTotals totals;
  totals.symbols = static_cast<std::int64_t>(market->series.size());
  const auto batch = (*stores)->finish(std::move(totals));
  if (!batch) return forward_error(batch);

  StoreResult total;
  for (const auto& result : *stored) total += result;
  const double best_ic = market->best_rank_ic(options.horizon_bars);
  const Timestamp end = options.start + options.interval.length() * static_cast<std::int64_t>(options.bars);
  const nlohmann::json document{{"batch", *batch},
                                {"venue", options.venue.str()},
                                {"interval", options.interval.name()},
                                {"symbols", market->series.size()},
                                {"bars", options.bars},
                                {"from", to_string(options.start)},
                                {"to", to_string(end)},
                                {"seed", options.seed},
                                {"best_rank_ic", best_ic},
                                {"horizon_bars", options.horizon_bars},
                                {"rows_stored", total.rows_stored},
                                {"rows_duplicate", total.rows_duplicate},
                                {"rows_corrected", total.rows_corrected}};
  program.print(document, "Simulated " + std::to_string(market->series.size()) + " symbols, " +
                              grouped(total.rows_stored + total.rows_duplicate + total.rows_corrected) + " bars of " +
                              options.interval.name() + ", " + to_string(options.start) + " to " + to_string(end) +
                              ".\nThe best possible forecast of the next " + std::to_string(options.horizon_bars) +
                              " bars reaches a rank IC of " + fixed(best_ic, 4) +
                              (best_ic == 0 ? ": nothing can be learned here." : ".") + "\n");
  return 0;
}

}  // namespace

void add_simulate(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<SimulateFlags>();
  auto& o = flags->options;
  auto* command = app.add_subcommand("simulate", "Write a simulated market of known truth into the store");
  command->add_option("--symbols", o.symbols, "How many symbols")->capture_default_str();
  command->add_option("--bars", o.bars, "Bars a symbol")->capture_default_str();
  command->add_option("--interval", flags->interval, "Length of a bar")->type_name("INTERVAL")->capture_default_str();
  command->add_option("--seed", o.seed, "Same seed, same bytes")->capture_default_str();
  command->add_option("--signal", o.signal_ic, "Rank IC that the best possible forecast reaches; 0: pure noise")
      ->type_name("IC")
      ->capture_default_str();
  command
      ->add_option("--signal-shape", flags->signal_shape,
                   "How order flow moves the next bars: always alike, or onward in active trading and back in quiet")
      ->check(CLI::IsMember({"linear", "conditional"}))
      ->capture_default_str();
  command->add_option("--signal-ends-at", flags->signal_ends_at, "Bar at which the signal ends")
      ->type_name("BAR")
      ->check(CLI::Range(0, 10'000'000));
  command->add_option("--signal-end", flags->signal_end, "What it does then")
      ->check(CLI::IsMember({"vanish", "flip"}))
      ->capture_default_str();
  command->add_option("--venue", flags->venue, "Venue to store under")->type_name("VENUE")->capture_default_str();
  command->add_option("--start", flags->start, "Open of the first bar (default: 2024-01-01)")->type_name("TIME");
  command->add_option("--outage-rate", o.outage_rate, "Chance a bar that the exchange goes down")
      ->capture_default_str();
  command->add_option("--gap-rate", o.gap_rate, "Chance that a single bar is missing")->capture_default_str();
  commands.push_back({command, [flags](Program& program) { return run_simulate(program, *flags); }});
}

}  // namespace clm::app
