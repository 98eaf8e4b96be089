#include "report/permutation_figure.hpp"

#include <algorithm>

#include "report/html_page.hpp"

namespace clm::app {

std::string permutation_figure(const PermutationFacts& facts) {
  if (facts.inputs.empty()) return html_paragraph("What its forecasts live on: " + facts.problem + ".");
  std::vector<ForestRow> rows;
  for (std::size_t i = 0; i < std::min(kPermutedInputs, facts.inputs.size()); ++i)
    rows.push_back({facts.inputs[i].name, 0, facts.inputs[i].drop});
  // How well it ranks rows that it was fitted on says nothing of how good it is.
  const std::string rank_ic = facts.fitted_on ? std::string()
                                              : " (" + signed_text(facts.rank_ic.value, 4) + " " +
                                                    interval_text(facts.rank_ic.lo, facts.rank_ic.hi, 4) + ")";
  std::string text = "What the rank IC" + rank_ic + " loses when one input is dealt out anew among the rows: the " +
                     std::to_string(rows.size()) + " of " + std::to_string(facts.inputs.size()) +
                     " inputs that matter most, on " + number_text(static_cast<double>(facts.rows_used), 0) + " of " +
                     number_text(static_cast<double>(facts.rows_held_out), 0) +
                     (facts.fitted_on ? " newest rows" : " held-out rows") + ", mean of " +
                     std::to_string(facts.repeats) +
                     " drawing(s). Inputs that say the same cover for each other. window.* are what networks read.";
  if (!facts.note.empty()) text += " Note: " + facts.note + ".";
  return html_figure("What its forecasts live on", text,
                     forest_plot({"Permutation importance", "loss of rank IC", "", 4}, rows));
}

}  // namespace clm::app
