#include "report/comparison_section.hpp"

#include <cctype>
#include <cmath>
#include <optional>

#include "report/html_page.hpp"
#include "report/plot_frame.hpp"

namespace clm::app {
namespace {

struct Shown {
  const ModelFigures* model;
  std::string name;
  std::string role;
  int colour;
};

constexpr int kActiveColour = 1;
int baseline_colour(std::size_t b) { return 2 + static_cast<int>(b % 5); }
int member_colour(std::size_t m) { return m % 3 < 2 ? 7 + static_cast<int>(m % 3) : kActiveColour; }

/// The candidate, its members, the active version.
std::vector<Shown> models_of(const EvidenceFigures& e) {
  std::vector<Shown> out{{&e.candidate, e.candidate.name + " (" + e.candidate_role + ")", e.candidate_role, 0}};
  for (std::size_t m = 0; m < e.members.size(); ++m)
    out.push_back({&e.members[m], e.members[m].name, "member", member_colour(m)});
  if (e.active) out.push_back({&*e.active, e.active->name + " (active)", "active", kActiveColour});
  return out;
}
Shown baseline_of(const EvidenceFigures& e, std::size_t b) {
  return {&e.baselines[b], e.baselines[b].name, "baseline", baseline_colour(b)};
}
/// Everybody; colours as the plots have them everywhere.
std::vector<Shown> everybody(const EvidenceFigures& e) {
  auto out = models_of(e);
  for (std::size_t b = 0; b < e.baselines.size(); ++b) out.push_back(baseline_of(e, b));
  return out;
}
/// The models and what they have to beat: the baseline of the highest rank IC.
std::vector<Shown> models_and_best_baseline(const EvidenceFigures& e) {
  auto out = models_of(e);
  std::optional<std::size_t> best;
  for (std::size_t b = 0; b < e.baselines.size(); ++b)
    if (!std::isnan(e.baselines[b].rank_ic.value) &&
        (!best || e.baselines[b].rank_ic.value > e.baselines[*best].rank_ic.value))
      best = b;
  if (best) {
    out.push_back(baseline_of(e, *best));
    out.back().name += " (best baseline)";
  }
  return out;
}

int colour_of(const EvidenceFigures& e, const std::string& name) {
  if (e.active && e.active->name == name) return kActiveColour;
  for (std::size_t b = 0; b < e.baselines.size(); ++b)
    if (e.baselines[b].name == name) return baseline_colour(b);
  return 0;
}

std::string forest(const EvidenceFigures& e, Estimate DifferenceFigures::*figure, const PlotText& text) {
  std::vector<ForestRow> rows;
  for (const auto& difference : e.differences) {
    const int colour = colour_of(e, difference.against);
    rows.push_back(
        {"over " + difference.against + (colour == kActiveColour ? " (active)" : ""), colour, difference.*figure});
  }
  return forest_plot(text, rows);
}

void add_figure(std::string& out, const std::string& title, const std::string& how, const std::string& svg,
                const std::string& numbers = {}) {
  if (!svg.empty()) out += html_figure(title, how, svg, numbers);
}

/// What the universe was too small for; empty where nothing was.
std::string too_small_for(const EvidenceFigures& e) {
  std::string out;
  const std::string have = number_text(e.symbols_at_once, 0) + " symbol(s) with forecasts at one time, at least ";
  if (e.candidate.ranked_over_time)
    out += html_paragraph("Rank ICs are over time, symbol by symbol, not across symbols: " + have +
                          number_text(e.min_symbols, 0) + " are needed for that (judging.min_symbols).");
  if (e.candidate.rebalances == 0)
    out += html_paragraph("There is no long-short book: " + have + number_text(e.long_short_min_symbols, 0) +
                          " are needed for one (judging.long_short_min_symbols).");
  return out;
}

/// Rank IC slice by slice: `unit` is what a slice is called.
void add_slices(std::string& out, const EvidenceFigures& e, std::vector<SliceFigures> ModelFigures::*slices,
                const std::string& unit, const std::string& how) {
  std::vector<std::string> places;
  for (const auto& slice : e.candidate.*slices) places.push_back(slice.name);
  std::vector<IntervalSeries> series;
  // Members would make a thicket of many slices; the table below the plot has them.
  const bool crowded = e.members.size() * places.size() > 24;
  std::string heading = unit;
  heading.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(heading.front())));
  HtmlTable numbers{"", {heading, "Model", "Rank IC", "Interval", "Hit rate (%)", "Rows"}, {}};
  for (const auto& shown : models_and_best_baseline(e)) {
    IntervalSeries one{shown.name, shown.colour, std::vector<Estimate>(places.size())};
    for (std::size_t p = 0; p < places.size(); ++p)
      for (const auto& slice : shown.model->*slices) {
        if (slice.name != places[p]) continue;
        one.estimates[p] = slice.rank_ic;
        numbers.rows.push_back(
            {HtmlCell{slice.name, "", HtmlCell::Kind::name}, HtmlCell{shown.name, "", HtmlCell::Kind::word},
             figure_cell(number_text(slice.rank_ic.value, 4)),
             figure_cell(interval_text(slice.rank_ic.lo, slice.rank_ic.hi, 4)),
             figure_cell(number_text(100 * slice.hit_rate, 2)), figure_cell(number_text(slice.rows, 0))});
      }
    if (!crowded || shown.role != "member") series.push_back(std::move(one));
  }
  add_figure(out, "Rank IC by " + unit, how,
             interval_plot({"Rank IC by " + unit + " with intervals", unit, "rank IC", 4}, places, series),
             html_table(numbers));
}

