#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "learning/options/learning_options.hpp"

namespace clm {

/// Which vintages are in the lineup once all of `fitted_at` (ascending) are made: their places in `fitted_at`, newest
/// first, at most `vintages`. The newest is always among them. Another one stays beside newer ones if it is at least
/// `spacing_days` younger than the one before it; a newer fit takes the place of one that is not.
std::vector<std::size_t> lineup_places(std::span<const Timestamp> fitted_at, const LineupOptions& options);

}  // namespace clm
