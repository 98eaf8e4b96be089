#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "base/time.hpp"

namespace clm {

/// How many vintages of a recipe speak at once. Of vintages of an equal recipe the mean is steadier than the newest,
/// and was in no study shown to be worse (Bates & Granger 1969, Operational Research Quarterly 20:451;
/// docs/QUALITY.md).
struct LineupOptions {
  int vintages = 3;       ///< [1, 24]; more: steadier, and each forecast costs as much more
  int fits = 1;           ///< of one day, on other rows and with another seed, [1, 8]; each costs a training
  int spacing_days = 28;  ///< between vintages that stay, >= 0; more: they share fewer rows, and the oldest is older
};

/// Which vintages are in the lineup once all of `fitted_at` (ascending) are made: their places in `fitted_at`, newest
/// first, at most `vintages`. The newest is always among them. Another one stays beside newer ones if it is at least
/// `spacing_days` younger than the one before it; a newer fit takes the place of one that is not.
std::vector<std::size_t> lineup_places(std::span<const Timestamp> fitted_at, const LineupOptions& options);

}  // namespace clm
