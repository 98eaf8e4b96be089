#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clm::app {

struct PlotPoint {
  double x = 0, y = 0;
};

/// An SVG drawing being written, in its own units (about pixels at full width). Titles become tooltips. All texts are
/// escaped here; class names are the caller's constants.
class SvgCanvas {
 public:
  /// `label` says to those who do not see the drawing what it shows.
  SvgCanvas(double width, double height, std::string_view label);

  void line(PlotPoint a, PlotPoint b, std::string_view css);
  void rect(PlotPoint corner, double width, double height, std::string_view css, std::string_view title = {});
  void circle(PlotPoint centre, double radius, std::string_view css, std::string_view title = {});
  void polyline(const std::vector<PlotPoint>& points, std::string_view css, std::string_view title = {});
  enum class Anchor { start, middle, end };
  void text(PlotPoint at, std::string_view text, Anchor anchor, std::string_view css = {});
  /// Closes the drawing.
  std::string finish() &&;

 private:
  void close_element(std::string_view name, std::string_view title);
  std::string out_;
};

/// A linear map from data to drawing.
struct PlotScale {
  double from = 0, to = 1;        ///< data
  double at_from = 0, at_to = 1;  ///< drawing
  double operator()(double value) const { return at_from + (value - from) / (to - from) * (at_to - at_from); }
};

/// Where an axis is labelled, with the texts.
struct AxisTicks {
  std::vector<double> at;
  std::vector<std::string> label;
};
/// Multiples of 1, 2 or 5 times a power of ten within [lo, hi], about `count` of them. lo < hi, both finite.
AxisTicks number_ticks(double lo, double hi, int count);
/// Beginnings of hours, days, months or years within the span, at most `count` + 2 of them, in ms. from < to.
AxisTicks time_ticks(std::int64_t from_ms, std::int64_t to_ms, int count);

}  // namespace clm::app
