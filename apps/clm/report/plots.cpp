#include "report/plots.hpp"

#include <algorithm>
#include <cmath>

#include "base/time.hpp"
#include "report/html_page.hpp"
#include "report/plot_frame.hpp"

namespace clm::app {
namespace {

using Anchor = SvgCanvas::Anchor;

/// As much of a name as there is room for, in drawing units.
std::string fitted(std::string name, double room) {
  if (text_width(name) <= room) return name;
  while (!name.empty() && text_width(name) + 12 > room) {
    while (!name.empty() && (static_cast<unsigned char>(name.back()) & 0xC0U) == 0x80U) name.pop_back();
    if (!name.empty()) name.pop_back();
  }
  return name + "\u2026";
}

/// Series of the same points are one line with both names: the one drawn later would hide the other.
std::vector<LineSeries> without_doubles(const std::vector<LineSeries>& all) {
  const auto same = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
  std::vector<LineSeries> out;
  for (const auto& series : all) {
    const auto twin = std::find_if(out.begin(), out.end(), [&](const LineSeries& other) {
      return std::equal(series.x.begin(), series.x.end(), other.x.begin(), other.x.end(), same) &&
             std::equal(series.y.begin(), series.y.end(), other.y.begin(), other.y.end(), same);
    });
    if (twin == out.end()) {
      out.push_back(series);
    } else {
      twin->name += " = " + series.name;
    }
  }
  return out;
}

LegendEntry legend_of(const std::string& name, int colour) { return {fitted(name, kPlotWidth - 60), colour}; }

}  // namespace

std::string line_plot(const LinePlot& plot) {
  const bool is_time = plot.x_axis == LinePlot::XAxis::time_ms;
  const auto lines = without_doubles(plot.series);
  ValueSpan xs, ys;
  std::vector<LegendEntry> legend;
  for (const auto& series : lines) {
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!std::isfinite(series.x[i]) || !std::isfinite(series.y[i])) continue;
      xs.show(series.x[i]);
      ys.show(series.y[i]);
    }
    legend.push_back(legend_of(series.name, series.colour));
  }
  if (xs.empty() || xs.lo() >= xs.hi()) return {};
  ys.show(0);
  if (plot.vertical && plot.vertical->x <= xs.hi() * 3) xs.show(plot.vertical->x);

  PlotArea area;
  SvgCanvas canvas(kPlotWidth, area.bottom + kYTitleHeight + kXAxisHeight + legend_height(legend), plot.text.label);
  draw_legend(canvas, legend, area);
  const PlotScale y = draw_y_axis(canvas, area, ys, plot.text.y_title);
  const PlotScale x = xs.scale(area.left, area.right, is_time ? 0 : 0.03);
  draw_x_axis(canvas, area, x,
              is_time ? time_ticks(static_cast<std::int64_t>(x.from), static_cast<std::int64_t>(x.to), 4)
                      : number_ticks(x.from, x.to, 5),
              plot.text.x_title);
  if (plot.vertical && plot.vertical->x >= x.from && plot.vertical->x <= x.to) {
    const double at = x(plot.vertical->x);
    canvas.line({at, area.top}, {at, area.bottom}, "mark");
    const bool on_left = at + text_width(plot.vertical->text) + 8 > area.right;
    canvas.text({at + (on_left ? -5 : 5), area.top + 12}, plot.vertical->text, on_left ? Anchor::end : Anchor::start,
                "strong");
  }
  for (auto series = lines.rbegin(); series != lines.rend(); ++series) {  // the candidate on top
    std::vector<PlotPoint> points;
    std::vector<std::pair<PlotPoint, std::string>> dots;
    for (std::size_t i = 0; i < series->x.size(); ++i) {
      if (!std::isfinite(series->x[i]) || !std::isfinite(series->y[i])) continue;
      points.push_back({x(series->x[i]), y(series->y[i])});
      if (plot.marks == LineMarks::dots)
        dots.emplace_back(points.back(), series->name + ": " + number_text(series->y[i], plot.text.decimals) + " at " +
                                             number_text(series->x[i], 1));
    }
    const double last = series->y.empty() ? std::nan("") : series->y.back();
    canvas.polyline(points, "stroke dash " + colour_class(series->colour),
                    series->name + ", at the end " + number_text(last, plot.text.decimals));
    for (const auto& [at, title] : dots) canvas.circle(at, 3.0, "fill " + colour_class(series->colour), title);
  }
  return std::move(canvas).finish();
}

std::string interval_plot(const PlotText& text, const std::vector<std::string>& places,
                          const std::vector<IntervalSeries>& series) {
  ValueSpan ys;
  std::vector<LegendEntry> legend;
  for (const auto& one : series) {
    for (const auto& estimate : one.estimates) ys.show(estimate);
    legend.push_back(legend_of(one.name, one.colour));
  }
  if (ys.empty() || places.empty()) return {};
  ys.show(0);
  PlotArea area;
  SvgCanvas canvas(kPlotWidth, area.bottom + kYTitleHeight + kXAxisHeight + legend_height(legend), text.label);
  draw_legend(canvas, legend, area);
  const PlotScale y = draw_y_axis(canvas, area, ys, text.y_title);
  const PlotScale x{-0.5, static_cast<double>(places.size()) - 0.5, area.left, area.right};
  AxisTicks ticks;
  for (std::size_t i = 0; i < places.size(); ++i) {
    ticks.at.push_back(static_cast<double>(i));
    ticks.label.push_back(places[i]);
  }
  draw_x_axis(canvas, area, x, ticks, text.x_title);
  const double slot = (area.right - area.left) / static_cast<double>(places.size());
  const double step = std::min(12.0, 0.8 * slot / static_cast<double>(series.size()));
  for (std::size_t s = 0; s < series.size(); ++s) {
    const double shift = (static_cast<double>(s) - 0.5 * static_cast<double>(series.size() - 1)) * step;
    for (std::size_t i = 0; i < places.size() && i < series[s].estimates.size(); ++i) {
      const auto& estimate = series[s].estimates[i];
      draw_estimate(canvas, x(static_cast<double>(i)) + shift, y, estimate, series[s].colour,
                    series[s].name + ", " + places[i] + ": " + estimate_text(estimate, text.decimals),
                    std::clamp(0.45 * step, 1.5, 4.0));
    }
  }
  return std::move(canvas).finish();
}

