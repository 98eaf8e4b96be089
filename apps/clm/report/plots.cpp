#include "report/plots.hpp"

#include <algorithm>
#include <cmath>

#include "base/time.hpp"
#include "report/html_page.hpp"
#include "report/plot_frame.hpp"

namespace clm::app {
namespace {

using Anchor = SvgCanvas::Anchor;

std::string shortened(const std::string& name, std::size_t longest) {
  return name.size() <= longest ? name : name.substr(0, longest - 1) + "\u2026";
}

}  // namespace

std::string line_plot(const LinePlot& plot) {
  const bool is_time = plot.x_axis == LinePlot::XAxis::time_ms;
  ValueSpan xs, ys;
  std::vector<LegendEntry> legend;
  for (const auto& series : plot.series) {
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!std::isfinite(series.x[i]) || !std::isfinite(series.y[i])) continue;
      xs.show(series.x[i]);
      ys.show(series.y[i]);
    }
    legend.push_back({series.name, series.colour});
  }
  if (xs.empty() || xs.lo() >= xs.hi()) return {};
  ys.show(0);
  if (plot.vertical && plot.vertical->x <= xs.hi() * 3) xs.show(plot.vertical->x);

  PlotArea area;
  SvgCanvas canvas(kPlotWidth, area.bottom + 44 + legend_height(legend), plot.text.label);
  draw_legend(canvas, legend, area);
  const PlotScale x = xs.scale(area.left, area.right, is_time ? 0 : 0.03);
  const PlotScale y = ys.scale(area.bottom, area.top);
  draw_y_axis(canvas, area, y, plot.text.y_title);
  draw_x_axis(canvas, area, x,
              is_time ? time_ticks(static_cast<std::int64_t>(x.from), static_cast<std::int64_t>(x.to), 6)
                      : number_ticks(x.from, x.to, 6),
              plot.text.x_title);
  if (plot.vertical && plot.vertical->x >= x.from && plot.vertical->x <= x.to) {
    const double at = x(plot.vertical->x);
    canvas.line({at, area.top}, {at, area.bottom}, "mark");
    const bool on_left = at + text_width(plot.vertical->text) + 8 > area.right;
    canvas.text({at + (on_left ? -5 : 5), area.top + 12}, plot.vertical->text, on_left ? Anchor::end : Anchor::start,
                "strong");
  }
  for (auto series = plot.series.rbegin(); series != plot.series.rend(); ++series) {  // the candidate on top
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
    canvas.polyline(points, "stroke " + colour_class(series->colour),
                    series->name + ", at the end " + number_text(last, plot.text.decimals));
    for (const auto& [at, title] : dots) canvas.circle(at, 3.5, "fill " + colour_class(series->colour), title);
  }
  return std::move(canvas).finish();
}

std::string interval_plot(const PlotText& text, const std::vector<std::string>& places,
                          const std::vector<IntervalSeries>& series) {
  ValueSpan ys;
  std::vector<LegendEntry> legend;
  for (const auto& one : series) {
    for (const auto& estimate : one.estimates) ys.show(estimate);
    legend.push_back({one.name, one.colour});
  }
  if (ys.empty() || places.empty()) return {};
  ys.show(0);
  PlotArea area;
  SvgCanvas canvas(kPlotWidth, area.bottom + 44 + legend_height(legend), text.label);
  draw_legend(canvas, legend, area);
  const PlotScale y = ys.scale(area.bottom, area.top);
  const PlotScale x{-0.5, static_cast<double>(places.size()) - 0.5, area.left, area.right};
  AxisTicks ticks;
  for (std::size_t i = 0; i < places.size(); ++i) {
    ticks.at.push_back(static_cast<double>(i));
    ticks.label.push_back(places[i]);
  }
  draw_y_axis(canvas, area, y, text.y_title);
  draw_x_axis(canvas, area, x, ticks, text.x_title);
  const double slot = (area.right - area.left) / static_cast<double>(places.size());
  const double step = std::min(14.0, 0.7 * slot / static_cast<double>(series.size()));
  for (std::size_t s = 0; s < series.size(); ++s) {
    const double shift = (static_cast<double>(s) - 0.5 * static_cast<double>(series.size() - 1)) * step;
    for (std::size_t i = 0; i < places.size() && i < series[s].estimates.size(); ++i) {
      const auto& estimate = series[s].estimates[i];
      draw_estimate(canvas, x(static_cast<double>(i)) + shift, y, estimate, series[s].colour,
                    series[s].name + ", " + places[i] + ": " + estimate_text(estimate, text.decimals),
                    std::clamp(0.45 * step, 1.8, 4.0));
    }
  }
  return std::move(canvas).finish();
}

