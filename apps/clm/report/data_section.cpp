#include "report/data_section.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace clm::app {
namespace {

constexpr int kCells = 760;
constexpr std::size_t kFindingsShown = 4;
constexpr std::size_t kSeriesUnfolded = 8;  ///< more are folded: they would hide all else

enum class CellState : char { outside, present, missing, unusable };

std::string coverage_legend() {
  std::string out = "<p class=\"legend\">";
  for (const auto& [css, words] : {std::pair{"present", "present"}, std::pair{"missing", "bars missing"},
                                   std::pair{"unusable", "unusable (frozen, no volume, invalid)"}})
    out += std::string("<span><svg width=\"14\" height=\"14\" role=\"img\" aria-label=\"") + css +
           "\"><rect width=\"14\" height=\"14\" class=\"" + css + "\"/></svg> " + words + "</span>";
  return out + "</p>";
}

/// Rows of a strip plot share a time axis, so each venue and interval has its own plot.
std::string coverage_figure(const std::string& group, const std::vector<const SeriesCoverage*>& series) {
  TimeRange span{Timestamp::max(), Timestamp::min()};
  for (const auto* one : series) {
    if (one->rows == 0) continue;
    span.from = std::min(span.from, one->range.from);
    span.to = std::max(span.to, one->range.to);
  }
  if (span.empty()) return {};
  std::vector<StripRow> rows;
  for (const auto* one : series)
    rows.push_back({one->symbol + (one->status == "ok" ? "" : " (" + one->status + ")"),
                    coverage_stretches(*one, span, kCells),
                    {}});
  return html_figure(
      group,
      "A row per symbol from its first to its last bar; what is missing or unusable in however "
      "few bars is drawn at least one unit wide, and never enters a training.",
      coverage_legend() + strip_plot("Coverage over time of " + std::to_string(series.size()) + " series of " + group,
                                     span.from.ms(), span.to.ms(), 14, rows));
}

std::string findings_text(const SeriesCoverage& series) {
  std::string out;
  for (std::size_t i = 0; i < std::min(kFindingsShown, series.findings.size()); ++i)
    out += (i == 0 ? "" : "; ") + series.findings[i];
  if (series.findings.size() > kFindingsShown)
    out += "; and " + std::to_string(series.findings.size() - kFindingsShown) + " more (clm data --json has all)";
  return out;
}

std::string series_table(std::vector<SeriesCoverage> series) {
  std::stable_partition(series.begin(), series.end(), [](const auto& one) { return one.status != "ok"; });
  HtmlTable table{"What is stored, and what is wrong with it; series that are not ok come first.",
                  {"Symbol", "Venue, interval", "Bars", "From (UTC)", "To (UTC)", "Missing (bars)", "Usable (%)",
                   "Status", "Findings"},
                  {}};
  for (const auto& one : series) {
    const auto word = [](std::string text) { return HtmlCell{std::move(text), "", HtmlCell::Kind::word}; };
    const auto name = [](std::string text) { return HtmlCell{std::move(text), "", HtmlCell::Kind::name}; };
    table.rows.push_back({name(one.symbol), word(one.venue + ", " + one.interval),
                          figure_cell(number_text(static_cast<double>(one.rows), 0)),
                          name(one.rows > 0 ? to_minutes_string(one.range.from) : ""),
                          name(one.rows > 0 ? to_minutes_string(one.range.to) : ""),
                          figure_cell(number_text(static_cast<double>(one.missing_bars), 0)),
                          figure_cell(number_text(100 * one.usable_share, 1)),
                          HtmlCell{one.status + (one.usable ? "" : ", not learned from"), "",
                                   one.status == "ok" ? HtmlCell::Kind::good : HtmlCell::Kind::bad},
                          word(findings_text(one))});
  }
  return html_table(table);
}

}  // namespace

