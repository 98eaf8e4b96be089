// How many vintages of a recipe should speak at once, and how many fits of one day: every combination from one walk
// over a workspace's candles, each with the seconds of training that it costs. The reach of the rows, their number, the
// models and all else are settings (CLM_TRAINING_MAX_FIT_ROWS, ...). Exit codes: 0 done, 2 wrong usage or data.
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "evaluation/metrics/paired_difference.hpp"
#include "evaluation/verdict/judgement.hpp"
#include "features/sets/feature_set.hpp"
#include "learning/vintages/lineup_forecast.hpp"
#include "workspace/market_view.hpp"
#include "workspace/workspace.hpp"

namespace {

struct Flags {
  std::string workspace = ".", from, to;
  int refit_days = 28, run_in_days = 336, jobs = 1;
  clm::LineupOptions most{12, 3, 28};
};

int fail(const clm::Error& error) {
  std::fprintf(stderr, "%s\n", clm::to_string(error).c_str());
  return 2;
}

/// The figures of one combination on the rows of the test.
struct Figures {
  clm::LineupOptions lineup;
  clm::TimedSeries rank_ic;  ///< against the return from the next open
  double late_ic = 0, gross_bps = 0, turnover = 0, break_even_bps = 0;
};

Figures figures_of(const clm::LineupOptions& lineup, const clm::JudgedRows& truth, const std::vector<float>& forecast,
                   const clm::JudgeOptions& judging) {
  const clm::RankIcOptions ranks{judging.min_symbols};
  Figures out{lineup, clm::rank_ic_series(truth, forecast, truth.forward_return, ranks).ic};
  out.late_ic =
      clm::mean_of(clm::rank_ic_series(truth, forecast, truth.delayed.front().forward_return, ranks).ic.value);
  const auto book = clm::simulate_long_short(truth, forecast, truth.forward_return, judging.long_short);
  out.gross_bps = book.gross_bps;
  out.turnover = book.turnover;
  out.break_even_bps = book.break_even_cost_bps;
  return out;
}

clm::Result<int> study(const Flags& flags, char** environment, const clm::RunContext& run) {
  const auto found = clm::WorkspaceDirectory::find(flags.workspace, ".");
  if (!found) return clm::forward_error(found);
  clm::WorkspaceOptions opening;
  for (char** entry = environment; *entry != nullptr; ++entry) {
    const std::string variable = *entry;
    const auto equals = variable.find('=');
    if (variable.starts_with("CLM_") && equals != std::string::npos)
      opening.environment[variable.substr(0, equals)] = variable.substr(equals + 1);
  }
  auto workspace = clm::Workspace::open(*found, run.clock, opening);
  if (!workspace) return clm::forward_error(workspace);
  const clm::LearningOptions& options = (*workspace)->learning();
  const auto market = clm::open_market(**workspace, {std::nullopt, flags.jobs});
  if (!market) return clm::forward_error(market);
  const auto features = clm::feature_set(options.feature_set);
  if (!features) return clm::forward_error(features);
  const auto from = clm::parse_timestamp(flags.from), to = clm::parse_timestamp(flags.to);
  if (!from || !to) return clm::fail(clm::ErrorKind::usage, "study.time", "--from and --to are times");
  clm::LearningDataOptions data_options;
  data_options.as_of = *to;  // nothing later is so much as read
  data_options.label = options.label;
  const auto data = clm::prepare_learning_data(*features, *market->candles, market->context.get(), data_options, run);
  if (!data) return clm::forward_error(data);

  const clm::Duration step(flags.refit_days * clm::kDayMs);
  std::vector<clm::Timestamp> moments;
  for (clm::Timestamp moment = *from - clm::Duration(flags.run_in_days * clm::kDayMs); moment < *to;
       moment = moment + step)
    moments.push_back(moment);
  const auto walk = clm::walk_vintages(*data, options, moments, *to, flags.most, run);
  if (!walk) return clm::forward_error(walk);
  double seconds = 0;
  for (const auto& vintage : walk->vintages) seconds += vintage.fit_seconds;

  const std::size_t first = walk->spans.front().first_row;
  clm::RowSet judged{&data->rows.data, {}};
  for (std::size_t row = first; row < walk->spans.back().end_row; ++row)
    if (data->rows.data.decided_at_ms[row] >= from->ms()) judged.rows.push_back(static_cast<std::uint32_t>(row));
  const auto truth = clm::judged_rows_of(*data, judged);
  std::printf("%zu vintages, %zu rows fitted last, %zu rows judged, %.0f s of training for %d fits a day\n\n",
              walk->vintages.size(), walk->vintages.back().fit_rows, judged.size(), seconds, flags.most.fits);
  std::printf(
      "| vintages | fits | rank IC | a bar late | gross bps | turnover | break-even bps | less 1 x 1 | s a fit day "
      "|\n|---|---|---|---|---|---|---|---|---|\n");
  std::vector<Figures> all;
  for (const int vintages : {1, 2, 3, 6, 12}) {
    for (int fits = 1; fits <= flags.most.fits && vintages <= flags.most.vintages; ++fits) {
      const clm::LineupOptions lineup{vintages, fits, flags.most.spacing_days};
      std::vector<clm::WalkForecast> recipes;
      for (std::size_t r = 0; r < options.training.models.size(); ++r)
        recipes.push_back(clm::lineup_forecast(*data, *walk, r, lineup, options.judging.min_symbols));
      const auto mean = clm::mean_of_recipes(recipes, "lineup");
      std::vector<float> forecast;
      for (const auto row : judged.rows) forecast.push_back(mean.forecast[row - first]);
      all.push_back(figures_of(lineup, *truth, forecast, options.judging));
      const Figures& f = all.back();
      const auto less = clm::paired_difference(f.rank_ic, all.front().rank_ic,
                                               {options.judging.alpha, 2.0 * options.label.horizon_bars});
      std::printf("| %d | %d | %.4f | %.4f | %.1f | %.3f | %.2f | %+.4f [%+.4f, %+.4f] | %.1f |\n", vintages, fits,
                  clm::mean_of(f.rank_ic.value), f.late_ic, f.gross_bps, f.turnover, f.break_even_bps,
                  less.difference.mean, less.difference.lo, less.difference.hi,
                  seconds * fits / flags.most.fits / static_cast<double>(walk->vintages.size()));
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv, char** environment) {
  Flags flags;
  CLI::App app("Vintages and fits of one day by what they give and cost. Settings as for clm.");
  app.add_option("--workspace", flags.workspace)->capture_default_str();
  app.add_option("--from", flags.from, "First decision that is judged")->required();
  app.add_option("--to", flags.to, "End of what is judged; nothing later is read")->required();
  app.add_option("--refit-days", flags.refit_days)->check(CLI::Range(1, 366))->capture_default_str();
  app.add_option("--run-in-days", flags.run_in_days, "Fits begin so long before")
      ->check(CLI::Range(0, 3660))
      ->capture_default_str();
  app.add_option("--vintages", flags.most.vintages, "At most")->check(CLI::Range(1, 24))->capture_default_str();
  app.add_option("--fits", flags.most.fits, "Of one day, at most")->check(CLI::Range(1, 8))->capture_default_str();
  app.add_option("--spacing-days", flags.most.spacing_days)->check(CLI::Range(0, 366))->capture_default_str();
  app.add_option("--jobs", flags.jobs)->check(CLI::Range(1, 64))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const clm::SystemClock clock;
  const clm::CancelToken cancel;
  const auto progress = clm::terminal_progress(stderr);
  const auto done = study(flags, environment, {clock, cancel, *progress, flags.jobs});
  return done ? *done : fail(done.error());
}
