#include "report/overview_report.hpp"

#include <algorithm>
#include <map>

namespace clm::app {
namespace {

HtmlCell word(std::string text, std::string note = {}) {
  return {std::move(text), std::move(note), HtmlCell::Kind::word};
}

std::string_view badge_kind(const std::string& decision) {
  return decision == "deploy" ? "good" : decision == "reject" || decision == "failed" ? "bad" : "plain";
}
std::string decision_word(const std::string& decision) {
  static const std::map<std::string, std::string> words{{"deploy", "deployed"},
                                                        {"canary", "canary"},
                                                        {"keep", "active one kept"},
                                                        {"reject", "refused"},
                                                        {"failed", "failed"}};
  const auto found = words.find(decision);
  return found == words.end() ? decision : found->second;
}

const CycleLine* shown_cycle(const OverviewFacts& facts) {
  const auto found = std::find_if(facts.cycles.begin(), facts.cycles.end(),
                                  [&](const CycleLine& cycle) { return cycle.id == facts.shown_cycle; });
  return found == facts.cycles.end() ? nullptr : &*found;
}

std::string timeline(const OverviewFacts& facts) {
  TimeRange span{Timestamp::max(), Timestamp::min()};
  std::map<std::string, StripRow> rows;
  for (const auto& cycle : facts.cycles) {
    span.from = std::min(span.from, cycle.as_of);
    span.to = std::max(span.to, cycle.as_of);
    for (const auto& decision : cycle.decisions) {
      const auto kind = decision.decision == "deploy"                                    ? MomentMark::Kind::taken
                        : decision.decision == "reject" || decision.decision == "failed" ? MomentMark::Kind::refused
                                                                                         : MomentMark::Kind::other;
      rows[decision.model_type].marks.push_back({cycle.as_of.ms(), kind,
                                                 "cycle " + std::to_string(cycle.id) + " as of " +
                                                     to_minutes_string(cycle.as_of) + ": " + decision.version + " " +
                                                     decision_word(decision.decision)});
    }
  }
  for (const auto& band : facts.active) {
    span.from = std::min(span.from, band.range.from);
    span.to = std::max(span.to, band.range.from);
    if (band.range.to != Timestamp::max()) span.to = std::max(span.to, band.range.to);
  }
  if (span.from > span.to) return {};
  const Duration margin = std::max(Duration((span.to - span.from).count() / 12), Duration(86'400'000));
  span.from = span.from - margin;
  span.to = span.to + margin;
  for (const auto& band : facts.active)
    rows[band.model_type].stretches.push_back(
        {band.range.from.ms(), std::min(band.range.to, span.to).ms(), "band",
         band.version + " active since " + to_minutes_string(band.range.from) +
             (band.range.to == Timestamp::max() ? "" : " until " + to_minutes_string(band.range.to))});
  std::vector<StripRow> list;
  for (auto& [model_type, row] : rows) {
    row.name = model_type;
    list.push_back(std::move(row));
  }
  return html_figure(
      "Cycles and decisions",
      "Green dot: deployed; red cross: refused or failed; ring: canary, or the active one was kept. The "
      "shaded bands are the times of an active version, an edge each time it was exchanged. Time is that "
      "of the data (a person's decision: of the clock).",
      strip_plot({"Decisions and active versions over time, a row per model type", "", "", 0}, span.from.ms(),
                 span.to.ms(), 34, list));
}

std::string cycles_table(const OverviewFacts& facts) {
  HtmlTable table{
      "Newest first.", {"Cycle", "As of (UTC)", "State", "Seconds", "Model", "Decision", "First reason"}, {}};
  for (auto cycle = facts.cycles.rbegin(); cycle != facts.cycles.rend(); ++cycle) {
    const auto begin = [&] {
      return std::vector<HtmlCell>{figure_cell(std::to_string(cycle->id)),
                                   HtmlCell{to_minutes_string(cycle->as_of), "", HtmlCell::Kind::name},
                                   word(cycle->status), figure_cell(number_text(cycle->seconds, 1))};
    };
    for (const auto& decision : cycle->decisions) {
      auto row = begin();
      row.push_back({decision.model_type, decision.version, HtmlCell::Kind::name});
      row.push_back(word(decision_word(decision.decision)));
      row.push_back(word(decision.reasons.empty() ? "" : decision.reasons.front()));
      table.rows.push_back(std::move(row));
    }
    if (!cycle->decisions.empty()) continue;
    auto row = begin();
    row.insert(row.end(), {word(""), word(""), word(cycle->status == "done" ? "no trigger fired" : "")});
    table.rows.push_back(std::move(row));
  }
  return html_table(table);
}

std::string cycle_body(const CycleLine& cycle) {
  std::string body = html_paragraph("Cycle " + std::to_string(cycle.id) + " stood at " +
                                    to_minutes_string(cycle.as_of) + " UTC: nothing known later was read. It took " +
                                    number_text(cycle.seconds, 1) + " s; state: " + cycle.status + ".");
  if (!cycle.triggers.empty()) {
    body += "<p>What set it off:</p><ul>";
    for (const auto& trigger : cycle.triggers) body += "<li>" + html_escape(trigger) + "</li>";
    body += "</ul>\n";
  }
  if (cycle.decisions.empty()) return body + html_paragraph("No trigger fired, so nothing was trained.");
  for (const auto& decision : cycle.decisions) {
    const std::string link = decision.version.empty() ? "failed-" + decision.model_type : "version-" + decision.version;
    body += "<div class=\"verdict " + std::string(badge_kind(decision.decision)) + "\"><h3><a href=\"#" +
            html_escape(link) + "\">" + html_escape(decision.model_type + " " + decision.version) + "</a> " +
            html_badge(decision_word(decision.decision), badge_kind(decision.decision)) + "</h3>";
    if (!decision.reasons.empty()) body += html_paragraph(decision.reasons.front());
    body += "</div>\n";
  }
  return body;
}

/// The candidates of the shown cycle in full, and what failed.
void add_candidates(const OverviewFacts& facts, std::vector<HtmlSection>& sections) {
  for (const auto& candidate : facts.candidates) sections.push_back(version_section(candidate));
  const CycleLine* cycle = shown_cycle(facts);
  if (cycle == nullptr) return;
  for (const auto& decision : cycle->decisions)
    if (decision.version.empty())
      sections.push_back(failure_section(decision.model_type, decision.decision, decision.reasons));
}

std::string subtitle(const OverviewFacts& facts, Timestamp made_at) {
  return facts.workspace + " \u00b7 written " + to_minutes_string(made_at) + " UTC by clm report. All times are UTC.";
}

}  // namespace

std::string overview_report(const OverviewFacts& facts, Timestamp made_at) {
  std::vector<HtmlSection> sections;
  HtmlSection overview{"overview", "Where it stands", {}};
  const CycleLine* cycle = shown_cycle(facts);
  if (facts.cycles.empty()) {
    overview.body = html_paragraph(
        facts.data.empty()
            ? "No cycle was run yet, and there is no data to run one on. Next: clm import PATH (or clm fetch, clm "
              "simulate), then clm cycle, then clm report again."
            : "No cycle was run yet. Next: look through the data below, then clm cycle trains, judges and decides; clm "
              "report then shows what came of it.");
  } else {
    if (cycle != nullptr) overview.body += cycle_body(*cycle);
    if (facts.cycles.back().id != facts.shown_cycle)
      overview.body += html_paragraph("The newest cycle, " + std::to_string(facts.cycles.back().id) + " (" +
                                      facts.cycles.back().status + "), trained nothing" +
                                      (cycle != nullptr ? "; above is the last one that did." : "."));
    overview.body += timeline(facts) + cycles_table(facts);
  }
  sections.push_back(std::move(overview));
  add_candidates(facts, sections);
  sections.push_back(data_section(facts.data));
  return html_page("What was learned", subtitle(facts, made_at), sections);
}

std::string cycle_report(const OverviewFacts& facts, Timestamp made_at) {
  const CycleLine* cycle = shown_cycle(facts);
  const std::string name = "Cycle " + std::to_string(facts.shown_cycle);
  std::vector<HtmlSection> sections{{"cycle", "The decisions", cycle == nullptr ? std::string() : cycle_body(*cycle)}};
  add_candidates(facts, sections);
  return html_page(name, subtitle(facts, made_at), sections);
}

}  // namespace clm::app
