#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "report/marks.hpp"
#include "report/svg_canvas.hpp"

namespace clm::app {

/// A figure with its interval. NaN: not known.
struct Estimate {
  double value = std::numeric_limits<double>::quiet_NaN();
  double lo = std::numeric_limits<double>::quiet_NaN();
  double hi = std::numeric_limits<double>::quiet_NaN();
};

/// What every plot says about itself. Units belong into the axis titles.
struct PlotText {
  std::string label;  ///< for those who do not see it
  std::string x_title, y_title;
  int decimals = 3;  ///< of the values in tooltips
};

/// Each returns one drawing, or an empty text where there is nothing finite to draw. `colour` is 0 for the candidate, 1
/// for the active version, 2 to 6 for baselines, 7 and 8 for the members of an ensemble. Pure functions.

struct LineSeries {
  std::string name;
  int colour = 0;
  std::vector<double> x, y;  ///< of equal length; points that are not finite are left out
};
/// Series of the very same points are drawn as one, which the legend names after both.
enum class LineMarks { none, dots };
struct LinePlot {
  PlotText text;
  enum class XAxis { number, time_ms } x_axis = XAxis::number;
  std::vector<LineSeries> series;
  LineMarks marks = LineMarks::none;
  struct Mark {
    double x = 0;
    std::string text;
  };
  std::optional<Mark> vertical;  ///< a dashed line across, with its text; drawn where it lies within the data
};
std::string line_plot(const LinePlot& plot);

/// Estimates with error bars over named places (months, delays): beside each other where there are several series.
struct IntervalSeries {
  std::string name;
  int colour = 0;
  std::vector<Estimate> estimates;  ///< one per place
};
std::string interval_plot(const PlotText& text, const std::vector<std::string>& places,
                          const std::vector<IntervalSeries>& series);

/// A row each, estimate and interval to the right of its name, with a line at zero.
struct ForestRow {
  std::string name;
  int colour = 0;
  Estimate estimate;
};
std::string forest_plot(const PlotText& text, const std::vector<ForestRow>& rows);

struct Bar {
  std::string name;
  double value = 0;   ///< >= 0
  std::string shown;  ///< beside the bar
};
std::string bar_plot(const PlotText& text, const std::vector<Bar>& bars);

/// Forecast probability against what came, one circle per bin, its area by the count; the diagonal is perfection.
struct CalibrationBin {
  double count = 0, probability = 0, share = 0;
};
std::string calibration_plot(const PlotText& text, const std::vector<CalibrationBin>& bins, double base_rate);

/// A row of stretches over time.
struct Stretch {
  std::int64_t from_ms = 0, to_ms = 0;
  std::string css;
  std::string title;
};
struct MomentMark {
  std::int64_t at_ms = 0;
  Mark mark = Mark::open;
  std::string title;
};
struct StripRow {
  std::string name;
  std::vector<Stretch> stretches;
  std::vector<MomentMark> marks;
  /// Not empty: a line over the stretches, x in ms and ascending, y > 0 on a logarithmic scale; broken where y is NaN.
  std::vector<PlotPoint> line{};
};
/// Rows of their names, drawn as wide as the page, over one time axis below them; `row_height` in pixels, of a row with
/// a line ten times as much. HTML.
std::string strip_plot(const std::string& label, std::int64_t from_ms, std::int64_t to_ms, int row_height,
                       const std::vector<StripRow>& rows);

}  // namespace clm::app
