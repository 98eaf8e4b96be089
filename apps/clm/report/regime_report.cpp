#include "report/regime_report.hpp"

#include <algorithm>
#include <cmath>

#include "report/html_page.hpp"

namespace clm::app {
namespace {

/// Points of a line: about one a pixel of a wide page.
constexpr std::size_t kMostPoints = 1'200;

/// Of drifts in clustered volatility: `clm error-rates --scenarios regimes --n 1000 --seed 1` (docs/QUALITY.md).
struct TrendDelay {
  const char *drift, *found, *median_days, *slow_days;
};
constexpr TrendDelay kTrendDelays[] = {{"0.25", "98.9", "46", "101"},
                                       {"0.50", "100.0", "18", "39"},
                                       {"1.00", "100.0", "6.9", "13"},
                                       {"1.50", "100.0", "4.3", "7.6"},
                                       {"2.00", "100.0", "3.1", "5.4"}};

double days_of(std::int64_t span_ms) { return static_cast<double>(span_ms) / static_cast<double>(kDayMs); }

std::string span_text(std::int64_t from_ms, std::int64_t to_ms) {
  return to_minutes_string(Timestamp(from_ms)) + " to " + to_minutes_string(Timestamp(to_ms));
}

HtmlCell when_cell(std::int64_t at_ms) { return {to_minutes_string(Timestamp(at_ms)), {}, HtmlCell::Kind::name}; }

/// Every so many points, and the last.
std::vector<PlotPoint> thinned(const std::vector<PlotPoint>& points) {
  const std::size_t every = std::max<std::size_t>(1, points.size() / kMostPoints);
  std::vector<PlotPoint> out;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (i % every == 0 || i + 1 == points.size()) out.push_back(points[i]);
  return out;
}

/// NaN where there is no price at or before the moment.
double price_at(const RegimePicture& picture, std::int64_t at_ms) {
  double last = std::nan("");
  for (const PlotPoint& point : picture.price) {
    if (point.x > static_cast<double>(at_ms)) break;
    if (std::isfinite(point.y)) last = point.y;
  }
  return last;
}

bool is_trend(const RegimePicture::Trend& one) { return one.state == "up" || one.state == "down"; }

/// A row of the trends of one direction: pale from where one began, by the estimate, until it was said.
StripRow trend_row(const RegimePicture& picture, const std::string& direction, const std::string& colour) {
  StripRow row{direction, {}, {}, {}};
  for (const auto& one : picture.trend) {
    if (one.state != direction) continue;
    row.stretches.push_back({one.began_ms, one.from_ms, "soft " + colour,
                             "began about " + to_minutes_string(Timestamp(one.began_ms)) + ", said " +
                                 number_text(days_of(one.from_ms - one.began_ms), 1) + " days later"});
    row.stretches.push_back(
        {one.from_ms, one.to_ms, "fill " + colour, direction + ", said " + span_text(one.from_ms, one.to_ms)});
  }
  return row;
}

std::string drawing_of(const RegimePicture& picture) {
  if (picture.price.size() < 2) return {};
  StripRow price{"price", {}, {}, thinned(picture.price)};
  StripRow volatility{"volatility", {}, {}, {}};
  for (const auto& one : picture.volatility) {
    if (one.state == "unknown") continue;
    const std::string words = one.state + ", " + span_text(one.from_ms, one.to_ms);
    volatility.stretches.push_back({one.from_ms, one.to_ms, one.state, words});
    if (one.state == "turbulent") price.stretches.push_back({one.from_ms, one.to_ms, "storm", words});
  }
  return strip_plot("Regimes of " + picture.name, static_cast<std::int64_t>(picture.price.front().x),
                    static_cast<std::int64_t>(picture.price.back().x), 20,
                    {price, volatility, trend_row(picture, "up", "c0"), trend_row(picture, "down", "c1")});
}

std::string legend() {
  std::string out = "<p class=\"legend\">";
  for (const auto& [css, words] :
       {std::pair{"calm", "calm"}, std::pair{"normal", "normal"}, std::pair{"turbulent", "turbulent (a storm)"},
        std::pair{"fill c0", "up"}, std::pair{"fill c1", "down"},
        std::pair{"soft c0", "pale: it had begun, by the estimate, and was not said yet"}})
    out += std::string(
               "<span><svg width=\"14\" height=\"14\" aria-hidden=\"true\"><rect width=\"14\" height=\"14\" "
               "class=\"") +
           css + "\"/></svg> " + words + "</span>";
  return out + "</p>";
}

std::string storms_table(const RegimePicture& picture) {
  HtmlTable table{"Storms", {"From", "Until", "Days", "Price over it (%)"}, {}};
  for (const auto& one : picture.volatility) {
    if (one.state != "turbulent") continue;
    const double change = price_at(picture, one.to_ms) / price_at(picture, one.from_ms) - 1;
    table.rows.push_back({when_cell(one.from_ms), when_cell(one.to_ms),
                          figure_cell(number_text(days_of(one.to_ms - one.from_ms), 1)),
                          figure_cell(signed_text(100 * change, 1))});
  }
  return table.rows.empty() ? html_paragraph("No storm was seen.") : html_table(table);
}

std::string trends_table(const RegimePicture& picture) {
  HtmlTable table{"Trends",
                  {"Trend", "Began about", "Said since", "Said until", "Days until said", "Days it lasted",
                   "Price until said (%)", "Price while said (%)"},
                  {}};
  for (const auto& one : picture.trend) {
    if (!is_trend(one)) continue;
    const double began = price_at(picture, one.began_ms), from = price_at(picture, one.from_ms);
    table.rows.push_back({HtmlCell{one.state, {}, HtmlCell::Kind::name}, when_cell(one.began_ms),
                          when_cell(one.from_ms), when_cell(one.to_ms),
                          figure_cell(number_text(days_of(one.from_ms - one.began_ms), 1)),
                          figure_cell(number_text(days_of(one.to_ms - one.from_ms), 1)),
                          figure_cell(signed_text(100 * (from / began - 1), 1)),
                          figure_cell(signed_text(100 * (price_at(picture, one.to_ms) / from - 1), 1))});
  }
  return table.rows.empty() ? html_paragraph("No trend was seen.") : html_table(table);
}

std::string where_it_stands(const RegimePicture& picture) {
  if (picture.volatility.empty() || picture.trend.empty()) return picture.name + ": nothing is known.";
  const auto& volatility = picture.volatility.back();
  const auto& trend = picture.trend.back();
  std::string out = picture.name + ": volatility is ";
  out += volatility.state == "unknown"
             ? "not known yet"
             : volatility.state + " since " + to_minutes_string(Timestamp(volatility.from_ms));
  out += trend.state == "unknown" ? "; the trend is not known yet"
         : is_trend(trend)
             ? "; the trend is " + trend.state + ", said since " + to_minutes_string(Timestamp(trend.from_ms)) +
                   ", begun about " + to_minutes_string(Timestamp(trend.began_ms))
             : "; there is no trend";
  return out + ".";
}

/// Measured by `clm error-rates --scenarios regimes` (docs/QUALITY.md).
std::string what_it_is_worth() {
  HtmlTable delays{"How long a trend goes on before it is said",
                   {"Drift, in volatilities of a day a day", "Said within 180 days (%)", "Half of them within (days)",
                    "90 % of them within (days)"},
                   {}};
  for (const auto& [drift, found, median, slow] : kTrendDelays)
    delays.rows.push_back({figure_cell(drift), figure_cell(found), figure_cell(median), figure_cell(slow)});
  return html_paragraph(
             "Every state is drawn from the bar on at which it was said; nothing that came later has a part in it. A "
             "trend is said at most once a year of a price that goes nowhere (.4 to .7 times in simulated walks and in "
             "real returns whose signs or days were shuffled), and the price of that is the delay:") +
         html_table(delays) +
         html_paragraph(
             "A storm is told by the symbol's own past year: volatility of three times the usual within a "
             "day in nearly all cases, of twice the usual in six of ten. At constant volatility a "
             "storm is said less than once a year. clm error-rates --scenarios regimes measures all of "
             "this.");
}

}  // namespace

std::string regime_report(const std::vector<RegimePicture>& pictures, Timestamp as_of, Timestamp made_at) {
  std::vector<HtmlSection> sections;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const RegimePicture& picture = pictures[i];
    const std::string drawing = drawing_of(picture);
    sections.push_back(
        {"regimes-" + std::to_string(i + 1), picture.name,
         html_paragraph(where_it_stands(picture)) +
             (drawing.empty() ? html_paragraph("There are too few bars to draw.")
                              : html_figure(picture.price_title, "The price on a logarithmic scale, storms shaded.",
                                            legend() + drawing)) +
             html_fold("Every storm and every trend", storms_table(picture) + trends_table(picture))});
  }
  sections.push_back({"worth", "What these states are worth", what_it_is_worth()});
  return html_page("Regimes",
                   "Bars until " + to_minutes_string(as_of) + " \u00b7 written " + to_minutes_string(made_at) +
                       " UTC by clm report. All times are UTC.",
                   {pictures.empty() ? "Nothing is known." : where_it_stands(pictures.front()), "plain"}, sections);
}

}  // namespace clm::app
