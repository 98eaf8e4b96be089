#include "report/replay_report.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "base/file_io.hpp"
#include "report/html_page.hpp"
#include "report/json_reading.hpp"

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
  out.training_seconds = number_in(json, "training_seconds");
  out.served_share = number_in(json, "served_share");
  out.data_age_days = number_in(json, "mean_data_age_days");
  if (const Json& served = member(json, "served"); served.is_object()) out.served = model_figures_in(served);
  out.timeline = each_of(member(json, "timeline"), [](const Json& e) {
    return ReplayMoment{time_in(e, "at"), text_in(e, "kind"), text_in(e, "model_type"), text_in(e, "version"),
                        text_in(e, "text")};
  });
  return out;
}

std::string count_text(double count) { return number_text(count, 0); }

std::string policies_table(const ReplayDocument& document) {
  HtmlTable outcome{"What came of it, on the same bars",
                    {"Policy", "Rank IC", "Hit rate", "Net (bps a trade)", "Long-short net (bps)", "Sharpe", "Drawdown",
                     "Served", "Data age (days)"},
                    {}};
  HtmlTable work{"What it did",
                 {"Policy", "Trainings", "Promoted", "Refused", "Canaries", "Taken back", "Rolled back", "Regretted",
                  "Training (s)"},
                 {}};
  for (const ReplayFigures& r : document.replays) {
    const ModelFigures served = r.served.value_or(ModelFigures{});
    const HtmlCell name{r.policy, {}, HtmlCell::Kind::name};
    outcome.rows.push_back(
        {name,
         figure_cell(number_text(served.rank_ic.value, 4), interval_text(served.rank_ic.lo, served.rank_ic.hi, 4)),
         figure_cell(percent_text(served.hit_rate.value, 1)), figure_cell(signed_text(served.net_bps_per_trade, 1)),
         figure_cell(signed_text(served.net_bps.value, 1), interval_text(served.net_bps.lo, served.net_bps.hi, 1)),
         figure_cell(number_text(served.long_short_sharpe, 2)), figure_cell(percent_text(served.max_drawdown, 1)),
         figure_cell(percent_text(r.served_share, 0)), figure_cell(number_text(r.data_age_days, 1))});
    work.rows.push_back({name, figure_cell(count_text(r.trainings)), figure_cell(count_text(r.promotions)),
                         figure_cell(count_text(r.refusals)), figure_cell(count_text(r.canaries)),
                         figure_cell(count_text(r.retreats)), figure_cell(count_text(r.rollbacks)),
                         figure_cell(count_text(r.regretted)), figure_cell(count_text(r.training_seconds))});
  }
  std::string out = html_table(outcome) + html_table(work);
  std::vector<ForestRow> rows;
  for (const ReplayDifference& d : document.differences)
    rows.push_back({d.policy + " less " + d.less, static_cast<int>(rows.size()) + 2, d.rank_ic});
  const std::string forest =
      forest_plot({"Rank IC of the first policy less the others", "difference in rank IC", "", 4}, rows);
  if (!forest.empty())
    out += html_figure("What the first policy gains",
                       "Paired over time on the bars that all of them served; an interval "
                       "that holds zero shows no difference.",
                       forest);
  return out;
}

std::string equity_plot(const ReplayDocument& document) {
  LinePlot plot;
  plot.text = {"Equity of what each policy served", "", "cumulative net return", 3};
  plot.x_axis = LinePlot::XAxis::time_ms;
  for (const ReplayFigures& r : document.replays)
    if (r.served)
      plot.series.push_back({r.policy, static_cast<int>(plot.series.size()), r.served->long_short_equity.time_ms,
                             r.served->long_short_equity.value});
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
    IntervalSeries one{r.policy, static_cast<int>(series.size()), std::vector<Estimate>(months.size())};
    for (const SliceFigures& slice : r.served->by_month)
      one.estimates[static_cast<std::size_t>(std::find(months.begin(), months.end(), slice.name) - months.begin())] =
          slice.rank_ic;
    series.push_back(std::move(one));
  }
  const std::string svg = interval_plot({"Rank IC by month", "month", "rank IC", 4}, months, series);
  return svg.empty() ? "" : html_figure("Rank IC by month", "Of what was served, with 95 % intervals.", svg);
}