/// By block of the walk; by month where that says more, or where there are no blocks.
void add_periods(std::string& out, const EvidenceFigures& e) {
  const auto& blocks = e.candidate.by_block;
  add_slices(
      out, e, &ModelFigures::by_block, "block",
      "A block is what one fit of the models forecast, named by its first day: the models were fitted only on what "
      "was known before it. Each dot is the block's mean rank correlation of forecast and outcome; where a bar "
      "stays above zero, that block alone shows foresight.");
  if (blocks.size() == e.candidate.by_month.size() && !blocks.empty()) return;
  add_slices(out, e, &ModelFigures::by_month, "month",
             "Each dot is a month's mean rank correlation of forecast and outcome; where a bar stays above zero, that "
             "month alone shows foresight. A model of lasting worth has dots above zero in most months.");
}

void add_delays(std::string& out, const EvidenceFigures& e) {
  std::vector<std::string> places;
  for (const auto& delay : e.candidate.by_delay) places.push_back(std::to_string(delay.delay_bars));
  std::vector<IntervalSeries> series;
  const bool crowded = e.members.size() > 2;
  HtmlTable numbers{"", {"Delay (bars)", "Model", "Rank IC", "Interval", "Gross (bps per rebalance)"}, {}};
  for (const auto& shown : models_and_best_baseline(e)) {
    IntervalSeries one{shown.name, shown.colour, {}};
    for (const auto& delay : shown.model->by_delay) {
      one.estimates.push_back(delay.rank_ic);
      numbers.rows.push_back({figure_cell(std::to_string(delay.delay_bars)),
                              HtmlCell{shown.name, "", HtmlCell::Kind::word},
                              figure_cell(number_text(delay.rank_ic.value, 4)),
                              figure_cell(interval_text(delay.rank_ic.lo, delay.rank_ic.hi, 4)),
                              figure_cell(number_text(delay.gross_bps, 2))});
    }
    if (!crowded || shown.role != "member") series.push_back(std::move(one));
  }
  add_figure(
      out, "Rank IC by delay of entry",
      "How much foresight is left when the trade is entered some bars later than the next open (0 is that open): a "
      "steep fall means that the forecast only works for who is first. " +
          std::string(e.of_next_open
                          ? "0 is what is judged, in the tables and by the policy, whatever delay was learned."
                          : "Measured against the plain return of that entry, so that 0 differs from the "
                            "rank IC against the label that the tables show."),
      interval_plot({"Rank IC against the delay of entry in bars", "delay of entry (bars)", "rank IC", 4}, places,
                    series),
      html_table(numbers));
}

