#include "report/ensemble_section.hpp"

#include "report/html_page.hpp"

namespace clm::app {
namespace {

constexpr int kEnsembleColour = 0;
int ensemble_member_colour(std::size_t m) { return 7 + static_cast<int>(m % 2); }

HtmlCell estimate_cell(const Estimate& e, int decimals) {
  return figure_cell(signed_text(e.value, decimals), interval_text(e.lo, e.hi, decimals));
}

std::string members_table(const EnsembleFigures& ensemble) {
  HtmlTable table{"The members on the " + number_text(ensemble.rows, 0) +
                      " rows where all of them have a forecast. What a member adds is the ensemble's rank IC less that "
                      "of the ensemble without it, paired over time.",
                  {"Member", "Version", "Weight", "Coverage", "Rank IC alone", "Adds to the rank IC"},
                  {}};
  for (const auto& m : ensemble.members)
    table.rows.push_back({HtmlCell{m.model_type, "", HtmlCell::Kind::name},
                          HtmlCell{m.version, "", HtmlCell::Kind::name}, figure_cell(percent_text(m.weight, 1)),
                          figure_cell(percent_text(m.coverage, 1)), estimate_cell(m.rank_ic, 4),
                          estimate_cell(m.adds, 4)});
  table.rows.push_back({HtmlCell{"all together", "", HtmlCell::Kind::name}, HtmlCell{}, figure_cell(percent_text(1, 1)),
                        HtmlCell{}, estimate_cell(ensemble.rank_ic, 4), HtmlCell{}});
  return html_table(table);
}

std::string plots(const EnsembleFigures& ensemble) {
  std::vector<ForestRow> alone{{"all together", kEnsembleColour, ensemble.rank_ic}}, adds;
  std::vector<Bar> weights;
  for (std::size_t m = 0; m < ensemble.members.size(); ++m) {
    alone.push_back({ensemble.members[m].model_type, ensemble_member_colour(m), ensemble.members[m].rank_ic});
    adds.push_back({ensemble.members[m].model_type, ensemble_member_colour(m), ensemble.members[m].adds});
    const double weight = ensemble.members[m].weight;
    weights.push_back({ensemble.members[m].model_type, 100 * weight, percent_text(weight, 1)});
  }
  return "<div class=\"plots\">" +
         html_figure("What each member weighs", "Its share of the forecast where all of them vote.",
                     bar_plot({"Weights of the members", "weight (%)", "", 1}, weights)) +
         html_figure("Together and alone",
                     "Rank IC with its interval: forecasts that err differently are worth more "
                     "together than the best of them alone.",
                     forest_plot({"Rank IC of ensemble and members", "rank IC", "", 4}, alone)) +
         html_figure("What each member adds",
                     "Rank IC lost by leaving the member out. An interval right of zero: the ensemble needs it; left "
                     "of zero: it would be better without.",
                     forest_plot({"Rank IC that each member adds", "difference in rank IC", "", 4}, adds)) +
         "</div>\n";
}

std::string correlation_table(const EnsembleFigures& ensemble, const std::vector<std::vector<double>>& matrix,
                              const std::string& caption) {
  HtmlTable table{caption, {""}, {}};
  for (const auto& m : ensemble.members) table.header.push_back(m.model_type);
  for (std::size_t a = 0; a < matrix.size() && a < ensemble.members.size(); ++a) {
    std::vector<HtmlCell> row{HtmlCell{ensemble.members[a].model_type, "", HtmlCell::Kind::name}};
    for (const double value : matrix[a]) row.push_back(figure_cell(number_text(value, 3)));
    table.rows.push_back(std::move(row));
  }
  return html_table(table);
}

std::string weights_table(const EnsembleFigures& ensemble) {
  if (ensemble.trials.empty()) return {};
  HtmlTable table{
      "Learned weights held against the ones in force, on later rows that they were not learned from. They "
      "are used only where the whole interval of the squared error saved lies above zero.",
      {"Weights", "Against", "Squared error saved (x 1000)", "Rank IC gained", "Used"},
      {}};
  for (const auto& t : ensemble.trials) {
    const Estimate saved{1000 * t.squared_error_saved.value, 1000 * t.squared_error_saved.lo,
                         1000 * t.squared_error_saved.hi};
    table.rows.push_back({HtmlCell{t.source, "", HtmlCell::Kind::name}, HtmlCell{t.against, "", HtmlCell::Kind::name},
                          estimate_cell(saved, 3), estimate_cell(t.rank_ic_gained, 4),
                          HtmlCell{t.used ? "yes" : "no", "", t.used ? HtmlCell::Kind::good : HtmlCell::Kind::word}});
  }
  return html_table(table);
}

}  // namespace

std::string ensemble_section(const EnsembleFigures& ensemble) {
  const Estimate& told = ensemble.disagreement_and_error;
  return "<h3>Its members</h3>\n" + members_table(ensemble) + plots(ensemble) +
         correlation_table(
             ensemble, ensemble.error_correlation,
             "Correlation of the members' errors. What nobody can know is in every error, so it is near 1; "
             "what it lacks to 1 is what averaging can win.") +
         correlation_table(ensemble, ensemble.forecast_correlation, "Correlation of the members' forecasts.") +
         html_paragraph("All members have the ensemble's sign on " + percent_text(ensemble.full_agreement, 1) +
                        " of the rows; their disagreement is " + number_text(ensemble.disagreement, 3) +
                        " volatilities on average, and its rank correlation with the size of the ensemble's error is " +
                        signed_text(told.value, 3) + " " + interval_text(told.lo, told.hi, 3) + ".") +
         "<h3>Its weights</h3>\n" + html_paragraph(ensemble.reason) + weights_table(ensemble);
}

}  // namespace clm::app
