#include <algorithm>
#include <cmath>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "cli/flag_values.hpp"
#include "cli/open_workspace.hpp"
#include "cli/text_layout.hpp"
#include "cli/text_table.hpp"
#include "commands.hpp"
#include "evaluation/verdict/verdict_words.hpp"
#include "evaluation_document.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/studies/judged_rows_export.hpp"
#include "learning/studies/walk_forward_study.hpp"
#include "settings_tried.hpp"
#include "workspace/learning_workspace.hpp"

namespace clm::app {
namespace {

struct EvaluateFlags {
  std::string from, to, export_file;
  int refit_months = 1;
  int refit_days = 0;
  LineupOptions lineup;
  std::vector<std::string> models;
};

double gross_at(const ModelJudgement& model, int delay_bars) {
  for (const auto& at : model.by_delay)
    if (at.delay_bars == delay_bars) return at.gross_bps;
  return kMissing;
}

double rank_ic_at(const ModelJudgement& model, int delay_bars) {
  for (const auto& at : model.by_delay)
    if (at.delay_bars == delay_bars) return at.rank_ic.mean.mean;
  return kMissing;
}

/// "1 block", "3 blocks".
std::string counted(long long count, const std::string& what) {
  return grouped(count) + " " + what + (count == 1 ? "" : "s");
}

/// What a baseline is called: a model may be of the same kind.
std::string baseline_name(const WalkForwardStudy& study, const std::string& name) {
  const bool taken = std::any_of(study.each.begin(), study.each.end(), [&](const auto& m) { return m.name == name; });
  return taken ? name + " (baseline)" : name;
}

/// Foresight, then money: each figure with its interval, and money with the number of rebalances or trades; no figure
/// of trades that are too few for an interval.
std::string forecasters_tables(const WalkForwardStudy& study, std::size_t width) {
  TextTable foresight({"forecaster", "IC", "interval", "IC d1", "IC d2", "IC d5", "IC label", "hit rate %", "interval",
                       "Brier", "base"});
  TextTable money({"forecaster", "rebalances", "gross d0", "gross d1", "net bps", "interval", "break-even",
                   "turnover %", "Sharpe", "interval", "days needed", "trades", "net bps/trade", "interval"});
  const auto interval_of = [](double lo, double hi, int decimals) {
    return std::isfinite(lo) && std::isfinite(hi) ? "[" + fixed(lo, decimals) + ", " + fixed(hi, decimals) + "]"
                                                  : std::string("-");
  };
  const auto interval = [&](const MeanEstimate& e, int decimals) { return interval_of(e.lo, e.hi, decimals); };
  const auto add = [&](const ModelJudgement& m, const std::string& name) {
    const bool has_signs = m.direction.count > 0;  // what forecasts zero foretells no sign
    foresight.add({name, fixed(m.rank_ic.mean.mean, 4), interval(m.rank_ic.mean, 4), fixed(rank_ic_at(m, 1), 4),
                   fixed(rank_ic_at(m, 2), 4), fixed(rank_ic_at(m, 5), 4), fixed(m.label_rank_ic.mean.mean, 4),
                   has_signs ? fixed(100 * m.direction.share, 1) : "-",
                   has_signs ? interval_of(100 * m.direction.lo, 100 * m.direction.hi, 1) : "-",
                   fixed(m.probability.brier, 5), fixed(m.probability.brier_base, 5)});
    const auto of_book = [&](double value, int decimals) {
      return m.long_short.turnover > 0 ? fixed(value, decimals) : std::string("-");
    };
    const auto of_book_text = [&](const char* text) { return std::string(m.long_short.turnover > 0 ? text : "-"); };
    const bool traded = !m.positions.trades.empty() && std::isfinite(m.trade_net_bps.lo);
    const double break_even = m.long_short.break_even_cost_bps;
    money.add({name, std::to_string(m.long_short.rebalances), of_book(gross_at(m, 0), 1), of_book(gross_at(m, 1), 1),
               of_book(m.long_short_net_bps.mean, 1),
               m.long_short.turnover > 0 ? interval(m.long_short_net_bps, 1) : "-",
               break_even > 0 || std::isnan(break_even) ? of_book(break_even, 1) : of_book_text("none"),
               of_book(100 * m.long_short.turnover, 1), of_book(m.sharpe_net.mean, 2),
               m.long_short.turnover > 0 ? interval(m.sharpe_net, 2) : "-",
               std::isfinite(m.min_track_record_days) ? of_book(m.min_track_record_days, 0) : "-",
               std::to_string(m.positions.trades.size()), traded ? fixed(m.positions.net_bps_per_trade, 1) : "-",
               traded ? interval(m.trade_net_bps, 1) : "-"});
  };
  if (study.each.size() != 1) add(study.average.candidate, study.average.candidate.name);
  for (const auto& model : study.each) add(model, model.name);
  for (const auto& baseline : study.average.baselines) add(baseline, baseline_name(study, baseline.name));
  const std::string confidence = fixed(100 * (1 - study.average.alpha), 0) + " %";
  const bool is_relative = study.average.basis == ReturnBasis::relative;
  return folded_line(
             std::string("IC: rank IC against the return from the next open, the same entered 1, 2, 5 bars late, "
                         "and against the label that was learned. Hit rate: of the sign of that return") +
                 (is_relative ? " less the universe's mean" : "") +
                 ". Brier: of the probability of a rise as it would be served, and of always saying the base rate",
             width) +
         "\n" + foresight.render(width) + "\n" +
         folded_line("Gross and net: bps a rebalance of the long-short book, or a trade of single positions, net at " +
                         fixed(study.average.cost_bps_per_side, 1) + " bps a side" +
                         (is_relative ? ", single positions hedged against the universe's mean" : "") +
                         ". Sharpe: of that net, a year. Days " +
                         "needed: of such a book, until its Sharpe ratio is above zero with " + confidence +
                         " confidence (minimum track record).",
                     width) +
         "\n" + money.render(width);
}

/// "0.042"; resampling a thousand times tells no smaller ones apart.
std::string p_text(double p) { return p < 0.001 ? "<0.001" : fixed(p, 3); }

/// Whether the best of the candidates is more than the luckiest.
std::string superiority_words(const WalkForwardStudy& study, std::size_t width) {
  const SuperiorityTest &ic = study.superior_rank_ic, &net = study.superior_net_return;
  const std::string test = "Hansen's test of superior predictive ability (SPA)";
  if (!ic.unknown_because.empty()) return folded_line(test + ": not said, " + ic.unknown_because + ".", width);
  TextTable table({"over", "best by IC", "lead", "p", "best by net", "lead bps/day", "p"});
  for (std::size_t b = 0; b < ic.over.size(); ++b) {
    const bool has_net = net.unknown_because.empty();
    table.add({baseline_name(study, ic.over[b].benchmark), ic.over[b].best, fixed(ic.over[b].gain, 4),
               p_text(ic.over[b].p), has_net ? net.over[b].best : "-", has_net ? fixed(1e4 * net.over[b].gain, 1) : "-",
               has_net ? p_text(net.over[b].p) : "-"});
  }
  table.add({"all of them", "", "", p_text(ic.p), "", "", net.unknown_because.empty() ? p_text(net.p) : "-"});
  return folded_line("Is the best of " + counted(static_cast<long long>(ic.candidates), "candidate") +
                         " better than the baselines, or only the luckiest? " + test + " on " +
                         counted(static_cast<long long>(ic.periods), "day") +
                         "; p: how often chance gives such a lead where no candidate is better; net of the " +
                         (study.daily.long_short ? "long-short book" : "single positions"),
                     width) +
         "\n" + table.render(width) +
         (net.unknown_because.empty() ? ""
                                      : folded_line("Not said of net returns: " + net.unknown_because + ".", width));
}

std::string choice_words(const SettingsTried& tried, std::size_t width) {
  const ChoiceOfSettings& c = tried.choice;
  std::string text = "Settings tried on these months: " + grouped(static_cast<long long>(c.settings));
  if (tried.of_evaluations > 0)
    text += ", those of " + counted(static_cast<long long>(tried.of_evaluations), "earlier evaluation") +
            " in reports/ included";
  if (tried.not_comparable > 0)
    text += "; " + counted(static_cast<long long>(tried.not_comparable), "earlier evaluation") +
            " not counted, without daily returns that can be compared";
  if (tried.unreadable > 0)
    text += "; " + counted(static_cast<long long>(tried.unreadable), "file") + " in reports/ could not be read";
  text = folded_line(text + ".", width);
  if (!c.unknown_because.empty())
    return text + folded_line("Probability of backtest overfitting (PBO): not said, " + c.unknown_because + ".", width);
  const double percent = 100 * c.overfitting.probability;
  return text +
         folded_line(
             "Probability of backtest overfitting (PBO): " + fixed(c.overfitting.probability, 2) + ". Of " +
                 grouped(static_cast<long long>(c.overfitting.splits)) + " ways to take half of " +
                 counted(static_cast<long long>(c.periods), "day") + ", in " + fixed(percent, 0) +
                 " % the setting with the best Sharpe ratio there is among the worse half on the other days; at "
                 "50 % choosing the best is worth nothing.",
             width) +
         folded_line("The best, " + c.best + ", has a Sharpe ratio of " + fixed(c.sharpe, 2) +
                         " a year, of its daily returns; the best of so many "
                         "without skill would show about " +
                         fixed(c.expected_best, 2) + ", and it is above that with probability " + fixed(c.deflated, 2) +
                         " (deflated Sharpe ratio).",
                     width);
}

/// What could not be measured in this universe, and what it would take.
std::string measured_words(const Judgement& j) {
  std::string text;
  if (const std::string why = why_over_time(j); !why.empty()) text += why + "\n";
  if (j.candidate.long_short.rebalances == 0)
    text += "No long-short book: " + std::to_string(j.symbols_at_once) +
            " symbol(s) with forecasts at one time, at least " + std::to_string(j.long_short_min_symbols) +
            " needed (judging.long_short_min_symbols).\n";
  return text;
}

std::string describe(const WalkForwardStudy& study, const SettingsTried& tried, std::size_t width) {
  const Judgement& j = study.average;
  std::string text = folded_line(
      "Walk-forward " + to_date_string(Timestamp(j.from_ms)) + " to " + to_date_string(Timestamp(j.to_ms)) + ": " +
          counted(static_cast<long long>(study.blocks.size()), "block") + ", " +
          counted(static_cast<long long>(study.fits), "fit") + ", " +
          counted(static_cast<long long>(study.lineup.vintages), "vintage") + " of each model at once, " +
          grouped(static_cast<long long>(j.rows)) + " rows of " + counted(static_cast<long long>(j.symbols), "symbol") +
          ", horizon " + counted(j.horizon_bars, "bar") + "; " + fixed(study.wall_seconds, 1) +
          " s of wall time (the fits, which ran side by side, " + fixed(study.fit_seconds_summed, 1) + " s summed)",
      width);
  text += measured_words(j) + forecasters_tables(study, width) + "\nLead of " +
          (study.each.size() == 1 ? study.each.front().name : std::string("the average")) +
          " in rank IC, paired over time; intervals cover " + fixed(100 * (1 - j.alpha), 0) + " %\n";
  for (const auto& c : j.against_baselines)
    text += "  over " + baseline_name(study, c.against) + ": " + fixed(c.rank_ic.difference.mean, 4) + " [" +
            fixed(c.rank_ic.difference.lo, 4) + ", " + fixed(c.rank_ic.difference.hi, 4) + "]\n";
  text += "\n" + superiority_words(study, width) + "\n" + choice_words(tried, width);
  for (std::size_t first = 0, last = 0; first < study.skipped.size(); first = last + 1) {
    for (last = first; last + 1 < study.skipped.size() && study.skipped[last + 1].from == study.skipped[last].to;)
      ++last;
    text +=
        "Not judged, for want of rows in it, of rows known before it to train on, or of earlier forecasts to scale "
        "by: " +
        to_date_string(study.skipped[first].from) + " to " + to_date_string(study.skipped[last].to) + " (" +
        counted(static_cast<long long>(last - first + 1), "block") + ")\n";
  }
  return text;
}

tl::unexpected<Error> nothing_to_judge(const EvaluateFlags& flags, const Dataset& rows) {
  return fail(ErrorKind::data, "split.no_folds",
              "there is nothing to judge: rows with features and a known label are of " +
                  to_minutes_string(Timestamp(rows.decided_at_ms.front())) + " to " +
                  to_minutes_string(Timestamp(rows.decided_at_ms.back())) +
                  ", and what is judged needs rows before it to train on, and earlier forecasts to scale by",
              "--from " + flags.from + " --to " + flags.to,
              "Ask for a time within that, or bring more candles with `clm import PATH`.");
}

Result<int> run_evaluate(Program& program, const EvaluateFlags& flags) {
  const auto workspace = open_workspace(program, Workspace::Access::change);
  if (!workspace) return forward_error(workspace);
  LearningOptions& options = (*workspace)->learning();
  if (auto chosen = choose_models(options, {flags.models, "--models"}); !chosen) return forward_error(chosen);
  WalkForwardStudyOptions study_options;
  study_options.refit_months = flags.refit_months;
  study_options.refit_days = flags.refit_days;
  study_options.lineup = flags.lineup;
  const auto test = range_of(flags.from, flags.to);
  if (!test) return forward_error(test);
  study_options.test = *test;

  if (!flags.export_file.empty())
    if (auto writable = check_output_file("--export", flags.export_file); !writable) return forward_error(writable);

  const auto place = open_market(program, **workspace, {});
  if (!place) return forward_error(place);
  const auto features = feature_set(options.feature_set);
  if (!features) return forward_error(features);
  LearningDataOptions data_options;
  data_options.as_of = place->as_of;
  data_options.label = options.label;
  const auto data =
      prepare_learning_data(*features, *place->candles, place->context.get(), data_options, program.context());
  if (!data) return forward_error(data);
  const auto study = run_walk_forward(*data, options, study_options, program.context());
  if (!study && study.error().code == "split.no_folds") return nothing_to_judge(flags, data->rows.data);
  if (!study) return forward_error(study);

  const EvaluationRequest request{study_options, flags.models};
  auto document = evaluation_document(*study, request, *data, (*workspace)->configuration(), program.clock().now());
  const auto file = evaluation_file((*workspace)->directory(), request, document);
  const SettingsTried tried = settings_tried((*workspace)->directory(), document, file);
  document["settings_tried"] = to_json(tried);
  const bool answered_before = std::filesystem::exists(file);
  if (auto written = write_file_atomic(file, document.dump(1) + "\n"); !written) return forward_error(written);
  document["file"] = file.string();
  std::string exported;
  if (!flags.export_file.empty()) {
    const auto lines = export_judged_rows(*study, options.judging, flags.export_file);
    if (!lines) return forward_error(lines);
    document["export"] = {{"file", flags.export_file}, {"rows", *lines}};
    exported = "\nThe judged rows, " + counted(static_cast<long long>(*lines), "line") + ": " + flags.export_file;
  }
  program.print(document, describe(*study, tried, program.columns()) + "\nThe whole judgement: " + file.string() +
                              (answered_before ? " (in the place of the last answer to this very question)" : "") +
                              exported + "\nAs a page with plots: clm report --evaluation latest\n");
  return 0;
}

}  // namespace

void add_evaluate(CLI::App& app, Commands& commands) {
  auto flags = std::make_shared<EvaluateFlags>();
  auto* command = app.add_subcommand("evaluate", "Walk forward through history: models and baselines on unseen months");
  command->add_option("--from", flags->from, "First decision that is judged")->required()->type_name("TIME");
  command->add_option("--to", flags->to, "End of what is judged")->required()->type_name("TIME");
  command->add_option("--refit-months", flags->refit_months, "Months that one fit serves")
      ->check(CLI::Range(1, 60))
      ->capture_default_str();
  command->add_option("--refit-days", flags->refit_days, "Days that one fit serves, instead of months")
      ->check(CLI::Range(1, 1830))
      ->excludes("--refit-months");
  command
      ->add_option("--vintages", flags->lineup.vintages,
                   "Fits of a model, the newest and older ones, that speak at once")
      ->check(CLI::Range(1, 24))
      ->capture_default_str();
  command
      ->add_option("--fits", flags->lineup.fits,
                   "Fits of one day, on other rows and with another seed, that are averaged")
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  command->add_option("--spacing-days", flags->lineup.spacing_days, "Days at least between fits that stay")
      ->check(CLI::Range(0, 366))
      ->capture_default_str();
  command->add_option("--models", flags->models, "Model types (default: training.models)")
      ->type_name("MODEL_TYPE")
      ->delimiter(',');
  command
      ->add_option("--export", flags->export_file,
                   "Write the judged rows: forecast, outcome, position and net of every forecaster, a line each")
      ->type_name("FILE.csv");
  commands.push_back({command, [flags](Program& program) { return run_evaluate(program, *flags); }});
}

}  // namespace clm::app
