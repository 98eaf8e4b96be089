#include "report/data_section.hpp"

#include <algorithm>
#include <map>

namespace clm::app {
namespace {

constexpr int kCells = 760;
constexpr std::size_t kFindingsShown = 4;

enum class CellState : char { outside, present, missing, unusable };

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
  const std::string legend =
      "<svg viewBox=\"0 0 1000 20\" aria-hidden=\"true\"><rect x=\"0\" y=\"4\" width=\"14\" height=\"12\" "
      "class=\"present\"/><text x=\"20\" y=\"14\">present</text><rect x=\"90\" y=\"4\" width=\"14\" height=\"12\" "
      "class=\"missing\"/><text x=\"110\" y=\"14\">bars missing</text><rect x=\"205\" y=\"4\" width=\"14\" "
      "height=\"12\" class=\"unusable\"/><text x=\"225\" y=\"14\">unusable (frozen, no volume, invalid)</text></svg>";
  return html_figure(
      group,
      "A row per symbol from its first to its last bar; what is missing or unusable in however "
      "few bars is drawn at least one unit wide, and never enters a training.",
      legend + strip_plot({"Coverage over time of " + std::to_string(series.size()) + " series of " + group, "", "", 0},
                          span.from.ms(), span.to.ms(), series.size() > 30 ? 16 : 20, rows));
}

std::string findings_text(const SeriesCoverage& series) {
  std::string out;
  for (std::size_t i = 0; i < std::min(kFindingsShown, series.findings.size()); ++i)
    out += (i == 0 ? "" : "; ") + series.findings[i];
  if (series.findings.size() > kFindingsShown)
    out += "; and " + std::to_string(series.findings.size() - kFindingsShown) + " more (clm data --json has all)";
  return out;
}

std::string series_table(const std::vector<SeriesCoverage>& series) {
  HtmlTable table{"What is stored, and what is wrong with it.",
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

HtmlSection data_section(const std::vector<SeriesCoverage>& series) {
  HtmlSection section{"data", "The data", {}};
  if (series.empty()) {
    section.body = html_paragraph(
        "Nothing is stored yet. Bring candles in: clm import PATH, clm fetch binance, or clm "
        "simulate for a market whose truth is known.");
    return section;
  }
  std::map<std::string, std::vector<const SeriesCoverage*>> groups;
  std::map<std::string, int> by_status;
  double bars = 0;
  for (const auto& one : series) {
    groups[one.venue + ", " + one.interval].push_back(&one);
    ++by_status[one.status];
    bars += static_cast<double>(one.rows);
  }
  std::string states;
  for (const auto& [status, count] : by_status)
    states += (states.empty() ? "" : ", ") + std::to_string(count) + " " + status;
  section.body =
      html_paragraph(std::to_string(series.size()) + " series, " + number_text(bars, 0) + " bars: " + states +
                     ". Only usable bars are learned from; a symbol stays in the universe whatever became "
                     "of it later, so that survivors are not favoured.");
  for (const auto& [group, members] : groups) section.body += coverage_figure(group, members);
  section.body += series_table(series);
  return section;
}

std::string data_report(const std::vector<SeriesCoverage>& series, Timestamp made_at) {
  return html_page("Stored data", "Written " + to_minutes_string(made_at) + " UTC by clm report. All times are UTC.",
                   {data_section(series)});
}

}  // namespace clm::app
