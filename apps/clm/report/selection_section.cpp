#include "report/selection_section.hpp"

#include <nlohmann/json.hpp>

#include "report/html_page.hpp"
#include "report/json_reading.hpp"

namespace clm::app {
namespace {

using Json = nlohmann::json;

SuperiorityTestFigures test_in(const Json& j) {
  SuperiorityTestFigures out;
  out.unknown_because = text_in(j, "unknown_because");
  out.candidates = number_in(j, "candidates");
  out.days = number_in(j, "days");
  out.p = number_in(j, "p");
  out.over = each_of(member(j, "over"), [](const Json& one) {
    return SuperiorityFigures{text_in(one, "baseline"), text_in(one, "best"), number_in(one, "lead"),
                              number_in(one, "p")};
  });
  return out;
}

/// Resampling a thousand times tells no smaller ones apart.
std::string p_text(double p) { return p < 0.001 ? "< 0.001" : number_text(p, 3); }

std::string superiority(const SelectionFigures& s) {
  const std::string test = "Hansen\u2019s test of superior predictive ability (SPA)";
  if (!s.rank_ic.unknown_because.empty())
    return html_paragraph(test + ": not said, " + s.rank_ic.unknown_because + ".");
  HtmlTable table{
      "On " + counted(s.rank_ic.days, "day") + ". Net: a day, of the " +
          (s.long_short ? "long-short book" : "single positions") +
          " after costs. The last row is the largest p: small where some candidate is better than every "
          "baseline.",
      {"Over", "Best by rank IC", "Lead in rank IC", "p of rank IC", "Best by net", "Lead (bps/day)", "p of net"},
      {}};
  const bool has_net = s.net_return.unknown_because.empty();
  const auto word = [](const std::string& text) { return HtmlCell{text, "", HtmlCell::Kind::word}; };
  for (std::size_t b = 0; b < s.rank_ic.over.size(); ++b) {
    const SuperiorityFigures& ic = s.rank_ic.over[b];
    const SuperiorityFigures net =
        has_net && b < s.net_return.over.size() ? s.net_return.over[b] : SuperiorityFigures{};
    table.rows.push_back({HtmlCell{ic.baseline, "baseline", HtmlCell::Kind::name}, word(ic.best),
                          figure_cell(signed_text(ic.lead, 4)), figure_cell(p_text(ic.p)), word(net.best),
                          figure_cell(signed_text(1e4 * net.lead, 1)), figure_cell(p_text(net.p))});
  }
  table.rows.push_back({HtmlCell{"all of them", "", HtmlCell::Kind::name}, word(""), figure_cell(""),
                        figure_cell(p_text(s.rank_ic.p)), word(""), figure_cell(""),
                        figure_cell(p_text(s.net_return.p))});
  const std::string asked = "Is the best of " + counted(s.rank_ic.candidates, "candidate") +
                            " better than the baselines, or only the luckiest? The test allows for the choice: p is "
                            "how often chance gives the best such a lead where no candidate is better.";
  return html_paragraph(test + ". Over every baseline: p " + p_text(s.rank_ic.p) + " in rank IC" +
                        (has_net ? ", " + p_text(s.net_return.p) + " in net return." : ".")) +
         html_fold("Baseline by baseline", html_paragraph(asked) + html_table(table), Fold::open_where_wide) +
         (has_net ? std::string() : html_paragraph("Not said of net returns: " + s.net_return.unknown_because + "."));
}

std::string choice(const SelectionFigures& s) {
  std::string tried = "Settings tried on these months: " + number_text(s.settings, 0);
  if (s.earlier_evaluations > 0)
    tried += ", those of " + counted(s.earlier_evaluations, "earlier evaluation") + " in reports/ included";
  if (s.not_comparable > 0)
    tried += "; " + counted(s.not_comparable, "earlier evaluation") +
             " not counted, without daily returns that can be compared";
  if (s.unreadable > 0) tried += "; " + counted(s.unreadable, "file") + " in reports/ could not be read";
  tried += ". A setting is a model or the average of an evaluation.";
  const std::string title = "Probability of backtest overfitting (PBO): ";
  if (!s.unknown_because.empty())
    return html_paragraph(title + "not said, " + s.unknown_because + ".") +
           html_fold("What was tried", html_paragraph(tried), Fold::open_where_wide);
  const std::string counting =
      "Of " + number_text(s.splits, 0) + " ways to take half of " + counted(s.days, "day") + ", in " +
      percent_text(s.overfitting_probability, 0) +
      " the setting with the best Sharpe ratio there is among the worse half on the other days. The best, " + s.best +
      ", has a Sharpe ratio of " + number_text(s.sharpe, 2) +
      " a year, of its daily returns; the best of so many without skill would show about " +
      number_text(s.expected_best_sharpe, 2) + ", and it is above that with probability " +
      number_text(s.deflated_sharpe, 2) + " (deflated Sharpe ratio).";
  return html_paragraph(title + number_text(s.overfitting_probability, 2) +
                        "; at 0.50 choosing the best is worth nothing.") +
         html_fold("What was tried, and how it is counted", html_paragraph(tried) + html_paragraph(counting),
                   Fold::open_where_wide);
}

}  // namespace

std::optional<SelectionFigures> selection_in(const Json& document) {
  const Json& ability = member(document, "superior_ability");
  const Json& tried = member(document, "settings_tried");
  if (!ability.is_object() || !tried.is_object()) return std::nullopt;
  SelectionFigures out;
  out.rank_ic = test_in(member(ability, "rank_ic"));
  out.net_return = test_in(member(ability, "net_return"));
  out.long_short = text_in(member(document, "daily"), "trading") != "positions";
  out.unknown_because = text_in(tried, "unknown_because");
  out.settings = number_in(tried, "settings");
  out.earlier_evaluations = number_in(tried, "earlier_evaluations");
  out.not_comparable = number_in(tried, "not_comparable");
  out.unreadable = number_in(tried, "unreadable");
  out.days = number_in(tried, "days");
  out.splits = number_in(tried, "splits");
  out.overfitting_probability = number_in(tried, "overfitting_probability");
  out.best = text_in(tried, "best");
  out.sharpe = number_in(tried, "sharpe");
  out.expected_best_sharpe = number_in(tried, "expected_best_sharpe");
  out.deflated_sharpe = number_in(tried, "deflated_sharpe");
  return out;
}

std::string selection_section(const SelectionFigures& selection) { return superiority(selection) + choice(selection); }

}  // namespace clm::app
