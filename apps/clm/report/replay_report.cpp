#include "report/replay_report.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "report/html_page.hpp"
#include "report/json_reading.hpp"
#include "report/marks.hpp"
#include "report/plots.hpp"

namespace clm::app {
namespace {

using Json = nlohmann::json;

Estimate difference_in(const Json& object, const char* key) {
  const Json& d = member(object, key);
  return {number_in(d, "mean"), number_in(d, "lo"), number_in(d, "hi")};
}

std::int64_t time_in(const Json& object, const char* key) {
  const auto time = parse_timestamp(text_in(object, key));
  return time ? time->ms() : 0;
}

ReplayFigures figures_in(const Json& json) {
  ReplayFigures out;
  out.policy = text_in(json, "policy");
  out.from_ms = time_in(json, "from");
  out.to_ms = time_in(json, "to");
  out.bars = number_in(json, "bars");
  out.trainings = number_in(json, "trainings");
  out.retrains = number_in(json, "retrains");
  out.promotions = number_in(json, "promotions");
  out.canaries = number_in(json, "canaries");
  out.rollbacks = number_in(json, "rollbacks");
  out.retreats = number_in(json, "retreats");
  out.refusals = number_in(json, "refusals");
  out.regretted = number_in(json, "promotions_regretted");
  out.cycle_wall_seconds = number_in(json, "cycle_wall_seconds");
  out.served_share = number_in(json, "served_share");
  out.data_age_days = number_in(json, "mean_data_age_days");
  if (const Json& served = member(json, "served"); served.is_object()) out.served = model_figures_in(served);
  const Json& regret = member(json, "regret");
  const std::string best = text_in(member(regret, "best"), "forecaster");
  out.regret = each_of(member(regret, "all"), [&](const Json& r) {
    return ReplayRegret{text_in(r, "in_words"), number_in(r, "bars"), estimate_in(r, "ic_bars"),
                        text_in(r, "forecaster") == best};
  });
  out.regret_warning = text_in(regret, "warning");
  out.timeline = each_of(member(json, "timeline"), [](const Json& e) {
    return ReplayMoment{time_in(e, "at"),      text_in(e, "kind"), text_in(e, "model_type"),
                        text_in(e, "version"), text_in(e, "text"), text_in(member(e, "detail"), "status")};
  });
  return out;
}

std::string count_text(double count) { return number_text(count, 0); }

/// A policy has one colour in all plots.
int colour_of(const ReplayDocument& document, const std::string& policy) {
  for (std::size_t i = 0; i < document.replays.size(); ++i)
    if (document.replays[i].policy == policy) return static_cast<int>(i % 9);
  return 0;
}

/// A figure of trades with its interval; a dash where there was no trade.
HtmlCell of_trades(const Estimate& figure, double count, int decimals) {
  if (!(count > 0)) return figure_cell("\u2013");
  return figure_cell(signed_text(figure.value, decimals), std::isfinite(figure.lo)
                                                              ? interval_text(figure.lo, figure.hi, decimals)
                                                              : std::string("too few for an interval"));
}

std::string policies_table(const ReplayDocument& document) {
  HtmlTable outcome{"What came of it, on the same bars, after costs. Intervals of 95 % in small print.",
                    {"Policy", "Rank IC", "Hit rate (%)", "Long-short net (bps/rebal.)", "Rebalances",
                     "Sharpe (annual)", "Single positions, net (bps/trade)", "Trades", "Max drawdown (%)",
                     "Served (% of rows)", "Age of its data (days)"},
                    {}};
  HtmlTable work{"What it did",
                 {"Policy", "Versions made", "Promoted", "Refused", "Canaries", "Taken back", "Rolled back",
                  "Regretted", "Wall time of the cycles (s)"},
                 {}};
  for (const ReplayFigures& r : document.replays) {
    const ModelFigures served = r.served.value_or(ModelFigures{});
    const HtmlCell name{r.policy, {}, HtmlCell::Kind::name};
    outcome.rows.push_back(
        {name,
         figure_cell(number_text(served.rank_ic.value, 4), interval_text(served.rank_ic.lo, served.rank_ic.hi, 4)),
         figure_cell(number_text(100 * served.hit_rate.value, 1)), of_trades(served.net_bps, served.rebalances, 1),
         figure_cell(count_text(served.rebalances)), of_trades(served.long_short_sharpe, served.rebalances, 2),
         of_trades(served.net_bps_per_trade, served.trades, 1), figure_cell(count_text(served.trades)),
         figure_cell(served.trades > 0 ? number_text(100 * served.max_drawdown, 1) : "\u2013"),
         figure_cell(number_text(100 * r.served_share, 0)), figure_cell(number_text(r.data_age_days, 1))});
    work.rows.push_back({name, figure_cell(count_text(r.trainings)), figure_cell(count_text(r.promotions)),
                         figure_cell(count_text(r.refusals)), figure_cell(count_text(r.canaries)),
                         figure_cell(count_text(r.retreats)), figure_cell(count_text(r.rollbacks)),
                         figure_cell(count_text(r.regretted)), figure_cell(count_text(r.cycle_wall_seconds))});
  }
  std::string out = html_table(outcome) + html_table(work);
  std::vector<ForestRow> rows;
  for (const ReplayDifference& d : document.differences)
    rows.push_back({d.policy + " less " + d.less, colour_of(document, d.less), d.rank_ic});
  const std::string forest =
      forest_plot({"Rank IC of the first policy less the others", "difference in rank IC", "", 4}, rows);
  if (!forest.empty())
    out += html_figure("What the first policy gains",
                       "Paired over time on the bars that all of them served; an interval "
                       "that holds zero shows no difference.",
                       forest);
  return out;
}

/// Empty where no replay has any: of an older release, or with too few symbols to be ranked.
std::string regret_body(const ReplayDocument& document) {
  HtmlTable table{
      "What each policy served less who might have spoken in its place, on the same bars. Below zero: it was "
      "behind. Intervals of 95 % in small print.",
      {"Policy", "Less", "IC-bars", "Bars", "In hindsight"},
      {}};
  std::string warnings;
  for (const ReplayFigures& r : document.replays) {
    for (const ReplayRegret& one : r.regret)
      table.rows.push_back({HtmlCell{r.policy, {}, HtmlCell::Kind::name}, HtmlCell{one.less, {}, HtmlCell::Kind::word},
                            figure_cell(signed_text(one.ic_bars.value, 1),
                                        std::isfinite(one.ic_bars.lo) ? interval_text(one.ic_bars.lo, one.ic_bars.hi, 1)
                                                                      : std::string("too few days for an interval")),
                            figure_cell(count_text(one.bars)),
                            HtmlCell{one.is_best ? "the best" : "", {}, HtmlCell::Kind::word}});
    if (!r.regret_warning.empty()) warnings += html_paragraph(r.policy + ": " + r.regret_warning + ".");
  }
  if (table.rows.empty()) return {};
  return html_paragraph(
             "One IC-bar is a rank IC of 1 for one bar. Chance alone takes two equally good forecasters some 26 "
             "IC-bars "
             "apart within two years of hourly bars (one standard deviation). The newest vintages are those of each "
             "recipe in service, as the policy periodic would let them speak; the first lineup goes on speaking after "
             "it "
             "left.") +
         warnings + html_table(table);
}

std::string equity_plot(const ReplayDocument& document) {
  LinePlot plot;
  plot.text = {"Equity of what each policy served", "", "sum of net returns (% of capital)", 1};
  plot.x_axis = LinePlot::XAxis::time_ms;
  for (const ReplayFigures& r : document.replays) {
    if (!r.served || r.served->rebalances == 0) continue;
    LineSeries line{r.policy, colour_of(document, r.policy), r.served->long_short_equity.time_ms,
                    r.served->long_short_equity.value};
    for (double& value : line.y) value *= 100;
    plot.series.push_back(std::move(line));
  }
  const std::string svg = line_plot(plot);
  return svg.empty()
             ? ""
             : html_figure("Equity", "The long-short book on the forecasts that were served, after costs.", svg);
}

std::string monthly_plot(const ReplayDocument& document) {
  std::vector<std::string> months;
  for (const ReplayFigures& r : document.replays)
    if (r.served)
      for (const SliceFigures& slice : r.served->by_month)
        if (std::find(months.begin(), months.end(), slice.name) == months.end()) months.push_back(slice.name);
  std::sort(months.begin(), months.end());
  std::vector<IntervalSeries> series;
  for (const ReplayFigures& r : document.replays) {
    if (!r.served) continue;
    IntervalSeries one{r.policy, colour_of(document, r.policy), std::vector<Estimate>(months.size())};
    for (const SliceFigures& slice : r.served->by_month)
      one.estimates[static_cast<std::size_t>(std::find(months.begin(), months.end(), slice.name) - months.begin())] =
          slice.rank_ic;
    series.push_back(std::move(one));
  }
  const std::string svg = interval_plot({"Rank IC by month", "month", "rank IC", 4}, months, series);
  return svg.empty() ? "" : html_figure("Rank IC by month", "Of what was served, with 95 % intervals.", svg);
}

/// A version in service, over the whole replay or part of it.
struct Service {
  std::string model_type, version, why;
  std::int64_t from_ms = 0, to_ms = 0;
  bool at_the_end = false;
};

std::vector<Service> services_of(const ReplayFigures& replay) {
  std::vector<Service> out;
  std::map<std::string, Service> open;
  const auto close = [&](const std::string& type, std::int64_t at_ms, bool at_the_end) {
    const auto found = open.find(type);
    if (found == open.end()) return;
    found->second.to_ms = at_ms;
    found->second.at_the_end = at_the_end;
    out.push_back(found->second);
    open.erase(found);
  };
  for (const ReplayMoment& moment : replay.timeline) {
    if (moment.kind == "retired") close(moment.model_type, moment.at_ms, false);
    if (moment.model_type.empty() || (moment.kind != "promoted" && moment.kind != "rolled_back")) continue;
    close(moment.model_type, moment.at_ms, false);
    const bool back = moment.kind == "rolled_back";
    open[moment.model_type] = {moment.model_type, back ? "the one before" : moment.version,
                               (back ? "back after: " : "") + moment.text, moment.at_ms, replay.to_ms};
  }
  std::vector<std::string> types;
  for (const auto& [type, service] : open) types.push_back(type);
  for (const auto& type : types) close(type, replay.to_ms, true);
  return out;
}

std::optional<Mark> mark_of(const ReplayMoment& moment) {
  const std::string& kind = moment.kind;
  if (kind == "promoted") return Mark::taken;
  if (kind == "rejected" || kind == "retreat" || kind == "rolled_back") return Mark::refused;
  if (kind == "trained") return moment.status == "rejected" || moment.status == "failed" ? Mark::refused : Mark::open;
  return kind == "canary" ? std::optional(Mark::open) : std::nullopt;
}

/// Who was active when, by model type, with the decisions as marks.
std::string bands_plot(const ReplayFigures& replay) {
  std::map<std::string, StripRow> rows;
  for (const Service& service : services_of(replay))
    rows[service.model_type].stretches.push_back(
        {service.from_ms, service.to_ms, "band", service.version + ": " + service.why});
  for (const ReplayMoment& moment : replay.timeline)
    if (const auto mark = mark_of(moment); mark && !moment.model_type.empty())
      rows[moment.model_type].marks.push_back(
          {moment.at_ms, *mark, moment.kind + " " + moment.version + ": " + moment.text});
  std::vector<StripRow> list;
  for (auto& [type, row] : rows) {
    row.name = type;
    list.push_back(std::move(row));
  }
  const std::string strip = strip_plot("Active versions over time", replay.from_ms, replay.to_ms, 28, list);
  return strip.empty() ? strip
                       : mark_legend("promoted", "refused, taken back or rolled back", "trained, or a canary") + strip;
}

std::string timeline_body(const ReplayFigures& replay) {
  std::string out;
  const std::string bands = bands_plot(replay);
  if (!bands.empty())
    out += html_figure("Who was active",
                       "A band is the active version of a type, the newest of its vintages; those before it that still "
                       "speak are members of the ensemble. Marks are trainings and decisions, with their reasons as "
                       "tooltips.",
                       bands);
  HtmlTable table{"What happened", {"When", "What", "Model", "Version", "Why"}, {}};
  for (const ReplayMoment& moment : replay.timeline) {
    table.rows.push_back({HtmlCell{to_minutes_string(Timestamp(moment.at_ms)), {}, HtmlCell::Kind::name},
                          HtmlCell{moment.kind == "rolled_back" ? "rolled back" : moment.kind,
                                   moment.status == "rejected" ? "and refused" : "", HtmlCell::Kind::word},
                          HtmlCell{moment.model_type, {}, HtmlCell::Kind::name},
                          HtmlCell{moment.version, {}, HtmlCell::Kind::name},
                          HtmlCell{moment.text, {}, HtmlCell::Kind::word}});
  }
  return out + html_fold("Every event with its reason", html_table(table));
}

/// "rank IC 0.0123, 95 % interval [0.0050, 0.0196]".
std::string with_interval(const std::string& name, const Estimate& estimate, int decimals) {
  return name + " " + number_text(estimate.value, decimals) +
         (std::isfinite(estimate.lo) ? ", 95 % interval " + interval_text(estimate.lo, estimate.hi, decimals)
                                     : std::string(" (too few bars for an interval)"));
}

std::string what_was_served(const ReplayFigures& r) {
  if (!r.served)
    return r.policy + " served nothing: no version came into service" +
           (r.trainings > 0 && r.promotions == 0 && r.refusals == 0
                ? ", and none was refused: all were in the shadow at the end, or policy.mode is not enforced."
                : ".");
  std::string out = r.policy + " served " + percent_text(r.served_share, 0) + " of the rows: " +
                    with_interval(r.served->ranked_over_time ? "rank IC over time" : "rank IC", r.served->rank_ic, 4);
  if (r.served->rebalances > 0)
    out += "; " + with_interval("the long-short book made", r.served->net_bps, 1) + " bps net a rebalance in " +
           count_text(r.served->rebalances) + " rebalances";
  else
    out += "; too few symbols at one time for a long-short book";
  return out + ".";
}

std::string what_it_did(const ReplayFigures& r) {
  std::string serving;
  for (const Service& service : services_of(r))
    if (service.at_the_end) serving += (serving.empty() ? "" : ", ") + service.model_type + " " + service.version;
  // A lineup is put together of versions that were trained, and trained by nobody.
  const auto lineups = std::count_if(r.timeline.begin(), r.timeline.end(), [](const ReplayMoment& moment) {
    return moment.kind == "trained" && moment.model_type == "ensemble";
  });
  return " It trained " + count_text(r.trainings - static_cast<double>(lineups)) + " versions" +
         (lineups > 0 ? " and made " + count_text(static_cast<double>(lineups)) +
                            (lineups == 1 ? " ensemble of such" : " ensembles of such")
                      : "") +
         ", promoted " + count_text(r.promotions) + ", refused " + count_text(r.refusals) + " and took back " +
         count_text(std::isnan(r.retreats + r.rollbacks) ? 0 : r.retreats + r.rollbacks) +
         "; in service at the end: " + (serving.empty() ? "nobody" : serving) + ".";
}

}  // namespace

HtmlVerdict replay_verdict(const ReplayDocument& document) {
  if (document.replays.empty()) return {};
  const ReplayFigures& first = document.replays.front();
  HtmlVerdict out;
  out.kind = !first.served || first.served->rank_ic.hi < 0 ? "bad" : first.served->rank_ic.lo > 0 ? "good" : "plain";
  out.sentence = what_was_served(first) + what_it_did(first);
  for (const ReplayDifference& d : document.differences)
    out.sentence += " Less " + d.less + ": " + with_interval("rank IC", d.rank_ic, 4) +
                    (d.rank_ic.lo > 0   ? ", shown to be better."
                     : d.rank_ic.hi < 0 ? ", shown to be worse."
                                        : ", no difference shown.");
  return out;
}

ReplayDocument replay_document_in(const Json& json) {
  ReplayDocument document;
  document.made_at_ms = integer_in(json, "made_at_ms");
  document.replays = each_of(member(json, "replays"), figures_in);
  document.differences = each_of(member(json, "comparisons"), [](const Json& c) {
    return ReplayDifference{text_in(c, "policy"), text_in(c, "less"), difference_in(c, "rank_ic"),
                            difference_in(c, "long_short_net_bps")};
  });
  return document;
}

Result<ReplayDocument> read_replay_file(const std::filesystem::path& file) {
  const auto text = read_file(file);
  if (!text) return forward_error(text);
  const Json json = Json::parse(*text, nullptr, false);
  ReplayDocument document = replay_document_in(json);
  if (json.is_discarded() || document.replays.empty())
    return fail(ErrorKind::data, "report.replay", "this is not a document of clm replay", file.string(),
                "Name a file that clm replay wrote, or 'latest'.");
  return document;
}

std::string replay_report(const ReplayDocument& document, const std::string& source, Timestamp made_at) {
  std::vector<HtmlSection> sections{
      {"policies", "Policies side by side", policies_table(document)},
      {"outcome", "What came of it",
       "<div class=\"plots\">" + equity_plot(document) + monthly_plot(document) + "</div>"}};
  if (const std::string regret = regret_body(document); !regret.empty())
    sections.push_back({"regret", "What was served less who might have spoken", regret});
  for (const ReplayFigures& replay : document.replays)
    sections.push_back({"timeline-" + replay.policy, "Timeline: " + replay.policy, timeline_body(replay)});
  const ReplayFigures& first = document.replays.front();
  return html_page(
      "Replay " + to_date_string(Timestamp(first.from_ms)) + " to " + to_date_string(Timestamp(first.to_ms)),
      source + " \u00b7 written " + to_minutes_string(made_at) +
          " UTC by clm report. All times are UTC, those of the data.",
      replay_verdict(document), sections);
}

}  // namespace clm::app
