#include "report/importance_figure.hpp"

#include <algorithm>

#include "report/html_page.hpp"
#include "report/plots.hpp"

namespace clm::app {

std::string importance_figure(const std::string& title, const std::vector<FeatureShare>& features) {
  std::vector<Bar> bars;
  double shown = 0;
  for (std::size_t i = 0; i < std::min(kImportanceBars, features.size()); ++i) {
    const auto& feature = features[i];
    bars.push_back({feature.feature, 100 * feature.share, number_text(100 * feature.share, 1) + " %"});
    shown += feature.share;
  }
  return html_figure(title,
                     "The " + std::to_string(bars.size()) + " most important of " + std::to_string(features.size()) +
                         " features, by their share of what the model gained from splitting on them while it was "
                         "trained; together " +
                         percent_text(shown, 0) + ". It says what was used, not what causes prices.",
                     bar_plot({"Most important features", "share of the total gain (%)", "", 1}, bars));
}

}  // namespace clm::app