/// Who was active when, by model type, with the decisions as marks.
std::string bands_plot(const ReplayFigures& replay) {
  std::map<std::string, StripRow> rows;
  std::map<std::string, Stretch> open;
  const auto close = [&](const std::string& type, std::int64_t at_ms) {
    const auto found = open.find(type);
    if (found == open.end()) return;
    found->second.to_ms = at_ms;
    rows[type].stretches.push_back(found->second);
    open.erase(found);
  };
  for (const ReplayMoment& moment : replay.timeline) {
    if (moment.model_type.empty()) continue;
    StripRow& row = rows[moment.model_type];
    row.name = moment.model_type;
    const std::string title = moment.kind + " " + moment.version + ": " + moment.text;
    if (moment.kind == "promoted") {
      close(moment.model_type, moment.at_ms);
      open[moment.model_type] = {moment.at_ms, replay.to_ms, "band", moment.version + ": " + moment.text};
      row.marks.push_back({moment.at_ms, MomentMark::Kind::taken, title});
    } else if (moment.kind == "rolled_back") {
      close(moment.model_type, moment.at_ms);
      open[moment.model_type] = {moment.at_ms, replay.to_ms, "band", "back after: " + moment.text};
      row.marks.push_back({moment.at_ms, MomentMark::Kind::refused, title});
    } else if (moment.kind == "rejected" || moment.kind == "retreat") {
      row.marks.push_back({moment.at_ms, MomentMark::Kind::refused, title});
    } else if (moment.kind == "trained" || moment.kind == "canary") {
      row.marks.push_back({moment.at_ms, MomentMark::Kind::other, title});
    }
  }
  std::vector<std::string> types;
  for (const auto& [type, row] : rows) types.push_back(type);
  for (const auto& type : types) close(type, replay.to_ms);
  std::vector<StripRow> list;
  for (auto& [type, row] : rows) list.push_back(std::move(row));
  return strip_plot({"Active versions over time", "", "", 0}, replay.from_ms, replay.to_ms, 26, list);
}

std::string timeline_body(const ReplayFigures& replay) {
  std::string out;
  const std::string bands = bands_plot(replay);
  if (!bands.empty())
    out += html_figure("Who was active",
                       "A band is a version in service; marks are trainings and decisions, with their "
                       "reasons as tooltips.",
                       bands);
  HtmlTable table{"What happened", {"When", "What", "Model", "Version", "Why"}, {}};
  for (const ReplayMoment& moment : replay.timeline) {
    const auto kind = moment.kind == "promoted" ? HtmlCell::Kind::good
                      : moment.kind == "rejected" || moment.kind == "rolled_back" || moment.kind == "retreat"
                          ? HtmlCell::Kind::bad
                          : HtmlCell::Kind::word;
    table.rows.push_back({HtmlCell{to_minutes_string(Timestamp(moment.at_ms)), {}, HtmlCell::Kind::name},
                          HtmlCell{moment.kind, {}, kind}, HtmlCell{moment.model_type, {}, HtmlCell::Kind::name},
                          HtmlCell{moment.version, {}, HtmlCell::Kind::name},
                          HtmlCell{moment.text, {}, HtmlCell::Kind::word}});
  }
  return out + "<details><summary>Every event with its reason</summary>" + html_table(table) + "</details>";
}

}  // namespace

Result<ReplayDocument> read_replay_file(const std::filesystem::path& file) {
  const auto text = read_file(file);
  if (!text) return forward_error(text);
  const Json json = Json::parse(*text, nullptr, false);
  ReplayDocument document;
  document.made_at_ms = integer_in(json, "made_at_ms");
  document.replays = each_of(member(json, "replays"), figures_in);
  if (json.is_discarded() || document.replays.empty())
    return fail(ErrorKind::data, "report.replay", "this is not a document of clm replay", file.string(),
                "Name a file that clm replay wrote, or 'latest'.");
  document.differences = each_of(member(json, "comparisons"), [](const Json& c) {
    return ReplayDifference{text_in(c, "policy"), text_in(c, "less"), difference_in(c, "rank_ic"),
                            difference_in(c, "long_short_net_bps")};
  });
  return document;
}

std::string replay_report(const ReplayDocument& document, const std::string& source, Timestamp made_at) {
  std::vector<HtmlSection> sections{{"policies", "Policies side by side", policies_table(document)},
                                    {"outcome", "What came of it", equity_plot(document) + monthly_plot(document)}};
  for (const ReplayFigures& replay : document.replays)
    sections.push_back({"timeline-" + replay.policy, "Timeline: " + replay.policy, timeline_body(replay)});
  const ReplayFigures& first = document.replays.front();
  return html_page(
      "Replay " + to_date_string(Timestamp(first.from_ms)) + " to " + to_date_string(Timestamp(first.to_ms)),
      source + " \u00b7 written " + to_minutes_string(made_at) + " UTC by clm report. All times are UTC.", sections);
}

}  // namespace clm::app
