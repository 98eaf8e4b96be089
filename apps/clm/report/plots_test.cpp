#include "report/plots.hpp"

#include <gtest/gtest.h>

namespace clm::app {
namespace {

/// Where the labels of the horizontal axis stand; the texts that look like numbers of two decimals.
std::vector<std::pair<double, std::string>> axis_labels(const std::string& svg) {
  std::vector<std::pair<double, std::string>> out;
  for (auto at = svg.find("<text x=\""); at != std::string::npos; at = svg.find("<text x=\"", at + 1)) {
    const auto begin = svg.find('>', at) + 1;
    const std::string tag = svg.substr(at, begin - at), text = svg.substr(begin, svg.find('<', begin) - begin);
    if (tag.find("middle") != std::string::npos && text.find("0.0") != std::string::npos)
      out.emplace_back(std::stod(tag.substr(9)), text);
  }
  return out;
}

TEST(ForestPlot, LabelsZeroAndEvenStepsWhereTheLabelsAreCrowded) {
  const std::string name = "over a baseline of a long name";
  for (const double reach : {0.03, 0.045, 0.056, 0.07, 0.09}) {
    const auto labels = axis_labels(forest_plot({"label", "x", "", 4}, {{name, 2, {0.01, -reach, 0.07}}}));
    ASSERT_GE(labels.size(), 2U) << reach;
    bool has_zero = false;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      has_zero = has_zero || labels[i].second == "0.00";
      if (i > 0) {
        EXPECT_GE(labels[i].first - labels[i - 1].first, 34) << "texts of 28 to 35 units do not touch";
      }
      if (i > 1) {
        EXPECT_NEAR(labels[i].first - labels[i - 1].first, labels[1].first - labels[0].first, 0.25);
      }
    }
    EXPECT_TRUE(has_zero) << reach;
  }
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(LinePlot, LinesOfTheSamePointsAreOneWithBothNames) {
  LinePlot plot;
  plot.series = {
      {"gated", 0, {1, 2, 3}, {0, 1, 2}}, {"static", 1, {1, 2, 3}, {0, 1, 2}}, {"drift", 2, {1, 2, 3}, {0, 1, 3}}};
  const std::string svg = line_plot(plot);
  EXPECT_EQ(count_of(svg, "<polyline"), 2U);
  EXPECT_NE(svg.find(">gated = static<"), std::string::npos);
  EXPECT_NE(svg.find("class=\"stroke dash c2\""), std::string::npos) << "others differ in their dashes";
}

TEST(BarPlot, ALongNameBeginsWithItsFirstLetterAndEndsInADotDotDot) {
  const std::string name = "window.a_feature_whose_name_is_longer_than_a_telephone_is_wide_by_far";
  const std::string svg = bar_plot({"label", "x", "", 1}, {{name, 40, "40.0 %"}});
  EXPECT_NE(svg.find(" text-anchor=\"start\" class=\"strong\">window.a_feature"), std::string::npos) << svg;
  EXPECT_NE(svg.find("\u2026</text>"), std::string::npos);
  EXPECT_NE(svg.find(name + ": 40.0 %</title>"), std::string::npos) << "the whole name is the tooltip";
}

TEST(StripPlot, IsAsWideAsThePageAndMarksMomentsByTheirShape) {
  const std::string strip = strip_plot(
      "label", 0, 100'000'000, 20, {{"lightgbm", {{0, 50'000'000, "band", "x"}}, {{25'000'000, Mark::refused, "no"}}}});
  EXPECT_NE(strip.find("<rect x=\"0.00%\" width=\"50.00%\""), std::string::npos) << strip;
  EXPECT_NE(strip.find("<use href=\"#mark-refused\" x=\"25.00%\""), std::string::npos);
}

}  // namespace
}  // namespace clm::app