void add_costs(std::string& out, const EvidenceFigures& e) {
  LinePlot plot;
  plot.text = {"Long-short net profit against the cost of trading", "cost (bps a side)",
               "net profit (bps per rebalance)", 2};
  plot.marks = LineMarks::dots;
  HtmlTable numbers{"", {"Model", "Cost (bps a side)", "Net (bps per rebalance)"}, {}};
  for (const auto& shown : everybody(e)) {
    LineSeries line{shown.name, shown.colour, {}, {}};
    for (const auto& level : shown.model->by_cost) {
      line.x.push_back(level.cost_bps);
      line.y.push_back(level.net_bps);
      numbers.rows.push_back({HtmlCell{shown.name, "", HtmlCell::Kind::word},
                              figure_cell(number_text(level.cost_bps, 1)), figure_cell(number_text(level.net_bps, 2))});
    }
    if (!line.x.empty() && shown.model->rebalances > 0) plot.series.push_back(std::move(line));
  }
  const double break_even = e.candidate.break_even_cost_bps;
  if (break_even > 0)
    plot.vertical = LinePlot::Mark{break_even, "breaks even at " + number_text(break_even, 1) + " bps"};
  add_figure(out, "Profit by cost",
             "What a rebalance of the long-short book leaves at a cost a side; the dashed line is where " +
                 e.candidate.name + " breaks even" +
                 std::string(break_even > 0 ? "" : " (there is none: it earns nothing even without costs)") +
                 ". To pay, that must lie right of what you pay.",
             line_plot(plot), html_table(numbers));
}

void add_equity(std::string& out, const EvidenceFigures& e, const std::string& title, const std::string& how,
                EquityCurve ModelFigures::*curve) {
  LinePlot plot;
  plot.text = {title + " over time, after costs", "", "sum of net returns (% of capital)", 1};
  plot.x_axis = LinePlot::XAxis::time_ms;
  for (const auto& shown : everybody(e)) {
    const EquityCurve& values = shown.model->*curve;
    if (values.value.empty()) continue;
    LineSeries line{shown.name, shown.colour, values.time_ms, values.value};
    for (auto& value : line.y) value *= 100;
    plot.series.push_back(std::move(line));
  }
  add_figure(out, title, how, line_plot(plot));
}

std::vector<CalibrationBin> in_percent(std::vector<CalibrationBin> bins) {
  for (auto& bin : bins) {
    bin.probability *= 100;
    bin.share *= 100;
  }
  return bins;
}

void add_calibration(std::string& out, const EvidenceFigures& e) {
  const ModelFigures& c = e.candidate;
  HtmlTable numbers{"", {"Forecast P(up)", "Came true", "Forecasts"}, {}};
  for (const auto& bin : c.calibration)
    numbers.rows.push_back({figure_cell(percent_text(bin.probability, 2)), figure_cell(percent_text(bin.share, 2)),
                            figure_cell(number_text(bin.count, 0))});
  add_figure(out, "Does the probability of a rise come true?",
             "Circles on the dashed diagonal: what is forecast with 52 % happens in 52 % of the cases; area = number "
             "of forecasts; the level line is the base rate, " +
                 percent_text(c.base_rate, 1) + ". Brier score " + number_text(c.brier, 5) + " against " +
                 number_text(c.brier_base, 5) +
                 " for always saying the base rate (lower is better); mean distance from the diagonal " +
                 percent_text(c.calibration_error, 2) + ". " +
                 (c.probability_served ? "Judged is the probability that is served"
                                       : "Nothing was served: judged is a map fitted on other times of the same rows") +
                 "; it is of the price rising" + (e.hedged ? ", though the forecast is relative." : "."),
             calibration_plot({"Reliability diagram of the probability of a rise", "forecast probability of a rise (%)",
                               "share that rose (%)", 2},
                              in_percent(c.calibration), 100 * c.base_rate),
             html_table(numbers));
}

HtmlTable empty_positions_table(const EvidenceFigures& e) {
  return {
      "Single positions, at the same costs: one per symbol at a time, entered where the forecast exceeds the costs, "
      "all "
      "of the same size" +
          std::string(e.hedged ? ", hedged: half in the symbol, half the other way in the mean of all, with the "
                                 "costs of both"
                               : "") +
          std::string(e.of_next_open ? ". Reported only" : "") +
          ". R: profit in units of the volatility at entry. A dash: there was no trade, or too few for an interval.",
      {"Model", "Trades", "Net (bps/trade)", "Win rate (%)", "Average R", "Profit factor", "Sharpe (annual)",
       "Sortino (annual)", "Max drawdown (%)", "Turnover (sides/bar)"},
      {}};
}

}  // namespace

