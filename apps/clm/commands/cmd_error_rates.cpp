// error-rates: how often the learning policy is wrong, by simulation.
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/open_workspace.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "learning/studies/error_rates.hpp"
#include "learning/triggers/regime_survey.hpp"

namespace clm::app {
namespace {

struct ErrorRatesFlags {
  ErrorRateOptions options;
  bool stored = false;
};

/// Of candles of an hour.
Result<std::vector<std::vector<double>>> stored_returns(Program& program, Workspace& workspace) {
  const auto place = open_live_market(program, workspace, {});
  if (!place) return forward_error(place);
  if (place->candles->interval() != Interval::one_hour())
    return fail(ErrorKind::usage, "error_rates.interval",
                "the stored candles are of " + place->candles->interval().name() + ", the scenarios are of hours",
                "--stored", "Leave --stored away, or use a workspace of hourly candles.");
  auto symbols = returns_of_symbols(*place->candles, place->as_of, program.context());
  if (!symbols) return forward_error(symbols);
  std::vector<std::vector<double>> out;
  for (BarReturns& one : *symbols) out.push_back(std::move(one.log_return));
  return out;
}

Result<int> run_error_rates(Program& program, const ErrorRatesFlags& flags) {
  const auto workspace = open_workspace(program, Workspace::Access::look);
  if (!workspace) return forward_error(workspace);
  ErrorRateOptions options = flags.options;
  if (flags.stored) {
    auto returns = stored_returns(program, **workspace);
    if (!returns) return forward_error(returns);
    options.real_returns = std::move(*returns);
  }
  const auto rates = simulated_error_rates((*workspace)->learning(), options, program.context());
  if (!rates) return forward_error(rates);
  if (auto stop = program.context().cancel.check(); !stop) return forward_error(stop);
  auto list = nlohmann::json::array();
  TextTable table({"scenario", "n", "events", "rate", "95 % interval", "median bars", "90 % within", "demanded"});
  std::string legend;
  for (const ErrorRate& rate : *rates) {
    list.push_back(to_json(rate));
    table.add({rate.scenario, std::to_string(rate.n), std::to_string(rate.events), fixed(100 * rate.rate, 2) + " %",
               "[" + fixed(100 * rate.lo, 2) + ", " + fixed(100 * rate.hi, 2) + "] %", std::to_string(rate.median_bars),
               std::to_string(rate.slow_bars), rate.demanded});
    legend += rate.scenario + ": " + rate.what + "\n";
  }
  program.print({{"rates", list}, {"symbols", options.symbols}, {"rank_ic", options.rank_ic}, {"seed", options.seed}},
                table.render(program.columns()) + "\n" + legend + "\nSimulated: " + std::to_string(options.symbols) +
                    " symbols, hourly bars, a reference of rank IC " + fixed(options.rank_ic, 3) +
                    ", everything else as configured.\n");
  return 0;
}

}  // namespace

void add_error_rates(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<ErrorRatesFlags>();
  ErrorRateOptions* options = &flags->options;
  auto* command = app.add_subcommand("error-rates", "How often shadow, watch and triggers are wrong, by simulation");
  command->add_option("--n", options->n, "Simulated histories of each scenario")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Seed of everything random")->capture_default_str();
  command->add_option("--symbols", options->symbols, "Symbols of the universe")
      ->check(CLI::Range(8, 10'000))
      ->capture_default_str();
  command->add_option("--rank-ic", options->rank_ic, "Rank IC of the active version")
      ->check(CLI::Range(0.0, 0.5))
      ->capture_default_str();
  command
      ->add_option("--scenarios", options->scenarios,
                   "Which: aa, gain, damage, no_drift, drift (the slowest), regimes, acceptance")
      ->delimiter(',')
      ->capture_default_str();
  command->add_flag("--stored", flags->stored,
                    "regimes: also the returns of the stored candles with flipped signs and with permuted days");
  commands.push_back({command, [flags](Program& program) { return run_error_rates(program, *flags); }});
}

}  // namespace clm::app
