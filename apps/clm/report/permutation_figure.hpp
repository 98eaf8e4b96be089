#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "report/plots.hpp"

namespace clm::app {

/// What a version's rank IC on held-out rows loses when one of its inputs says nothing true any more.
struct PermutationFacts {
  struct Input {
    std::string name;
    Estimate drop;
  };
  std::vector<Input> inputs;  ///< descending by drop; empty: `problem` says why
  Estimate rank_ic;           ///< with every input in its place
  std::size_t rows_used = 0, rows_held_out = 0;
  bool fitted_on = false;  ///< nothing was held out: the rows are the newest of those that it was fitted on
  int repeats = 0;
  std::string note;  ///< what differs from the judging; empty if nothing
  std::string problem;
};

/// At most this many inputs are drawn.
inline constexpr std::size_t kPermutedInputs = 20;

/// The inputs that matter most, with their intervals; a sentence where there are none. HTML.
std::string permutation_figure(const PermutationFacts& facts);

}  // namespace clm::app
