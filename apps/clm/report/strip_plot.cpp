#include <algorithm>
#include <cstdio>

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

std::string row_drawing(const StripRow& row, const Across& across, int height, const std::string& grid) {
  std::string inside = grid;
  for (const auto& stretch : row.stretches) {
    const double begin = across(stretch.from_ms), width = std::max(0.0005, across(stretch.to_ms) - begin);
    inside += "<rect x=\"" + percent_of(begin) + "\" width=\"" + percent_of(width) + "\" y=\"" +
              std::to_string(height / 6) + "\" height=\"" + std::to_string(height - 2 * (height / 6)) + "\" class=\"" +
              stretch.css + "\"><title>" + html_escape(stretch.title) + "</title></rect>\n";
  }
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