std::string comparison_table(const EvidenceFigures& e) {
  HtmlTable foresight{
      "Foresight, all on the same rows. Rank IC: mean rank correlation of forecast and outcome over the "
      "symbols of a moment" +
          std::string(e.of_next_open ? "; the outcome is the return from the next open to the exit" : "") +
          ". Hit rate: share of signs that were right" + (e.hedged ? ", of the return less the universe's mean" : "") +
          ". Errors against the label, in units of recent volatility; always forecasting zero has an RMSE of " +
          number_text(e.candidate.rmse_zero, 4) +
          ". Brier of P(up): mean squared error of the probability of a rise; 0.25 is a coin. Intervals in small "
          "print.",
      {"Model", "Rank IC", "Hit rate (%)", "RMSE", "MAE", "Bias", "Brier of P(up)"},
      {}};
  HtmlTable book{
      "The long-short book: as much long in the best forecasts as short in the worst, rebalanced every horizon; mean "
      "over all starts. Gross: before costs. Net: at " +
          number_text(e.cost_bps_per_side, 1) +
          " bps a side (bps: hundredths of a percent; a side: a purchase or a sale). Break-even: the cost a side at "
          "which nothing is left. Turnover: the share of the book that a rebalance exchanges. Sharpe ratio: net, a "
          "year. Days needed: of such a book, until its Sharpe ratio is above zero with " +
          percent_text(1 - e.alpha, 0) + " confidence (minimum track record).",
      {"Model", "Rebalances", "Gross (bps/rebal.)", "Net (bps/rebal.)", "Break-even (bps/side)", "Turnover (%/rebal.)",
       "Sharpe (annual)", "Days needed"},
      {}};
  HtmlTable positions = empty_positions_table(e);
  for (const auto& shown : everybody(e)) {
    const ModelFigures& m = *shown.model;
    const auto share = [](const Estimate& s) {
      return std::isfinite(s.lo) ? interval_text(100 * s.lo, 100 * s.hi, 1) : std::string();
    };
    const bool measured = m.trades > 0 && std::isfinite(m.net_bps_per_trade.lo);
    const auto traded = [&](std::string text, std::string note = {}) {
      return measured ? figure_cell(std::move(text), std::move(note)) : figure_cell("\u2013");
    };
    const HtmlCell name{m.name, shown.role, HtmlCell::Kind::name};
    foresight.rows.push_back(
        {name, figure_cell(number_text(m.rank_ic.value, 4), interval_text(m.rank_ic.lo, m.rank_ic.hi, 4)),
         figure_cell(number_text(100 * m.hit_rate.value, 2), share(m.hit_rate)), figure_cell(number_text(m.rmse, 4)),
         figure_cell(number_text(m.mae, 4)), figure_cell(signed_text(m.bias, 4)),
         figure_cell(number_text(m.brier, 5))});
    const bool held = m.long_short_turnover > 0;
    const auto earned = [&](std::string text, std::string note = {}) {
      return held ? figure_cell(std::move(text), std::move(note)) : figure_cell("\u2013");
    };
    book.rows.push_back({name, figure_cell(number_text(m.rebalances, 0)), earned(signed_text(m.gross_bps, 2)),
                         earned(signed_text(m.net_bps.value, 2), interval_text(m.net_bps.lo, m.net_bps.hi, 2)),
                         earned(m.break_even_cost_bps > 0 ? number_text(m.break_even_cost_bps, 1) : "none"),
                         earned(number_text(100 * m.long_short_turnover, 1)),
                         earned(number_text(m.long_short_sharpe.value, 2),
                                interval_text(m.long_short_sharpe.lo, m.long_short_sharpe.hi, 2)),
                         earned(number_text(m.min_track_record_days, 0))});
    const auto traded_with = [&](const Estimate& figure, int decimals) {
      return traded(signed_text(figure.value, decimals), interval_text(figure.lo, figure.hi, decimals));
    };
    positions.rows.push_back({name, figure_cell(number_text(m.trades, 0), m.trades > 0 && !measured ? "too few" : ""),
                              traded_with(m.net_bps_per_trade, 1),
                              traded(number_text(100 * m.win_rate.value, 1), share(m.win_rate)),
                              traded_with(m.average_r, 3), traded(number_text(m.profit_factor, 2)),
                              traded(number_text(m.sharpe, 2)), traded(number_text(m.sortino, 2)),
                              traded(number_text(100 * m.max_drawdown, 1)), traded(number_text(m.turnover, 4))});
  }
  return too_small_for(e) + html_table(foresight) +
         (e.candidate.rebalances > 0
              ? html_fold("The long-short book, after costs", html_table(book), Fold::open_where_wide)
              : std::string()) +
         html_fold("Single positions, after costs", html_table(positions), Fold::open_where_wide);
}

