#include "report/plot_frame.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "base/contract.hpp"
#include "report/html_page.hpp"

namespace clm::app {
namespace {

constexpr double kLegendLine = 18;

/// Calls `place(entry, x, line)` for each entry; returns the number of lines.
template <typename Place>
int lay_out_legend(const std::vector<LegendEntry>& entries, double left, double right, Place place) {
  double x = left;
  int line = 0;
  for (const auto& entry : entries) {
    const double width = 22 + text_width(entry.name) + 14;
    if (x > left && x + width > right) {
      x = left;
      ++line;
    }
    place(entry, x, line);
    x += width;
  }
  return entries.empty() ? 0 : line + 1;
}

/// Which ticks have room for their label: every n-th, and zero among them.
struct LabelChoice {
  std::size_t first = 0, every = 1;
};
LabelChoice evenly_labelled(const AxisTicks& ticks, const PlotScale& x) {
  double widest = 0, gap = std::numeric_limits<double>::infinity();
  std::size_t zero = 0;
  for (std::size_t i = 0; i < ticks.at.size(); ++i) {
    widest = std::max(widest, text_width(ticks.label[i]));
    if (i > 0) gap = std::min(gap, x(ticks.at[i]) - x(ticks.at[i - 1]));
    if (std::fabs(x(ticks.at[i]) - x(0)) < 1e-6) zero = i;
  }
  LabelChoice choice;
  if (gap > 0 && std::isfinite(gap))
    choice.every = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil((widest + 6) / gap)));
  choice.first = zero % choice.every;
  return choice;
}

}  // namespace

void ValueSpan::show(double value) {
  if (!std::isfinite(value)) return;
  lo_ = std::min(lo_, value);
  hi_ = std::max(hi_, value);
}

void ValueSpan::show(const Estimate& estimate) {
  show(estimate.value);
  show(estimate.lo);
  show(estimate.hi);
}

PlotScale ValueSpan::scale(double at_from, double at_to, double room) const {
  expects(!empty(), "there is something to draw");
  double margin = (hi_ - lo_) * room;
  if (hi_ <= lo_) margin = std::max(std::fabs(hi_) * 0.1, 1e-9);
  return {lo_ - margin, hi_ + margin, at_from, at_to};
}

std::string colour_class(int colour) { return "c" + std::to_string(std::clamp(colour, 0, 8)); }

double text_width(std::string_view text) {
  double width = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U) continue;  // goes on with the character before
    const auto is_one_of = [c](std::string_view these) { return these.find(c) != std::string_view::npos; };
    width += is_one_of("ijl.,:;'|! ")                 ? 3.9
             : is_one_of("rtf-()[]")                  ? 4.9
             : is_one_of("mwMW%") || (c & 0x80)       ? 11.7
             : std::isupper(static_cast<int>(c)) != 0 ? 8.5
                                                      : 7.7;
  }
  return width;
}

double legend_height(const std::vector<LegendEntry>& entries) {
  const PlotArea area;
  return kLegendLine * lay_out_legend(entries, area.left, area.right, [](const LegendEntry&, double, int) {});
}

void draw_legend(SvgCanvas& canvas, const std::vector<LegendEntry>& entries, PlotArea& area) {
  const int lines = lay_out_legend(entries, area.left, area.right, [&](const LegendEntry& entry, double x, int line) {
    const double y = area.top + 6 + kLegendLine * line;
    canvas.line({x, y}, {x + 16, y}, "stroke dash " + colour_class(entry.colour));
    canvas.circle({x + 8, y}, 3, "fill " + colour_class(entry.colour));
    canvas.text({x + 21, y + 4}, entry.name, SvgCanvas::Anchor::start, "strong");
  });
  area.top += kLegendLine * lines;
  area.bottom += kLegendLine * lines;
}

PlotScale draw_y_axis(SvgCanvas& canvas, PlotArea& area, const ValueSpan& span, const std::string& title, double room) {
  canvas.text({area.left, area.top + 10}, title, SvgCanvas::Anchor::start);
  area.top += kYTitleHeight;
  area.bottom += kYTitleHeight;
  const PlotScale y = span.scale(area.bottom, area.top, room);
  const AxisTicks ticks = number_ticks(y.from, y.to, 5);
  double widest = 0;
  for (const auto& label : ticks.label) widest = std::max(widest, text_width(label));
  const double edge = area.left + widest;
  area.left = edge + 6;
  for (std::size_t i = 0; i < ticks.at.size(); ++i) {
    const double at = y(ticks.at[i]);
    canvas.line({area.left, at}, {area.right, at}, "grid");
    canvas.text({edge, at + 4}, ticks.label[i], SvgCanvas::Anchor::end);
  }
  if (y.from < 0 && y.to > 0) canvas.line({area.left, y(0)}, {area.right, y(0)}, "zero");
  return y;
}

void draw_x_axis(SvgCanvas& canvas, const PlotArea& area, const PlotScale& x, const AxisTicks& ticks,
                 const std::string& title) {
  canvas.line({area.left, area.bottom}, {area.right, area.bottom}, "axis");
  const LabelChoice labelled = evenly_labelled(ticks, x);
  for (std::size_t i = 0; i < ticks.at.size(); ++i) {
    const double at = x(ticks.at[i]);
    canvas.line({at, area.bottom}, {at, area.bottom + 4}, "axis");
    if (i % labelled.every != labelled.first) continue;
    const double half = text_width(ticks.label[i]) / 2;
    const double centre = std::clamp(at, half + 1, std::max(half + 1, kPlotWidth - 1 - half));
    canvas.text({centre, area.bottom + 17}, ticks.label[i], SvgCanvas::Anchor::middle);
  }
  const double half = text_width(title) / 2;
  canvas.text({std::max(half + 1, std::min((area.left + area.right) / 2, kPlotWidth - 1 - half)), area.bottom + 34},
              title, SvgCanvas::Anchor::middle);
}

void draw_estimate(SvgCanvas& canvas, double x, const PlotScale& y, const Estimate& estimate, int colour,
                   const std::string& title, double radius) {
  const std::string stroke = "stroke " + colour_class(colour);
  if (std::isfinite(estimate.lo) && std::isfinite(estimate.hi)) {
    canvas.line({x, y(estimate.lo)}, {x, y(estimate.hi)}, stroke);
    for (const double end : {estimate.lo, estimate.hi})
      canvas.line({x - 0.75 * radius, y(end)}, {x + 0.75 * radius, y(end)}, stroke);
  }
  if (std::isfinite(estimate.value))
    canvas.circle({x, y(estimate.value)}, radius, "fill " + colour_class(colour), title);
}

std::string estimate_text(const Estimate& estimate, int decimals) {
  std::string text = number_text(estimate.value, decimals);
  if (std::isfinite(estimate.lo) && std::isfinite(estimate.hi))
    text += " " + interval_text(estimate.lo, estimate.hi, decimals);
  return text;
}

}  // namespace clm::app
