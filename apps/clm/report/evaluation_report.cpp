#include "report/evaluation_report.hpp"

#include <algorithm>
#include <cmath>

#include "report/comparison_section.hpp"
#include "report/html_page.hpp"

namespace clm::app {
namespace {

/// "0.0909, 95 % interval [0.0764, 0.1054]".
std::string with_interval(const Estimate& estimate, int decimals, double alpha) {
  std::string text = number_text(estimate.value, decimals);
  if (std::isfinite(estimate.lo) && std::isfinite(estimate.hi))
    text += ", " + percent_text(1 - alpha, 0) + " interval " + interval_text(estimate.lo, estimate.hi, decimals);
  return text;
}

/// The baseline that comes closest; none where there are no baselines.
const DifferenceFigures* closest_baseline(const EvidenceFigures& e) {
  const DifferenceFigures* closest = nullptr;
  for (const auto& difference : e.differences)
    if (!std::isnan(difference.rank_ic.value) &&
        (closest == nullptr || difference.rank_ic.value < closest->rank_ic.value))
      closest = &difference;
  return closest;
}

std::string on_foresight(const EvidenceFigures& e) {
  const Estimate& ic = e.candidate.rank_ic;
  return "Foresight: rank IC " + with_interval(ic, 4, e.alpha) +
         (ic.lo > 0   ? ": it orders the symbols better than chance."
          : ic.hi < 0 ? ": it orders the symbols worse than chance."
                      : ": it cannot be told from chance.") +
         " Of the signs it foretold, " + percent_text(e.candidate.hit_rate.value, 1) + " came true." +
         (e.candidate.ranked_over_time ? " Ranks are over time, not across symbols: " +
                                             number_text(e.symbols_at_once, 0) + " symbol(s) at one time, at least " +
                                             number_text(e.min_symbols, 0) + " are needed (judging.min_symbols)."
                                       : "");
}

std::string lead_words(const Estimate& lead) {
  if (lead.lo > 0) return "more than chance";
  if (lead.hi < 0) return "it is surely behind";
  return lead.value > 0 ? "no more than chance may give" : "it is not ahead";
}

std::string on_baselines(const EvidenceFigures& e) {
  const DifferenceFigures* closest = closest_baseline(e);
  if (closest == nullptr) return "It was compared with no baseline.";
  const auto ahead =
      std::count_if(e.differences.begin(), e.differences.end(), [](const auto& d) { return d.rank_ic.lo > 0; });
  return "Baselines: it surely leads " + std::to_string(ahead) + " of " + std::to_string(e.differences.size()) +
         " in rank IC. Over the closest, " + closest->against + ", its lead is " +
         with_interval(closest->rank_ic, 4, e.alpha) + ", paired over time: " + lead_words(closest->rank_ic) + ".";
}

std::string on_delay(const EvidenceFigures& e) {
  std::string text;
  for (const auto& delay : e.candidate.by_delay)
    text += (text.empty() ? "Late entry: rank IC against the plain return is " : ", ") +
            number_text(delay.rank_ic.value, 4) +
            (delay.delay_bars == 0   ? " entered at the next open"
             : delay.delay_bars == 1 ? " after one bar"
                                     : " after " + std::to_string(delay.delay_bars) + " bars");
  return text.empty() ? text : text + ".";
}

std::string on_positions(const EvidenceFigures& e) {
  const ModelFigures& c = e.candidate;
  if (!(c.trades > 0)) return "No forecast exceeded the costs of a single position either.";
  if (!std::isfinite(c.net_bps_per_trade.lo))
    return "Single positions: " + counted(c.trades, "trade") + ", too few to say what one earns.";
  return "Single positions earned " + signed_text(c.net_bps_per_trade.value, 1) + " bps a trade in " +
         counted(c.trades, "trade") + ", " + percent_text(1 - e.alpha, 0) + " interval " +
         interval_text(c.net_bps_per_trade.lo, c.net_bps_per_trade.hi, 1) + ".";
}

std::string on_profit(const EvidenceFigures& e) {
  const ModelFigures& c = e.candidate;
  if (c.rebalances == 0)
    return "Profit: no long-short book could be held: " + number_text(e.symbols_at_once, 0) +
           " symbol(s) with forecasts at one time, at least " + number_text(e.long_short_min_symbols, 0) +
           " are needed (judging.long_short_min_symbols). " + on_positions(e);
  if (!(c.long_short_turnover > 0)) return "Profit: it held no long-short book, so there is nothing to earn or lose.";
  std::string text = "Profit: a rebalance of the long-short book earns " + signed_text(c.gross_bps, 1) +
                     " bps before costs and " + signed_text(c.net_bps.value, 1) + " bps at " +
                     number_text(e.cost_bps_per_side, 1) + " bps a side";
  if (std::isfinite(c.net_bps.lo) && std::isfinite(c.net_bps.hi))
    text += ", " + percent_text(1 - e.alpha, 0) + " interval " + interval_text(c.net_bps.lo, c.net_bps.hi, 1);
  return text + " over " + number_text(c.rebalances, 0) + " rebalances" +
         (c.break_even_cost_bps > 0 ? ". It breaks even at " + number_text(c.break_even_cost_bps, 1) + " bps a side."
                                    : ". There is no cost at which it breaks even.");
}

std::string on_constancy(const EvidenceFigures& e) {
  const bool has_blocks = !e.candidate.by_block.empty();
  const auto& slices = has_blocks ? e.candidate.by_block : e.candidate.by_month;
  if (slices.size() < 2) return {};
  const auto above =
      std::count_if(slices.begin(), slices.end(), [](const auto& slice) { return slice.rank_ic.value > 0; });
  const auto surely =
      std::count_if(slices.begin(), slices.end(), [](const auto& slice) { return slice.rank_ic.lo > 0; });
  return "Constancy: rank IC is above zero in " + std::to_string(above) + " of " + std::to_string(slices.size()) +
         (has_blocks ? " blocks" : " months") + ", in " + std::to_string(surely) + " of them with the whole interval.";
}

std::string summary_body(const Evaluation& evaluation) {
  const EvidenceFigures& e = evaluation.evidence;
  const EvaluationSummary summary = summarize(evaluation);
  std::string names;
  for (std::size_t i = 0; i < evaluation.models.size(); ++i)
    names += (i == 0 ? "" : i + 1 < evaluation.models.size() ? ", " : " and ") + evaluation.models[i];
  std::string out = "<div class=\"verdict " + std::string(summary.kind) + "\"><h3>" +
                    html_badge(summary.heading, summary.kind) + "</h3>";
  out += html_paragraph((evaluation.models.size() > 1 ? "\u201caverage\u201d is the plain average of " + names + "."
                                                      : "The model is " + names + ".") +
                        " It was fitted anew for every block of months, on what was known before that block, and "
                        "judged on the block, beside baselines that saw the same.");
  out += "<ul>";
  for (const auto& sentence : summary.sentences) out += "<li>" + html_escape(sentence) + "</li>";
  out += "</ul>";
  out += html_paragraph(
      "Judged on " + number_text(e.rows, 0) + " rows of " + number_text(e.symbols, 0) + " symbols at " +
      number_text(e.times, 0) + " times, " + to_minutes_string(Timestamp(e.from_ms)) + " to " +
      to_minutes_string(Timestamp(e.to_ms)) + " UTC; forecasts " + std::to_string(e.horizon_bars) + " bars ahead; " +
      counted(evaluation.fits, "fit") + " for " + counted(evaluation.blocks, "block") + ". Intervals cover " +
      percent_text(1 - e.alpha, 0) + " and allow for labels that overlap in time.");
  return out + "</div>\n";
}

std::string selection_body(const Evaluation& evaluation) {
  return evaluation.selection
             ? selection_section(*evaluation.selection)
             : html_paragraph("The document does not say: it was written by an older release. Run clm evaluate again.");
}

std::string importance_body(const Evaluation& evaluation) {
  std::string figures;
  for (const auto& model : evaluation.importance)
    if (!model.features.empty())
      figures += importance_figure(model.model_type + ", mean over its fits", model.features);
  if (figures.empty())
    return html_paragraph(evaluation.importance.empty()
                              ? "The document holds no importance of features: it was written by an older release."
                              : "These kinds of models have no such notion.");
  return html_fold("The features, most used first", "<div class=\"plots\">" + figures + "</div>\n",
                   Fold::open_where_wide);
}

std::string walk_table(const std::vector<WalkStep>& walk) {
  HtmlTable table{
      "The walk: what each fit was trained on, and what it then forecast. The gap between them is the embargo "
      "and the labels that were not known yet. Validation rows calibrate and, if asked for, stop a training.",
      {"Judged from", "Judged to", "Trained on decisions from", "to", "Fit rows", "Validation rows", "Judged rows"},
      {}};
  const auto time = [](Timestamp t) { return HtmlCell{to_minutes_string(t), "", HtmlCell::Kind::name}; };
  for (const auto& step : walk)
    table.rows.push_back({time(step.test.from), time(step.test.to), time(step.training.from), time(step.training.to),
                          figure_cell(number_text(step.fit_rows, 0)), figure_cell(number_text(step.validation_rows, 0)),
                          figure_cell(number_text(step.test_rows, 0))});
  return html_table(table);
}

std::string settings_tables(const std::vector<SettingFigures>& settings) {
  const auto cell = [](const std::string& text) { return HtmlCell{text, "", HtmlCell::Kind::word}; };
  HtmlTable changed{"", {"Setting", "Value", "Default", "Unit"}, {}};
  HtmlTable all{"", {"Setting", "Value", "Unit"}, {}};
  for (const auto& s : settings) {
    const HtmlCell key{s.key, "", HtmlCell::Kind::name};
    if (!s.default_value.empty()) changed.rows.push_back({key, cell(s.value), cell(s.default_value), cell(s.unit)});
    all.rows.push_back({key, cell(s.value), cell(s.unit)});
  }
  std::string out = "<h3>Settings</h3>\n";
  if (changed.rows.empty()) {
    out += html_paragraph("Every setting was at its default.");
  } else {
    changed.caption =
        "Those that were not at their default. Set them in clm.toml, or as the environment variable CLM_SECTION_KEY.";
    out += html_table(changed);
  }
  return out + "<details><summary>All " + std::to_string(all.rows.size()) + " settings in force</summary>" +
         html_table(all) + "</details>\n";
}

std::string refit_text(const EvaluationProtocol& p) {
  if (!std::isnan(p.refit_days)) return counted(p.refit_days, "day");
  return p.refit_months == 1 ? "month" : number_text(p.refit_months, 0) + " months";
}

std::string protocol_body(const Evaluation& evaluation) {
  if (!evaluation.protocol)
    return html_paragraph(
        "The document does not say how it was made: it was written by an older release. Run clm evaluate again to have "
        "command, settings and data here.");
  const EvaluationProtocol& p = *evaluation.protocol;
  std::string out = html_paragraph("In a workspace with the same candles and settings this gives the same figures:") +
                    "<pre class=\"wide\"><code>" + html_escape(p.command) +
                    "\nclm report --evaluation latest</code></pre>\n";
  std::string symbols;
  for (const auto& symbol : p.symbols) symbols += (symbols.empty() ? "" : ", ") + symbol;
  HtmlTable facts{"", {"What", "Value"}, {}};
  const auto add = [&](const char* name, const std::string& value) {
    facts.rows.push_back({HtmlCell{name, "", HtmlCell::Kind::name}, HtmlCell{value, "", HtmlCell::Kind::code}});
  };
  add("Judged", to_minutes_string(p.asked.from) + " to " + to_minutes_string(p.asked.to) +
                    ", models fitted anew every " + refit_text(p) +
                    (p.vintages > 1 ? "; the last " + number_text(p.vintages, 0) + " fits of each speak at once" : ""));
  add("Data", p.venue + ", " + p.interval + " bars, " + number_text(p.data_rows, 0) + " labelled rows of " +
                  to_minutes_string(Timestamp(p.data_from_ms)) + " to " + to_minutes_string(Timestamp(p.data_to_ms)));
  add("Symbols", std::to_string(p.symbols.size()) + ": " + symbols);
  add("Fingerprint of the data", p.fingerprint);
  add("Label", p.label_json);
  add("Feature set", p.feature_set + ", " + number_text(p.feature_count, 0) + " features, hash " + p.feature_hash);
  add("Time", (std::isnan(evaluation.wall_seconds) ? std::string()
                                                   : number_text(evaluation.wall_seconds, 1) + " s of wall time; ") +
                  counted(evaluation.fits, "fit") + ", " + number_text(evaluation.fit_seconds_summed, 1) +
                  " s summed over those that ran side by side");
  add("Made by", "clm " + p.program_version + ", commit " + p.git_commit);
  if (evaluation.made_at) add("Made", to_minutes_string(*evaluation.made_at) + " UTC");
  out += html_fold("Data, label, features and program", html_table(facts), Fold::open_where_wide);
  if (!evaluation.walk.empty()) out += html_fold("Block by block", walk_table(evaluation.walk), Fold::open_where_wide);
  return out + settings_tables(p.settings);
}

std::string glossary() {
  const std::pair<const char*, const char*> words[] = {
      {"Rank IC",
       "rank information coefficient: at each time the symbols are ranked by forecast and by what came, and the two "
       "rankings correlated; the mean over all times. 0 is chance, 1 perfect; 0.05 to 0.1 is much on hourly bars."},
      {"Baseline",
       "a forecast that needs no machine: always zero, always the commoner sign, the last return (momentum) or its "
       "opposite (reversal); and ridge, a linear regression on the same features."},
      {"Paired", "the difference is taken time by time on the same rows, so that what moves both cancels out."},
      {"Long-short book", "as much money in the best fifth (by default) of the forecasts as against the worst fifth."},
      {"Bps", "basis points, hundredths of a percent. A side is one purchase or one sale; a round trip has two."},
      {"SPA, PBO",
       "superior predictive ability, and the probability of backtest overfitting: the best of many looks good even "
       "where "
       "none is; SPA asks whether the best is better than a baseline all the same, PBO how often choosing by the past "
       "goes "
       "wrong."},
      {"Sharpe ratio", "mean over deviation of the returns, as of a year; around 1 is good, and its interval is wide."},
      {"Walk-forward", "history is gone through block by block: fit on the past, forecast the next block, step on."},
      {"Embargo", "a gap between training and what is judged, so that no label reaches from one into the other."}};
  std::string out = "<details><summary>The words of this page</summary><ul>";
  for (const auto& [word, meaning] : words)
    out += "<li><strong>" + html_escape(word) + "</strong>: " + html_escape(meaning) + "</li>";
  return out + "</ul></details>\n";
}

}  // namespace

EvaluationSummary summarize(const Evaluation& evaluation) {
  const EvidenceFigures& e = evaluation.evidence;
  const DifferenceFigures* closest = closest_baseline(e);
  const bool has_foresight = e.candidate.rank_ic.lo > 0;
  const bool leads = closest == nullptr || closest->rank_ic.lo > 0;
  const std::string costs = number_text(e.cost_bps_per_side, 1) + " bps a side";
  EvaluationSummary out;
  if (!has_foresight) {
    out.heading = "No foresight shown";
    out.kind = "bad";
  } else if (!leads) {
    out.heading = "Foresight, but no more than a baseline has";
    out.kind = "bad";
  } else if (e.candidate.rebalances == 0) {
    out.heading = "Foresight beyond the baselines; whether a long-short book pays could not be measured";
    out.kind = "plain";
  } else if (e.candidate.net_bps.lo > 0) {
    out.heading = "Foresight beyond the baselines, and it pays at " + costs;
    out.kind = "good";
  } else if (e.candidate.net_bps.value > 0) {
    out.heading = "Foresight beyond the baselines; that it pays at " + costs + " is not shown";
    out.kind = "plain";
  } else {
    out.heading = "Foresight beyond the baselines, but it does not pay at " + costs;
    out.kind = "plain";
  }
  for (auto& sentence : {on_foresight(e), on_baselines(e), on_delay(e), on_profit(e), on_constancy(e)})
    if (!sentence.empty()) out.sentences.push_back(sentence);
  return out;
}

std::string evaluation_report(const Evaluation& evaluation, const std::string& source, Timestamp made_at) {
  const EvidenceFigures& e = evaluation.evidence;
  std::string plots;
  if (e.candidate.by_block.empty())
    plots =
        html_paragraph("The document holds no figures by block (an older release wrote it); months stand for them.");
  plots += judgement_plots(e);
  std::vector<HtmlSection> sections{{"summary", "In short", summary_body(evaluation) + glossary()},
                                    {"models", "Models and baselines", comparison_table(e)},
                                    {"selection", "Is the best more than the luckiest?", selection_body(evaluation)},
                                    {"plots", "Lead, constancy, delay, costs", plots},
                                    {"importance", "What the models look at", importance_body(evaluation)}};
  const std::string regimes = regime_table(e);
  if (!regimes.empty())
    sections.push_back({"regimes", "By regime",
                        html_fold("Rank IC, hit rate and bias, regime by regime", regimes, Fold::open_where_wide)});
  sections.push_back({"protocol", "How to run it again", protocol_body(evaluation)});
  const EvaluationSummary summary = summarize(evaluation);
  return html_page("Walk-forward " + to_date_string(Timestamp(e.from_ms)) + " to " +
                       to_date_string(Timestamp(e.to_ms)) + ", " + std::to_string(e.horizon_bars) + " bars ahead",
                   source + " \u00b7 written " + to_minutes_string(made_at) + " UTC by clm report. All times are UTC.",
                   {summary.heading + ". " + summary.sentences.front(), summary.kind}, sections);
}

}  // namespace clm::app