std::string forest_plot(const PlotText& text, const std::vector<ForestRow>& rows) {
  ValueSpan xs;
  double names = 0, figures_width = 0;
  for (const auto& row : rows) {
    xs.show(row.estimate);
    names = std::max(names, text_width(row.name));
    figures_width = std::max(figures_width, text_width(estimate_text(row.estimate, text.decimals)));
  }
  if (xs.empty()) return {};
  xs.show(0);
  constexpr double kRow = 28;
  PlotArea area;
  area.left = std::min(names + 14, 180.0);
  area.right = kPlotWidth - figures_width;
  area.top = 8;
  area.bottom = area.top + kRow * static_cast<double>(rows.size()) + 6;
  SvgCanvas canvas(kPlotWidth, area.bottom + 42, text.label);
  const PlotScale x = xs.scale(area.left, area.right);
  const AxisTicks ticks = number_ticks(x.from, x.to, 4);
  for (const double tick : ticks.at) canvas.line({x(tick), area.top}, {x(tick), area.bottom}, "grid");
  canvas.line({x(0), area.top}, {x(0), area.bottom}, "zero");
  draw_x_axis(canvas, area, x, ticks, text.x_title);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto& row = rows[r];
    const double y = area.top + kRow * (static_cast<double>(r) + 0.5);
    const std::string figures = estimate_text(row.estimate, text.decimals);
    canvas.text({area.left - 8, y + 4}, shortened(row.name, 27), Anchor::end, "strong");
    if (std::isfinite(row.estimate.lo) && std::isfinite(row.estimate.hi)) {
      canvas.line({x(row.estimate.lo), y}, {x(row.estimate.hi), y}, "stroke " + colour_class(row.colour));
      for (const double end : {row.estimate.lo, row.estimate.hi})
        canvas.line({x(end), y - 4}, {x(end), y + 4}, "stroke " + colour_class(row.colour));
    }
    if (std::isfinite(row.estimate.value))
      canvas.circle({x(row.estimate.value), y}, 4.5, "fill " + colour_class(row.colour), row.name + ": " + figures);
    canvas.text({kPlotWidth - 2, y + 4}, figures, Anchor::end);
  }
  return std::move(canvas).finish();
}

std::string bar_plot(const PlotText& text, const std::vector<Bar>& bars) {
  double longest = 0, names = 0;
  for (const auto& bar : bars) {
    longest = std::max(longest, bar.value);
    names = std::max(names, text_width(bar.name));
  }
  if (longest <= 0) return {};
  constexpr double kRow = 18;
  PlotArea area;
  area.left = std::min(names + 12, 230.0);
  area.right = kPlotWidth - 55;
  area.top = 6;
  area.bottom = area.top + kRow * static_cast<double>(bars.size());
  SvgCanvas canvas(kPlotWidth, area.bottom + 42, text.label);
  const PlotScale x{0, longest, area.left, area.right};
  const AxisTicks ticks = number_ticks(0, longest, 5);
  for (const double tick : ticks.at) canvas.line({x(tick), area.top}, {x(tick), area.bottom}, "grid");
  draw_x_axis(canvas, area, x, ticks, text.x_title);
  for (std::size_t b = 0; b < bars.size(); ++b) {
    const double y = area.top + kRow * static_cast<double>(b);
    canvas.text({area.left - 7, y + 13}, shortened(bars[b].name, 36), Anchor::end, "strong");
    canvas.rect({area.left, y + 3}, std::max(1.0, x(bars[b].value) - area.left), kRow - 6, "fill c0",
                bars[b].name + ": " + bars[b].shown);
    canvas.text({x(bars[b].value) + 5, y + 13}, bars[b].shown, Anchor::start);
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
  area.bottom = 300;
  SvgCanvas canvas(kPlotWidth, area.bottom + 44, text.label);
  const PlotScale x = span.scale(area.left, area.right, 0.12);
  const PlotScale y = span.scale(area.bottom, area.top, 0.12);
  draw_y_axis(canvas, area, y, text.y_title);
  draw_x_axis(canvas, area, x, number_ticks(x.from, x.to, 6), text.x_title);
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

std::string strip_plot(const PlotText& text, std::int64_t from_ms, std::int64_t to_ms, double row_height,
                       const std::vector<StripRow>& rows) {
  if (rows.empty() || from_ms >= to_ms) return {};
  constexpr double kWidth = 1000;
  double names = 0;
  for (const auto& row : rows) names = std::max(names, text_width(row.name));
  const double left = std::min(names + 14, 220.0), right = kWidth - 20, top = 22;
  const double bottom = top + row_height * static_cast<double>(rows.size());
  SvgCanvas canvas(kWidth, bottom + 24, text.label);
  const PlotScale x{static_cast<double>(from_ms), static_cast<double>(to_ms), left, right};
  const AxisTicks ticks = time_ticks(from_ms, to_ms, 9);
  for (std::size_t i = 0; i < ticks.at.size(); ++i) {
    const double at = x(ticks.at[i]);
    canvas.line({at, top}, {at, bottom}, "grid");
    for (const double y : {top - 8, bottom + 16})
      canvas.text({std::min(at, kWidth - 34), y}, ticks.label[i], Anchor::middle);
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double y = top + row_height * static_cast<double>(r), middle = y + row_height / 2;
    canvas.text({left - 8, middle + 4}, shortened(rows[r].name, 34), Anchor::end, "strong");
    for (const auto& stretch : rows[r].stretches) {
      const double begin = x(static_cast<double>(stretch.from_ms));
      const double width = std::max(1.0, x(static_cast<double>(stretch.to_ms)) - begin);
      canvas.rect({begin, y + 0.18 * row_height}, width, 0.64 * row_height, stretch.css, stretch.title);
    }
    for (const auto& mark : rows[r].marks) {
      const double at = x(static_cast<double>(mark.at_ms));
      if (mark.kind == MomentMark::Kind::refused) {
        canvas.polyline({{at - 5, middle - 5}, {at + 5, middle + 5}}, "refuse", mark.title);
        canvas.polyline({{at - 5, middle + 5}, {at + 5, middle - 5}}, "refuse", mark.title);
      } else {
        canvas.circle({at, middle}, 6, mark.kind == MomentMark::Kind::taken ? "deploy" : "hollow c0", mark.title);
      }
    }
  }
  return std::move(canvas).finish();
}

}  // namespace clm::app
