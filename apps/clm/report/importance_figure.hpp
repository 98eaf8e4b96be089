#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace clm::app {

struct FeatureShare {
  std::string feature;
  double share = 0;  ///< of the total, 0..1
};

/// At most this many features are drawn.
inline constexpr std::size_t kImportanceBars = 25;

/// The most important features as bars. `features` is descending and not empty. HTML.
std::string importance_figure(const std::string& title, const std::vector<FeatureShare>& features);

}  // namespace clm::app
