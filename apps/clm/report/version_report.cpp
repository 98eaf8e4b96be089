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
    table.rows.push_back({HtmlCell{name, "", HtmlCell::Kind::name}, HtmlCell{value, "", HtmlCell::Kind::word}});
  return html_table(table);
}

std::string history_table(const VersionFacts& facts) {
  if (facts.history.empty()) return {};
  HtmlTable table{"What became of it, oldest first.", {"When (UTC)", "From", "To", "By", "Reason"}, {}};
  for (const auto& line : facts.history) {
    std::vector<HtmlCell> row{HtmlCell{to_minutes_string(line.at), "", HtmlCell::Kind::name}};
    for (const auto& text : {line.from, line.to, line.actor, line.reason})
      row.push_back({text, "", HtmlCell::Kind::word});
    table.rows.push_back(std::move(row));
  }
  return html_table(table);
}

}  // namespace

HtmlSection version_section(const VersionFacts& facts) {
  const std::string name = facts.model_type + " " + facts.version;
  HtmlSection section{"version-" + facts.version, name, {}};
  std::string& body = section.body;
  body += "<p>Status in the registry: <strong>" + html_escape(facts.status) + "</strong></p>\n";
  if (facts.evidence) {
    const Evidence& evidence = *facts.evidence;
    body += verdict_box("The decision about it:", evidence);
    body += "<h3>Beside the baselines" + std::string(evidence.active ? " and the active version" : "") + "</h3>\n";
    body += comparison_table(evidence);
    if (evidence.ensemble) body += ensemble_section(*evidence.ensemble);
    body += judgement_plots(evidence);
    body += "<div class=\"plots\">" + permutation_figure(facts.permutation) + importance_of(facts) + "<div>";
    const std::string regimes = regime_table(evidence);
    if (!regimes.empty()) body += "<h3>By regime</h3>\n" + regimes;
    body += "</div></div>\n";
    const std::string limits = limits_table(evidence.verdict);
    if (!limits.empty()) body += "<h3>The policy, limit by limit</h3>\n" + limits;
  } else {
    body += html_paragraph("There is no judgement to show: " + facts.evidence_problem + ".") +
            permutation_figure(facts.permutation) + importance_of(facts);
  }
  body += "<h3>What it is</h3>\n" + facts_table(facts);
  const std::string history = history_table(facts);
  if (!history.empty()) body += "<h3>History</h3>\n" + history;
  return section;
}

HtmlSection failure_section(const std::string& model_type, const std::string& decision,
                            const std::vector<std::string>& reasons) {
  HtmlSection section{"failed-" + model_type, model_type + ": " + decision, {}};
  section.body =
      "<div class=\"verdict bad\"><h3>" + html_escape(model_type) + " " + html_badge(decision, "bad") + "</h3><ul>";
  for (const auto& reason : reasons) section.body += "<li>" + html_escape(reason) + "</li>";
  section.body += "</ul></div>\n";
  return section;
}

std::string version_report(const VersionFacts& facts, Timestamp made_at) {
  return html_page("Version " + facts.version + " of " + facts.model_type,
                   "Written " + to_minutes_string(made_at) + " UTC by clm report. All times are UTC.",
                   {version_section(facts)});
}

}  // namespace clm::app
