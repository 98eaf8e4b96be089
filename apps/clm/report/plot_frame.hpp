#pragma once
#include <string>
#include <vector>

#include "report/plots.hpp"
#include "report/svg_canvas.hpp"

namespace clm::app {

/// The smallest span that holds every finite value it was shown.
class ValueSpan {
 public:
  void show(double value);
  void show(const Estimate& estimate);
  bool empty() const { return lo_ > hi_; }
  /// With room at both ends; of positive length whatever was shown. Not empty.
  PlotScale scale(double at_from, double at_to, double room = 0.05) const;
  double lo() const { return lo_; }
  double hi() const { return hi_; }

 private:
  double lo_ = std::numeric_limits<double>::infinity();
  double hi_ = -std::numeric_limits<double>::infinity();
};

struct LegendEntry {
  std::string name;
  int colour = 0;
};

/// Width of every plot, in drawing units: about the pixels that a telephone has for it. Texts are 12 units high.
inline constexpr double kPlotWidth = 330;

/// The inner area of a plot. There is room for ticks and title of the x axis below `bottom`.
struct PlotArea {
  double left = 4, top = 6, right = kPlotWidth - 10, bottom = 200;
};
/// What an x axis takes below the area.
inline constexpr double kXAxisHeight = 40;

/// "c3": the colour class.
std::string colour_class(int colour);
/// About how wide a text is when drawn, in drawing units: as in DejaVu Sans, the widest of the fonts in use.
double text_width(std::string_view text);

/// Entries in as many lines as they need, above `area.top`, which moves down.
void draw_legend(SvgCanvas& canvas, const std::vector<LegendEntry>& entries, PlotArea& area);
/// How high the legend will be: the canvas must know before it is made.
double legend_height(const std::vector<LegendEntry>& entries);

/// The title above the area, grid lines and labels; `area.top` and `area.left` make room for them, and `area.bottom`
/// moves down with the title. Returns the scale of `span` over what is left. A line at zero stands out.
PlotScale draw_y_axis(SvgCanvas& canvas, PlotArea& area, const ValueSpan& span, const std::string& title,
                      double room = 0.05);
/// How high the title of a y axis is.
inline constexpr double kYTitleHeight = 20;
void draw_x_axis(SvgCanvas& canvas, const PlotArea& area, const PlotScale& x, const AxisTicks& ticks,
                 const std::string& title);
/// A dot of that radius with its error bar.
void draw_estimate(SvgCanvas& canvas, double x, const PlotScale& y, const Estimate& estimate, int colour,
                   const std::string& title, double radius);
/// "0.012 [0.003, 0.021]"
std::string estimate_text(const Estimate& estimate, int decimals);

}  // namespace clm::app
