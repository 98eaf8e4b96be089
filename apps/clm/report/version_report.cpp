#include "report/version_report.hpp"

#include "report/comparison_section.hpp"
#include "report/ensemble_section.hpp"
#include "report/verdict_section.hpp"

namespace clm::app {
namespace {

std::string importance_of(const VersionFacts& facts) {
  return facts.importance.empty() ? html_paragraph("Feature importance: " + facts.importance_problem + ".")
                                  : importance_figure("What the model looks at", facts.importance);
}

std::string facts_table(const VersionFacts& facts) {
  HtmlTable table{
      "From the manifest: with these anybody can train the same bits again (clm reproduce).", {"What", "Value"}, {}};
  for (const auto& [name, value] : facts.facts)
    table.rows.push_back({HtmlCell{name, "", HtmlCell::Kind::word}, HtmlCell{value, "", HtmlCell::Kind::code}});
  return html_table(table);
}

std::string history_table(const VersionFacts& facts) {
  if (facts.history.empty()) return {};
  HtmlTable table{
      "What became of it, oldest first. A cycle's decision rests on the data until then; a person's has the time of "
      "the "
      "clock alone.",
      {"To", "From", "Data until (UTC)", "Decided at (UTC)", "By", "Reason"},
      {}};
  const auto time = [](const std::optional<Timestamp>& at) {
    return HtmlCell{at ? to_minutes_string(*at) : "\u2013", "", HtmlCell::Kind::name};
  };
  for (const auto& line : facts.history) {
    const auto word = [](const std::string& text) { return HtmlCell{text, "", HtmlCell::Kind::word}; };
    table.rows.push_back({word(line.to), word(line.from), time(line.data_until), time(line.decided_at),
                          word(line.actor), word(line.reason)});
  }
  return html_table(table);
}

/// By what the recipe of a vintage was accepted: another version's judgement, and said so.
std::string judgement_of_recipe(const EvidenceFigures& evidence) {
  std::string reasons;
  for (const auto& reason : evidence.verdict.reasons) reasons += "<li>" + html_escape(reason) + "</li>";
  return html_paragraph("All of this was found of version " + evidence.refresh->accepted_by +
                        ", on rows that it was not trained on.") +
         "<ul>" + reasons + "</ul>" + comparison_table(evidence) + limits_table(evidence.verdict);
}

std::string part(std::string_view summary, const std::string& body, Fold fold = Fold::closed) {
  std::string out = html_fold(summary, body, fold);
  constexpr std::string_view kTag = "<details";
  if (!out.empty()) out.insert(kTag.size(), " class=\"part\"");
  return out;
}

}  // namespace

std::string version_parts(const VersionFacts& facts, Fold first) {
  std::string out;
  const std::string lives_on =
      "<div class=\"plots\">" + permutation_figure(facts.permutation) + importance_of(facts) + "</div>\n";
  if (facts.lineup && (!facts.evidence || !facts.evidence->ensemble))
    out += part("Who speaks in it", lineup_table(*facts.lineup, "What was learned last comes first."), first);
  if (facts.evidence && facts.evidence->refresh) {
    out += part("What its forecasts live on", lives_on, first);
    out += part("How its recipe was judged", judgement_of_recipe(*facts.evidence));
  } else if (facts.evidence) {
    const EvidenceFigures& evidence = *facts.evidence;
    out += part("Beside the baselines" + std::string(evidence.active ? " and the active version" : ""),
                comparison_table(evidence), first);
    if (evidence.ensemble) out += part("Members and weights", ensemble_section(*evidence.ensemble), first);
    out += part("Plots: lead, constancy, delay, costs, equity", judgement_plots(evidence), first);
    out += part("What its forecasts live on", lives_on, first == Fold::open ? Fold::open_where_wide : first);
    out += part("By market regime", regime_table(evidence));
    out += part("The policy, limit by limit", limits_table(evidence.verdict));
  } else {
    out += part("What its forecasts live on", lives_on, first);
  }
  return out + part("What it is: the manifest", facts_table(facts)) + part("History", history_table(facts));
}

std::string lineup_table(const LineupFigures& lineup, std::string caption) {
  HtmlTable table{std::move(caption), {"Model", "Recipe", "Version", "Learned until (UTC)", "Weight"}, {}};
  for (const auto& m : lineup.members)
    table.rows.push_back(
        {HtmlCell{m.model_type, "", HtmlCell::Kind::name}, HtmlCell{m.recipe, "", HtmlCell::Kind::name},
         HtmlCell{m.version, "", HtmlCell::Kind::name},
         HtmlCell{m.learned_until ? to_minutes_string(*m.learned_until) : "\u2013", "", HtmlCell::Kind::name},
         figure_cell(number_text(m.weight, 3))});
  return html_table(table);
}

std::string decision_box(const VersionFacts& facts) {
  if (facts.evidence) return verdict_box(facts.standing, *facts.evidence);
  if (is_composed(facts))
    return html_paragraph("Status in the registry: " + facts.status +
                          (facts.standing.speaks.empty() ? "" : ", and " + facts.standing.speaks) +
                          ". It was not judged: its members are vintages of accepted recipes, and each recipe weighs "
                          "what the settings say. " +
                          facts.standing.reason);
  return html_paragraph("Status in the registry: " + facts.status +
                        ". There is no judgement to show: " + facts.evidence_problem + ".");
}

HtmlSection version_section(const VersionFacts& facts) {
  HtmlSection section{"version-" + facts.version, "The decision", {}};
  section.body = decision_box(facts);
  section.body += version_parts(facts, Fold::open);
  return section;
}

std::string version_report(const VersionFacts& facts, Timestamp made_at) {
  return html_page("Version " + facts.version + " of " + facts.model_type,
                   "Written " + to_minutes_string(made_at) + " UTC by clm report. All times are UTC.",
                   version_verdict(facts.model_type + " " + facts.version, facts.standing,
                                   facts.evidence ? &*facts.evidence : nullptr,
                                   is_composed(facts) ? Judged::its_recipes : Judged::yes),
                   {version_section(facts)});
}

}  // namespace clm::app