std::string forest_plot(const PlotText& text, const std::vector<ForestRow>& rows) {
  ValueSpan xs;
  for (const auto& row : rows) xs.show(row.estimate);
  if (xs.empty()) return {};
  xs.show(0);
  constexpr double kRow = 34;  // name and figures, and the estimate below them
  PlotArea area;
  area.bottom = area.top + kRow * static_cast<double>(rows.size()) + 4;
  SvgCanvas canvas(kPlotWidth, area.bottom + kXAxisHeight, text.label);
  constexpr double kHalfLabel = 20;  // a label at either end stands below its tick
  const PlotScale x = xs.scale(area.left + kHalfLabel, area.right - kHalfLabel);
  const AxisTicks ticks = number_ticks(x.from, x.to, 4);
  for (const double tick : ticks.at) canvas.line({x(tick), area.top}, {x(tick), area.bottom}, "grid");
  canvas.line({x(0), area.top}, {x(0), area.bottom}, "zero");
  draw_x_axis(canvas, area, x, ticks, text.x_title);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto& row = rows[r];
    const double top = area.top + kRow * static_cast<double>(r), y = top + 25;
    const std::string figures = estimate_text(row.estimate, text.decimals);
    canvas.text({area.left, top + 12}, fitted(row.name, area.right - area.left - text_width(figures) - 6),
                Anchor::start, "strong");
    canvas.text({area.right, top + 12}, figures, Anchor::end);
    if (std::isfinite(row.estimate.lo) && std::isfinite(row.estimate.hi)) {
      canvas.line({x(row.estimate.lo), y}, {x(row.estimate.hi), y}, "stroke " + colour_class(row.colour));
      for (const double end : {row.estimate.lo, row.estimate.hi})
        canvas.line({x(end), y - 4}, {x(end), y + 4}, "stroke " + colour_class(row.colour));
    }
    if (std::isfinite(row.estimate.value))
      canvas.circle({x(row.estimate.value), y}, 4.0, "fill " + colour_class(row.colour), row.name + ": " + figures);
  }
  return std::move(canvas).finish();
}

std::string bar_plot(const PlotText& text, const std::vector<Bar>& bars) {
  double longest = 0;
  for (const auto& bar : bars) longest = std::max(longest, bar.value);
  if (longest <= 0) return {};
  constexpr double kRow = 27;  // name and figure, and the bar below them
  PlotArea area;
  area.bottom = area.top + kRow * static_cast<double>(bars.size()) + 2;
  SvgCanvas canvas(kPlotWidth, area.bottom + kXAxisHeight, text.label);
  const PlotScale x{0, longest, area.left, area.right};
  const AxisTicks ticks = number_ticks(0, longest, 5);
  for (const double tick : ticks.at) canvas.line({x(tick), area.top}, {x(tick), area.bottom}, "grid");
  draw_x_axis(canvas, area, x, ticks, text.x_title);
  for (std::size_t b = 0; b < bars.size(); ++b) {
    const double y = area.top + kRow * static_cast<double>(b);
    canvas.text({area.left, y + 12}, fitted(bars[b].name, area.right - area.left - text_width(bars[b].shown) - 6),
                Anchor::start, "strong");
    canvas.text({area.right, y + 12}, bars[b].shown, Anchor::end);
    canvas.rect({area.left, y + 16}, std::max(1.0, x(bars[b].value) - area.left), 8, "fill c0",
                bars[b].name + ": " + bars[b].shown);
  }
  return std::move(canvas).finish();
}

std::string calibration_plot(const PlotText& text, const std::vector<CalibrationBin>& bins, double base_rate) {
  ValueSpan span;
  double most = 0;
  for (const auto& bin : bins) {
    span.show(bin.probability);
    span.show(bin.share);
    most = std::max(most, bin.count);
  }
  if (span.empty() || most <= 0) return {};
  PlotArea area;
  area.bottom = 240;
  SvgCanvas canvas(kPlotWidth, area.bottom + kYTitleHeight + kXAxisHeight, text.label);
  const PlotScale y = draw_y_axis(canvas, area, span, text.y_title, 0.12);
  const PlotScale x = span.scale(area.left, area.right, 0.12);
  draw_x_axis(canvas, area, x, number_ticks(x.from, x.to, 5), text.x_title);
  canvas.line({x(x.from), y(x.from)}, {x(x.to), y(x.to)}, "mark");
  if (base_rate > y.from && base_rate < y.to)
    canvas.line({area.left, y(base_rate)}, {area.right, y(base_rate)}, "zero");
  std::vector<PlotPoint> points;
  for (const auto& bin : bins) points.push_back({x(bin.probability), y(bin.share)});
  canvas.polyline(points, "stroke c0");
  for (std::size_t b = 0; b < bins.size(); ++b)
    canvas.circle(points[b], 2.5 + 6 * std::sqrt(bins[b].count / most), "soft c0 stroke",
                  "forecast " + number_text(bins[b].probability, text.decimals) + ", came true " +
                      number_text(bins[b].share, text.decimals) + ", " + number_text(bins[b].count, 0) + " forecasts");
  return std::move(canvas).finish();
}

}  // namespace clm::app
