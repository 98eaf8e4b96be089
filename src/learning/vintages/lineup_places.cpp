#include "learning/vintages/lineup_places.hpp"

#include <algorithm>

#include "base/contract.hpp"

namespace clm {

std::vector<std::size_t> lineup_places(std::span<const Timestamp> fitted_at, const LineupOptions& options) {
  expects(options.vintages >= 1 && options.spacing_days >= 0, "a lineup has a place");
  expects(std::is_sorted(fitted_at.begin(), fitted_at.end()), "vintages come in the order of their making");
  const Duration spacing(options.spacing_days * kDayMs);
  std::vector<std::size_t> places;  // oldest first
  for (std::size_t i = 0; i < fitted_at.size(); ++i) {
    const std::size_t count = places.size();
    const bool takes_a_place = count >= 2 && fitted_at[places[count - 1]] - fitted_at[places[count - 2]] < spacing;
    if (takes_a_place)
      places.back() = i;
    else
      places.push_back(i);
  }
  std::reverse(places.begin(), places.end());
  places.resize(std::min(places.size(), static_cast<std::size_t>(options.vintages)));
  return places;
}

}  // namespace clm
