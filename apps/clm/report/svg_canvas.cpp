#include "report/svg_canvas.hpp"

#include <cmath>
#include <cstdio>

#include "base/contract.hpp"
#include "base/time.hpp"
#include "report/html_page.hpp"

namespace clm::app {
namespace {

/// One decimal is a tenth of a pixel: enough, and short.
std::string coordinate(double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.1f", std::isfinite(value) ? value : 0.0);
  return buffer;
}

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + std::string(value) + "\"";
}
std::string attribute(std::string_view name, double value) { return attribute(name, coordinate(value)); }

std::string point_list(const std::vector<PlotPoint>& points) {
  std::string out;
  for (const auto& point : points) out += coordinate(point.x) + "," + coordinate(point.y) + " ";
  if (!out.empty()) out.pop_back();
  return out;
}

AxisTicks ticks_every(std::int64_t step_ms, std::int64_t from_ms, std::int64_t to_ms) {
  AxisTicks out;
  const std::int64_t first = (from_ms + step_ms - 1) / step_ms * step_ms;
  for (std::int64_t t = first; t <= to_ms; t += step_ms) {
    out.at.push_back(static_cast<double>(t));
    const std::string text = to_minutes_string(Timestamp(t));
    out.label.push_back(step_ms < kDayMs ? text.substr(5) : text.substr(0, 10));
  }
  return out;
}

AxisTicks ticks_every_months(int months, std::int64_t from_ms, std::int64_t to_ms) {
  AxisTicks out;
  const auto start = calendar_time(Timestamp(from_ms));
  for (int month = (start.month - 1) / months * months, year = start.year;; month += months) {
    for (; month >= 12; month -= 12) ++year;
    const std::int64_t t = from_calendar(year, month + 1, 1).ms();
    if (t > to_ms) return out;
    if (t < from_ms) continue;
    out.at.push_back(static_cast<double>(t));
    out.label.push_back(to_date_string(Timestamp(t)).substr(0, months >= 12 ? 4 : 7));
  }
}

}  // namespace

SvgCanvas::SvgCanvas(double width, double height, std::string_view label) {
  out_ = "<svg class=\"plot\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + coordinate(width) + " " +
         coordinate(height) + "\" role=\"img\" aria-label=\"" + html_escape(label) + "\">\n";
}

void SvgCanvas::close_element(std::string_view name, std::string_view title) {
  if (title.empty()) {
    out_ += "/>\n";
  } else {
    out_ += "><title>" + html_escape(title) + "</title></" + std::string(name) + ">\n";
  }
}

void SvgCanvas::line(PlotPoint a, PlotPoint b, std::string_view css) {
  out_ += "<line" + attribute("x1", a.x) + attribute("y1", a.y) + attribute("x2", b.x) + attribute("y2", b.y) +
          attribute("class", css);
  close_element("line", {});
}

void SvgCanvas::rect(PlotPoint corner, double width, double height, std::string_view css, std::string_view title) {
  out_ += "<rect" + attribute("x", corner.x) + attribute("y", corner.y) + attribute("width", width) +
          attribute("height", height) + attribute("class", css);
  close_element("rect", title);
}

void SvgCanvas::circle(PlotPoint centre, double radius, std::string_view css, std::string_view title) {
  out_ += "<circle" + attribute("cx", centre.x) + attribute("cy", centre.y) + attribute("r", radius) +
          attribute("class", css);
  close_element("circle", title);
}

void SvgCanvas::polyline(const std::vector<PlotPoint>& points, std::string_view css, std::string_view title) {
  out_ += "<polyline" + attribute("points", point_list(points)) + attribute("class", css);
  close_element("polyline", title);
}

void SvgCanvas::text(PlotPoint at, std::string_view text, Anchor anchor, std::string_view css) {
  const std::string_view name = anchor == Anchor::start ? "start" : anchor == Anchor::middle ? "middle" : "end";
  out_ += "<text" + attribute("x", at.x) + attribute("y", at.y) + attribute("text-anchor", name) +
          (css.empty() ? "" : attribute("class", css)) + ">" + html_escape(text) + "</text>\n";
}

std::string SvgCanvas::finish() && { return std::move(out_) + "</svg>"; }

AxisTicks number_ticks(double lo, double hi, int count) {
  expects(std::isfinite(lo) && std::isfinite(hi) && lo < hi && count >= 1, "an axis has a length");
  const double raw = (hi - lo) / count;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  const double lead = raw / power;
  const double step = power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
  AxisTicks out;
  const auto last = static_cast<std::int64_t>(std::floor(hi / step + 1e-9));
  for (auto k = static_cast<std::int64_t>(std::ceil(lo / step - 1e-9)); k <= last; ++k) {
    out.at.push_back(static_cast<double>(k) * step);
    out.label.push_back(number_text(out.at.back(), decimals));
  }
  return out;
}

AxisTicks time_ticks(std::int64_t from_ms, std::int64_t to_ms, int count) {
  expects(from_ms < to_ms && count >= 1, "an axis has a length");
  const std::int64_t wanted = (to_ms - from_ms) / count;
  for (const std::int64_t step :
       {kHourMs, 3 * kHourMs, 6 * kHourMs, 12 * kHourMs, kDayMs, 2 * kDayMs, 3 * kDayMs, 5 * kDayMs, 10 * kDayMs})
    if (10 * wanted <= 13 * step) return ticks_every(step, from_ms, to_ms);
  for (const int months : {1, 2, 3, 6, 12, 24, 60})
    if (10 * wanted <= 13 * months * 30 * kDayMs) return ticks_every_months(months, from_ms, to_ms);
  return ticks_every_months(120, from_ms, to_ms);
}

}  // namespace clm::app
