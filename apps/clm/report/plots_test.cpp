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

}  // namespace
}  // namespace clm::app
