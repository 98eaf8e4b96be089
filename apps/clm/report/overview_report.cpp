#include "report/overview_report.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "report/marks.hpp"

namespace clm::app {
namespace {

HtmlCell word(std::string text, std::string note = {}) {
  return {std::move(text), std::move(note), HtmlCell::Kind::word};
}

const CycleLine* shown_cycle(const OverviewFacts& facts) {
  const auto found = std::find_if(facts.cycles.begin(), facts.cycles.end(),
                                  [&](const CycleLine& cycle) { return cycle.id == facts.shown_cycle; });
  return found == facts.cycles.end() ? nullptr : &*found;
}

/// Only what was judged has passed or was refused.
std::string word_of(const DecisionLine& decision) {
  switch (decision.what) {
    case DecidedOn::vintage: return decision.decision == "deploy" ? "refreshed" : "a vintage, not fit";
    case DecidedOn::lineup: return "the lineup";
    case DecidedOn::judged: break;
  }
  return decision_word(decision.decision);
}

std::string timeline(const OverviewFacts& facts) {
  TimeRange span{Timestamp::max(), Timestamp::min()};
  std::map<std::string, StripRow> rows;
  for (const auto& cycle : facts.cycles) {
    span.from = std::min(span.from, cycle.as_of);
    span.to = std::max(span.to, cycle.as_of);
    for (const auto& decision : cycle.decisions)
      rows[decision.model_type].marks.push_back({cycle.as_of.ms(), mark_of_decision(decision.decision),
                                                 "cycle " + std::to_string(cycle.id) + ", data until " +
                                                     to_minutes_string(cycle.as_of) + ": " + decision.version + " " +
                                                     word_of(decision)});
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
         band.version + " active since the data of " + to_minutes_string(band.range.from) +
             (band.range.to == Timestamp::max() ? "" : " until " + to_minutes_string(band.range.to))});
  std::vector<StripRow> list;
  for (auto& [model_type, row] : rows) {
    row.name = model_type;
    list.push_back(std::move(row));
  }
  return html_figure(
      "Decisions and active versions",
      "Marks are the policy's verdicts and the checks of vintages; a shaded band is the time of an active version, "
      "with an edge each time it was "
      "exchanged. The axis is the time of the data (\u201cdata until\u201d): what a person decided stands at the data "
      "of "
      "the cycle before it.",
      mark_legend("passed, or let in", "refused or failed", "promising, or no better than what is active") +
          strip_plot("Decisions and active versions over time, a row per model type", span.from.ms(), span.to.ms(), 30,
                     list));
}

std::string cycles_table(const OverviewFacts& facts) {
  HtmlTable table{
      "Newest first. Data until: nothing known later was read. Decided at: by the clock.",
      {"Cycle", "Data until (UTC)", "Decided at (UTC)", "State", "Wall time (s)", "Model", "Verdict", "First reason"},
      {}};
  for (auto cycle = facts.cycles.rbegin(); cycle != facts.cycles.rend(); ++cycle) {
    const auto time = [](const std::optional<Timestamp>& at) {
      return HtmlCell{at ? to_minutes_string(*at) : "\u2013", "", HtmlCell::Kind::name};
    };
    const auto begin = [&] {
      return std::vector<HtmlCell>{figure_cell(std::to_string(cycle->id)), time(cycle->as_of), time(cycle->decided_at),
                                   word(cycle->status), figure_cell(number_text(cycle->seconds, 1))};
    };
    for (const auto& decision : cycle->decisions) {
      auto row = begin();
      row.push_back({decision.model_type, decision.version, HtmlCell::Kind::name});
      row.push_back(word(word_of(decision)));
      row.push_back(word(decision.reasons.empty() ? "" : decision.reasons.front()));
      table.rows.push_back(std::move(row));
    }
    if (!cycle->decisions.empty()) continue;
    auto row = begin();
    row.insert(row.end(), {word(""), word(""), word(cycle->status == "done" ? "no trigger fired" : "")});
    table.rows.push_back(std::move(row));
  }
  return html_fold("All " + std::to_string(facts.cycles.size()) + " cycles in a table", html_table(table));
}

/// The candidate of a decision in full, folded; empty if the training failed.
std::string candidate_parts(const OverviewFacts& facts, const DecisionLine& decision) {
  for (const auto& candidate : facts.candidates)
    if (candidate.version == decision.version)
      return html_fold("All about it: figures, plots, manifest, history",
                       decision_box(candidate) + version_parts(candidate, Fold::closed), Fold::closed,
                       "version-" + decision.version);
  return {};
}

std::string status_badge(const OverviewFacts& facts, const DecisionLine& decision) {
  for (const auto& candidate : facts.candidates)
    if (candidate.version == decision.version)
      return " " +
             html_badge("now " + candidate.standing.status + (candidate.standing.by_person ? ", by a person" : ""),
                        candidate.standing.status == "active" ? "good" : "plain") +
             (candidate.standing.speaks.empty() ? "" : " " + html_badge(candidate.standing.speaks, "good"));
  return {};
}

std::string cycle_body(const OverviewFacts& facts, const CycleLine& cycle) {
  std::string body = html_paragraph(
      "Cycle " + std::to_string(cycle.id) + ": data until " + to_minutes_string(cycle.as_of) +
      " UTC, nothing known later was read; decided at " +
      (cycle.decided_at ? to_minutes_string(*cycle.decided_at) + " UTC by the clock" : "a time that was not recorded") +
      "; " + number_text(cycle.seconds, 1) + " s of wall time; state: " + cycle.status + ".");
  std::string triggers;
  for (const auto& trigger : cycle.triggers) triggers += "<li>" + html_escape(trigger) + "</li>";
  if (!triggers.empty()) body += html_fold("What set it off", "<ul>" + triggers + "</ul>");
  if (cycle.decisions.empty()) return body + html_paragraph("No trigger fired, so nothing was trained.");
  for (const auto& decision : cycle.decisions) {
    body += "<div class=\"verdict " + std::string(decision_kind(decision.decision)) + "\"><h3>" +
            html_escape(decision.model_type + " " + decision.version) + " " +
            html_badge(word_of(decision), decision_kind(decision.decision)) + status_badge(facts, decision) + "</h3>";
    // A version has all its reasons folded below; a failed training has only these.
    for (const auto& reason : decision.reasons) {
      body += html_paragraph(reason);
      if (!decision.version.empty()) break;
    }
    body += candidate_parts(facts, decision) + "</div>\n";
  }
  return body;
}

/// Who speaks, why the others do not, and when the next vintages are due.
std::string speakers_body(const OverviewFacts& facts) {
  const auto list = [](const std::vector<std::string>& sentences) {
    std::string items;
    for (const auto& sentence : sentences) items += "<li>" + html_escape(sentence) + "</li>";
    return items.empty() ? items : "<ul>" + items + "</ul>";
  };
  std::string body = html_paragraph(facts.speakers.empty() ? "Nobody has a vote." : "By " + facts.speakers + ".");
  if (!facts.lineup.members.empty())
    body += lineup_table(facts.lineup, "Weights where all of them have a vote. What was learned last comes first.");
  if (!facts.without_vote.empty()) body += "<h3>Without a vote</h3>" + list(facts.without_vote);
  if (!facts.due.empty()) body += "<h3>What comes next</h3>" + list(facts.due);
  return body;
}

/// "Cycle 3, data until ...: of 5 candidates 1 passed, 4 were refused. lightgbm ab12: It has foresight ..."
HtmlVerdict cycle_verdict(const OverviewFacts& facts) {
  const CycleLine* cycle = shown_cycle(facts);
  if (cycle == nullptr) return {};
  HtmlVerdict out;
  std::map<std::string, int> counts;
  const DecisionLine* told = nullptr;
  int judged = 0;
  std::string vintages, lineup;
  for (const auto& decision : cycle->decisions) {
    if (decision.what != DecidedOn::judged) {
      std::string& names = decision.what == DecidedOn::vintage ? vintages : lineup;
      names += (names.empty() ? "" : ", ") + decision.model_type + " " + decision.version;
      continue;
    }
    ++judged;
    ++counts[decision.decision];
    if (told == nullptr || (decision.decision == "deploy" && told->decision != "deploy")) told = &decision;
  }
  out.sentence = "Cycle " + std::to_string(cycle->id) + ", data until " + to_minutes_string(cycle->as_of) + ": ";
  if (cycle->decisions.empty()) {
    out.sentence += "nothing was trained, for no trigger fired.";
    return out;
  }
  std::string sums;
  for (const char* decision : {"deploy", "canary", "keep", "reject", "failed"})
    if (counts[decision] > 0)
      sums += (sums.empty() ? "" : ", ") + std::to_string(counts[decision]) + " " + decision_word(decision);
  if (told != nullptr)
    out.sentence += "of " + std::to_string(judged) + " candidate(s) " + sums + ". " + told->model_type + " " +
                    told->version + " " + decision_word(told->decision) + ": " +
                    (told->reasons.empty() ? std::string("no reason is stored.") : told->reasons.front()) + " ";
  if (!vintages.empty())
    out.sentence += (told == nullptr ? "new vintages of accepted recipes: " : "New vintages of accepted recipes: ") +
                    vintages + ". ";
  if (!lineup.empty()) out.sentence += "The lineup: " + lineup + ". ";
  std::string serving;
  for (const auto& band : facts.active)
    if (band.range.to == Timestamp::max())
      serving += (serving.empty() ? "" : ", ") + band.model_type + " " + band.version +
                 (band.by_person ? " (by a person's decision)" : "");
  out.sentence += serving.empty() ? "No version is active." : "Active now: " + serving + ".";
  if (!facts.speakers.empty()) out.sentence += " Who speaks: " + facts.speakers + ".";
  out.kind = counts["deploy"] > 0 || !vintages.empty()                   ? "good"
             : counts["canary"] + counts["keep"] > 0 || !serving.empty() ? "plain"
                                                                         : "bad";
  return out;
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
    if (cycle != nullptr) overview.body += cycle_body(facts, *cycle);
    if (facts.cycles.back().id != facts.shown_cycle)
      overview.body += html_paragraph("The newest cycle, " + std::to_string(facts.cycles.back().id) + " (" +
                                      facts.cycles.back().status + "), trained nothing" +
                                      (cycle != nullptr ? "; above is the last one that did." : "."));
    overview.body += timeline(facts) + cycles_table(facts);
  }
  if (!facts.cycles.empty()) sections.push_back({"speakers", "Who speaks", speakers_body(facts)});
  sections.push_back(std::move(overview));
  sections.push_back(data_section(facts.data));
  return html_page("What was learned", subtitle(facts, made_at), cycle_verdict(facts), sections);
}

std::string cycle_report(const OverviewFacts& facts, Timestamp made_at) {
  const CycleLine* cycle = shown_cycle(facts);
  const std::string name = "Cycle " + std::to_string(facts.shown_cycle);
  return html_page(name, subtitle(facts, made_at), cycle_verdict(facts),
                   {{"cycle", "The decisions", cycle == nullptr ? std::string() : cycle_body(facts, *cycle)}});
}

}  // namespace clm::app