std::string judgement_plots(const EvidenceFigures& e) {
  std::string out;
  const std::string& name = e.candidate.name;
  add_figure(
      out, "Lead in rank IC",
      "Each row is the lead of " + name +
          " over another forecaster on the same rows. Bars are two-sided intervals of " + percent_text(1 - e.alpha, 0) +
          "; one wholly to the right of zero means that the lead is more than chance. (The policy's test is one-sided, "
          "so that it may be passed where a bar just touches zero.)",
      forest(e, &DifferenceFigures::rank_ic, {"Difference in rank IC with intervals", "difference in rank IC", "", 4}));
  const std::string before_costs =
      forest(e, &DifferenceFigures::gross_bps,
             {"Difference in gross profit with intervals", "difference (bps per rebalance)", "", 1});
  add_figure(out, "Lead in profit before costs",
             "The same for the profit of a rebalance before costs, at equal gross exposure.", before_costs);
  // What an older release looked at.
  if (before_costs.empty())
    add_figure(out, "Lead in long-short profit after costs",
               "The same for the net profit of a rebalance: right of zero, " + name + " earns more.",
               forest(e, &DifferenceFigures::net_bps,
                      {"Difference in net profit with intervals", "difference (bps per rebalance)", "", 1}));
  add_periods(out, e);
  add_delays(out, e);
  add_equity(out, e, "Equity of the long-short book, after costs",
             "Sum of the net returns of long the best, short the worst forecasts; a line that falls steadily is a "
             "forecast whose trading costs more than it earns.",
             &ModelFigures::long_short_equity);
  add_costs(out, e);
  std::string positions;
  if (e.candidate.trades > 0) {
    add_equity(positions, e, "Equity of single positions, after costs",
               "Sum of the net returns of one position per symbol, entered only where the forecast exceeds the costs; "
               "flat means no trade.",
               &ModelFigures::positions_equity);
  } else {
    positions =
        "<figure><h4>Equity of single positions</h4>" +
        html_paragraph("No forecast exceeded the costs of a trade, so there was none and there is nothing to plot.") +
        "</figure>\n";
  }
  out += html_fold("Single positions, which decide nothing", positions, Fold::open_where_wide);
  add_calibration(out, e);
  return "<div class=\"plots\">" + out + "</div>\n";
}

std::string regime_table(const EvidenceFigures& e) {
  if (e.candidate.by_regime.empty()) return {};
  HtmlTable table{"By market regime; a forecast that only works in one is to be watched.",
                  {"Model", "Regime", "Times", "Rows", "Rank IC", "Hit rate (%)", "Bias"},
                  {}};
  for (const auto& shown : models_and_best_baseline(e))
    for (const auto& slice : shown.model->by_regime)
      table.rows.push_back(
          {HtmlCell{shown.model->name, "", HtmlCell::Kind::name}, HtmlCell{slice.name, "", HtmlCell::Kind::name},
           figure_cell(number_text(slice.times, 0)), figure_cell(number_text(slice.rows, 0)),
           figure_cell(number_text(slice.rank_ic.value, 4), interval_text(slice.rank_ic.lo, slice.rank_ic.hi, 4)),
           figure_cell(number_text(100 * slice.hit_rate, 2)), figure_cell(signed_text(slice.bias, 4))});
  return html_table(table);
}

}  // namespace clm::app
