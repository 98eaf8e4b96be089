#pragma once
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "report/evidence.hpp"

namespace clm::app {

/// The best of the candidates over one baseline (`SuperiorityOver`).
struct SuperiorityFigures {
  std::string baseline, best;
  double lead = kUnknown, p = kUnknown;
};
struct SuperiorityTestFigures {
  std::string unknown_because;  ///< empty where the figures are known
  double candidates = kUnknown, days = kUnknown, p = kUnknown;
  std::vector<SuperiorityFigures> over;
};

/// What choosing the best is worth, as `clm evaluate` stored it: `SuperiorityTest` by rank IC and by daily net return,
/// and `SettingsTried`.
struct SelectionFigures {
  SuperiorityTestFigures rank_ic, net_return;
  bool long_short = true;       ///< net returns of the long-short book; false: of single positions
  std::string unknown_because;  ///< of what follows; empty where it is known
  double settings = kUnknown, earlier_evaluations = kUnknown, not_comparable = kUnknown, unreadable = kUnknown;
  double days = kUnknown, splits = kUnknown, overfitting_probability = kUnknown;
  std::string best;
  double sharpe = kUnknown, expected_best_sharpe = kUnknown, deflated_sharpe = kUnknown;
};

/// Of the document of an evaluation; none in those of older releases.
std::optional<SelectionFigures> selection_in(const nlohmann::json& document);

/// Paragraphs and a table, as HTML.
std::string selection_section(const SelectionFigures& selection);

}  // namespace clm::app
