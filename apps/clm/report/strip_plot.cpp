#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "report/html_page.hpp"
#include "report/plots.hpp"
#include "report/svg_canvas.hpp"

namespace clm::app {
namespace {

std::string percent_of(double share) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.2f%%", 100 * share);
  return buffer;
}

/// Coordinates across are shares of the width, whatever that is: texts and marks keep their size.
struct Across {
  double from, to;
  double operator()(std::int64_t at_ms) const {
    return std::clamp((static_cast<double>(at_ms) - from) / (to - from), 0.0, 1.0);
  }
};

std::string drawing(int height, const std::string& label, const std::string& inside) {
  return "<svg role=\"img\" aria-label=\"" + html_escape(label) + "\" height=\"" + std::to_string(height) + "\">" +
         inside + "</svg>\n";
}

constexpr int kLineRows = 10;  ///< a row with a line is as high as so many others

/// A few round values within the span, of a logarithmic axis.
std::vector<double> round_values(double lo, double hi) {
  std::vector<double> out;
  for (double power = std::pow(10.0, std::floor(std::log10(lo))); power <= hi; power *= 10)
    for (const double lead : {1.0, 2.0, 5.0})
      if (lead * power >= lo && lead * power <= hi) out.push_back(lead * power);
  return out.size() >= 2 ? out : number_ticks(lo, hi, 4).at;
}

/// The line in a drawing of its own that is stretched to the width, then its scale, whose texts keep their size.
std::string line_drawing(const std::vector<PlotPoint>& line, const Across& across, int height) {
  double lo = std::numeric_limits<double>::infinity(), hi = 0;
  for (const auto& point : line) {
    if (!std::isfinite(point.y)) continue;
    lo = std::min(lo, point.y);
    hi = std::max(hi, point.y);
  }
  if (!(lo > 0) || lo >= hi) return {};
  const PlotScale y{std::log(lo), std::log(hi), height - 8.0, 16.0};
  std::string inside = "<svg width=\"100%\" height=\"" + std::to_string(height) + "\" viewBox=\"0 0 1000 " +
                       std::to_string(height) + "\" preserveAspectRatio=\"none\">";
  std::string points;
  const auto end_line = [&] {
    if (!points.empty()) inside += "<polyline points=\"" + points + "\" class=\"stroke c0 thin\"/>";
    points.clear();
  };
  for (const auto& point : line) {
    if (!std::isfinite(point.y)) {
      end_line();
      continue;
    }
    char at[64];
    std::snprintf(at, sizeof at, "%s%.1f,%.1f", points.empty() ? "" : " ",
                  1000 * across(static_cast<std::int64_t>(point.x)), y(std::log(point.y)));
    points += at;
  }
  end_line();
  inside += "</svg>";
  double last = std::numeric_limits<double>::infinity();
  for (const double value : round_values(lo, hi)) {
    const double at = y(std::log(value));
    if (last - at < 18) continue;
    last = at;
    const std::string level = std::to_string(static_cast<int>(at));
    inside += "<line x1=\"0\" x2=\"100%\" y1=\"" + level + "\" y2=\"" + level +
              "\" class=\"grid\"/><text class=\"level\" x=\"2\" y=\"" + std::to_string(static_cast<int>(at) - 3) +
              "\">" +
              html_escape(number_text(value, value >= 10    ? 0
                                             : value >= 0.1 ? 2
                                                            : 5)) +
              "</text>";
  }
  return inside;
}

std::string row_drawing(const StripRow& row, const Across& across, int row_height, const std::string& grid) {
  const int height = row.line.empty() ? row_height : kLineRows * row_height;
  const int margin = row.line.empty() ? row_height / 6 : 0;
  std::string inside = grid;
  for (const auto& stretch : row.stretches) {
    const double begin = across(stretch.from_ms), width = std::max(0.0005, across(stretch.to_ms) - begin);
    inside += "<rect x=\"" + percent_of(begin) + "\" width=\"" + percent_of(width) + "\" y=\"" +
              std::to_string(margin) + "\" height=\"" + std::to_string(height - 2 * margin) + "\" class=\"" +
              stretch.css + "\"><title>" + html_escape(stretch.title) + "</title></rect>\n";
  }
  inside += line_drawing(row.line, across, height);
  for (const auto& mark : row.marks) inside += mark_element(mark.mark, across(mark.at_ms), 0.5 * height, mark.title);
  return drawing(height, row.name, inside);
}

}  // namespace

std::string strip_plot(const std::string& label, std::int64_t from_ms, std::int64_t to_ms, int row_height,
                       const std::vector<StripRow>& rows) {
  if (rows.empty() || from_ms >= to_ms) return {};
  const Across across{static_cast<double>(from_ms), static_cast<double>(to_ms)};
  const AxisTicks ticks = time_ticks(from_ms, to_ms, 4);
  std::string grid, labels;
  for (std::size_t i = 0; i < ticks.at.size(); ++i) {
    const double share = across(static_cast<std::int64_t>(ticks.at[i]));
    const std::string at = percent_of(share);
    grid += "<line x1=\"" + at + "\" x2=\"" + at + "\" y1=\"0\" y2=\"100%\" class=\"grid\"/>";
    // A telephone has room for every other one.
    labels += "<text x=\"" + at + "\" y=\"14\" text-anchor=\"" +
              (share < 0.1   ? "start"
               : share > 0.9 ? "end"
                             : "middle") +
              "\"" + (i % 3 == 0 ? "" : " class=\"few\"") + ">" + html_escape(ticks.label[i]) + "</text>";
  }
  std::string out = "<div class=\"strip\" role=\"group\" aria-label=\"" + html_escape(label) + "\">\n";
  for (const auto& row : rows)
    out += "<span>" + html_escape(row.name) + "</span>" + row_drawing(row, across, row_height, grid);
  return out + "<span></span>" + drawing(20, "time", labels) + "</div>\n";
}

}  // namespace clm::app
