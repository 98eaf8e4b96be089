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
#include "judgement_tables.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/studies/judged_rows_export.hpp"
#include "learning/studies/walk_forward_study.hpp"
#include "record_evaluation.hpp"
#include "settings_tried.hpp"
#include "workspace/learning_workspace.hpp"

namespace clm::app {
namespace {

constexpr const char* kEvaluateFooter = R"(--from and --to are needed unless --record is given; with it they choose
  bars of the record.

Document of --record (--json)
  {name, recipe, model_type, bars, bars_not_known, bars_of_another_label,
  vintages: [{version, created_as_of, learned_until, bars}], judgement}
  bars: those whose outcome is known. judgement: as of any forecaster, beside
  the baselines, each fitted on exactly the rows that the vintage was fitted
  on, and heard where the vintage was.)";

struct EvaluateFlags {
  std::string from, to, export_file;
  std::string record;  ///< recipe, or "served"; empty: a walk-forward
  int refit_months = 1;
  int refit_days = 0;
  LineupOptions lineup;
  std::vector<std::string> models;
};

/// "1 block", "3 blocks".
std::string counted(long long count, const std::string& what) {
  return grouped(count) + " " + what + (count == 1 ? "" : "s");
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
    table.add({baseline_name(study.each, ic.over[b].benchmark), ic.over[b].best, fixed(ic.over[b].gain, 4),
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
  text += measured_words(j) + forecasters_tables(j, study.each, width) + "\nLead of " +
          (study.each.size() == 1 ? study.each.front().name : std::string("the average")) +
          " in rank IC, paired over time; intervals cover " + fixed(100 * (1 - j.alpha), 0) + " %\n";
  for (const auto& c : j.against_baselines)
    text += "  over " + baseline_name(study.each, c.against) + ": " + fixed(c.rank_ic.difference.mean, 4) + " [" +
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
  if (!flags.record.empty()) return evaluate_record(program, {flags.record, flags.from, flags.to});
  for (const auto& [flag, value] : {std::pair("--from", &flags.from), std::pair("--to", &flags.to)})
    if (value->empty())
      return fail(
          ErrorKind::usage, "usage", std::string(flag) + " is required", "command line",
          "Say which months are judged, as in clm evaluate --from 2024-01-01 --to 2024-07-01; or judge what was "
          "said live with --record served.");
  const auto workspace = open_workspace(program, Workspace::Access::change);
  if (!workspace) return forward_error(workspace);
  LearningOptions& options = (*workspace)->learning();
  // A history is walked by what the workspace's settings make; recipes by name have a record.
  if (auto known = check_model_types(flags.models, "--models"); !known) return forward_error(known);
  if (auto chosen = choose_models(options, {flags.models, "--models"}); !chosen) return forward_error(chosen);
  WalkForwardStudyOptions study_options;
  study_options.refit_months = flags.refit_months;
  study_options.refit_days = flags.refit_days;
  study_options.lineup = flags.lineup;
  study_options.fits = (*workspace)->directory().fits();
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
  command->footer(kEvaluateFooter);
  command->add_option("--from", flags->from, "First decision that is judged")->type_name("TIME");
  command->add_option("--to", flags->to, "End of what is judged")->type_name("TIME");
  auto* record = command
                     ->add_option("--record", flags->record,
                                  "Instead of walking forward, judge what was logged live: of a recipe (clm recipes), "
                                  "or what was served")
                     ->type_name("RECIPE|served");
  auto* months = command->add_option("--refit-months", flags->refit_months, "Months that one fit serves")
                     ->check(CLI::Range(1, 60))
                     ->capture_default_str();
  command->add_option("--refit-days", flags->refit_days, "Days that one fit serves, instead of months")
      ->check(CLI::Range(1, 1830))
      ->excludes("--refit-months")
      ->excludes(record);
  months->excludes(record);
  command
      ->add_option("--vintages", flags->lineup.vintages,
                   "Fits of a model, the newest and older ones, that speak at once")
      ->check(CLI::Range(1, 24))
      ->capture_default_str()
      ->excludes(record);
  command
      ->add_option("--fits", flags->lineup.fits,
                   "Fits of one day, on other rows and with another seed, that are averaged")
      ->check(CLI::Range(1, 8))
      ->capture_default_str()
      ->excludes(record);
  command->add_option("--spacing-days", flags->lineup.spacing_days, "Days at least between fits that stay")
      ->check(CLI::Range(0, 366))
      ->capture_default_str()
      ->excludes(record);
  command->add_option("--models", flags->models, "Model types (default: training.models)")
      ->type_name("MODEL_TYPE")
      ->delimiter(',')
      ->excludes(record);
  command
      ->add_option("--export", flags->export_file,
                   "Write the judged rows: forecast, outcome, position and net of every forecaster, a line each")
      ->type_name("FILE.csv")
      ->excludes(record);
  commands.push_back({command, [flags](Program& program) { return run_evaluate(program, *flags); }});
}

}  // namespace clm::app