std::vector<Stretch> coverage_stretches(const SeriesCoverage& series, const TimeRange& span, int cells) {
  if (series.rows == 0 || span.empty() || cells < 1) return {};
  const double width = static_cast<double>((span.to - span.from).count()) / cells;
  const auto start_of = [&](int cell) { return span.from.ms() + static_cast<std::int64_t>(width * cell); };
  std::vector<CellState> states(static_cast<std::size_t>(cells), CellState::outside);
  const auto paint = [&](const TimeRange& range, CellState state) {
    const auto first = static_cast<double>((range.from - span.from).count()) / width;
    const auto end = static_cast<double>((range.to - span.from).count()) / width;
    const int from = std::clamp(static_cast<int>(first), 0, cells - 1);
    const int to = std::clamp(static_cast<int>(end), from + 1, cells);
    std::fill(states.begin() + from, states.begin() + to, state);
  };
  paint(series.range, CellState::present);
  for (const auto& range : series.missing) paint(range, CellState::missing);
  for (const auto& range : series.unusable) paint(range, CellState::unusable);

  std::vector<Stretch> out;
  for (int begin = 0; begin < cells;) {
    const CellState state = states[static_cast<std::size_t>(begin)];
    int end = begin + 1;
    while (end < cells && states[static_cast<std::size_t>(end)] == state) ++end;
    if (state != CellState::outside) {
      const std::string css = state == CellState::present   ? "present"
                              : state == CellState::missing ? "missing"
                                                            : "unusable";
      const Timestamp from(start_of(begin)), to(start_of(end));
      out.push_back({from.ms(), to.ms(), css,
                     series.symbol + ": " + (state == CellState::missing ? "bars missing" : css) + ", about " +
                         to_minutes_string(from) + " to " + to_minutes_string(to)});
    }
    begin = end;
  }
  return out;
}

namespace {

std::string states_of(const std::vector<SeriesCoverage>& series) {
  std::map<std::string, int> by_status;
  for (const auto& one : series) ++by_status[one.status];
  std::string states;
  for (const auto& [status, count] : by_status)
    states += (states.empty() ? "" : ", ") + std::to_string(count) + " " + status;
  return states;
}

HtmlVerdict data_verdict(const std::vector<SeriesCoverage>& series) {
  if (series.empty()) return {"Nothing is stored yet.", "plain"};
  double bars = 0, usable_bars = 0;
  std::string worst;
  double least = 2;
  std::size_t left_out = 0;
  Timestamp newest = Timestamp::min();
  for (const auto& one : series) {
    const auto rows = static_cast<double>(one.rows);
    bars += rows;
    usable_bars += rows * one.usable_share;
    if (one.rows > 0) newest = std::max(newest, one.range.to);
    if (!one.usable) ++left_out;
    if (one.usable_share >= least) continue;
    least = one.usable_share;
    worst = one.symbol;
  }
  HtmlVerdict out;
  out.kind = left_out > 0 ? "bad" : states_of(series) == std::to_string(series.size()) + " ok" ? "good" : "plain";
  out.sentence = std::to_string(series.size()) + " series, " + number_text(bars, 0) + " bars until " +
                 (newest > Timestamp::min() ? to_minutes_string(newest) : "never") + ": " +
                 percent_text(bars > 0 ? usable_bars / bars : std::nan(""), 1) + " of the bars can be learned from (" +
                 states_of(series) + ")." +
                 (least < 1 ? " The least usable is " + worst + ", " + percent_text(least, 1) + "." : "") +
                 (left_out > 0 ? " " + std::to_string(left_out) + " of the series cannot be used as a whole." : "");
  return out;
}

}  // namespace

HtmlSection data_section(const std::vector<SeriesCoverage>& series) {
  HtmlSection section{"data", "The data", {}};
  if (series.empty()) {
    section.body = html_paragraph(
        "Nothing is stored yet. Bring candles in: clm import PATH, clm fetch binance, or clm "
        "simulate for a market whose truth is known.");
    return section;
  }
  std::map<std::string, std::vector<const SeriesCoverage*>> groups;
  double bars = 0;
  for (const auto& one : series) {
    groups[one.venue + ", " + one.interval].push_back(&one);
    bars += static_cast<double>(one.rows);
  }
  section.body = html_paragraph(std::to_string(series.size()) + " series, " + number_text(bars, 0) +
                                " bars: " + states_of(series) +
                                ". Only usable bars are learned from; a symbol stays in the universe whatever became "
                                "of it later, so that survivors are not favoured.");
  const Fold fold = series.size() > kSeriesUnfolded ? Fold::closed : Fold::open;
  for (const auto& [group, members] : groups)
    section.body += html_fold("Coverage over time: " + group, coverage_figure(group, members), fold);
  section.body += html_fold("Series by series", series_table(series), fold);
  return section;
}

std::string data_report(const std::vector<SeriesCoverage>& series, Timestamp made_at) {
  return html_page("Stored data", "Written " + to_minutes_string(made_at) + " UTC by clm report. All times are UTC.",
                   data_verdict(series), {data_section(series)});
}

}  // namespace clm::app
