#include "report/verdict_section.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "report/marks.hpp"

namespace clm::app {
namespace {

/// A limit in words: what it is about, how its figures are written, and on which side of the threshold is good.
struct LimitWords {
  std::string words;
  enum class Unit { count, share, plain, bps, p_value } unit = Unit::plain;
  std::string must;  ///< "at least", "at most", "more than"
};

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

LimitWords words_of(const std::string& name) {
  using Unit = LimitWords::Unit;
  constexpr std::string_view kLead = "lead_over_", kP = "_p_value";
  if (name == "decision_times") return {"number of decision times judged", Unit::count, "at least"};
  if (name == "coverage") return {"share of rows it has a forecast for", Unit::share, "at least"};
  if (name == "calibration_quality")
    return {"calibration quality (100 %: probabilities come true)", Unit::share, "at least"};
  if (name == "win_rate_upper_bound") return {"win rate at its most favourable (upper bound)", Unit::share, "at least"};
  if (name == "average_r_upper_bound")
    return {"average R at its most favourable (upper bound)", Unit::plain, "at least"};
  if (name == "max_drawdown") return {"largest fall of its capital (max drawdown)", Unit::share, "at most"};
  if (name == "long_short_drawdown")
    return {"largest fall of its long-short book's capital before costs (max drawdown)", Unit::share, "at most"};
  if (name == "rank_ic_lead_upper_bound")
    return {"rank IC lead over the active version at its most favourable (upper bound)", Unit::plain, "at least"};
  if (name == "skill_p_value")
    return {"p-value of its rank IC (how often chance alone gives one as high)", Unit::p_value, "at most"};
  if (name.rfind(kLead, 0) == 0 && ends_with(name, kP))
    return {"p-value of its rank IC lead over the closest baseline, " +
                name.substr(kLead.size(), name.size() - kLead.size() - kP.size()) +
                " (how often chance alone gives one as large)",
            Unit::p_value, "at most"};
  if (name == "skill_lower_bound")
    return {"rank IC of its record (bound that holds whenever it is looked at)", Unit::plain, "more than"};
  if (name == "lineup_difference_lower_bound")
    return {"rank IC of what is served with it less that without it (bound that holds whenever it is looked at)",
            Unit::plain, "more than"};
  if (name == "benchmark_difference_lower_bound")
    return {"rank IC of what is served with it less ridge's (bound that holds whenever it is looked at)", Unit::plain,
            "more than"};
  if (name == "rank_ic_lead_lower_bound")
    return {"rank IC lead over the active version at its least favourable (lower bound)", Unit::plain, "more than"};
  if (name == "gross_bps") return {"profit before costs of a book of equal gross exposure", Unit::bps, "more than"};
  if (name == "gross_bps_lead_upper_bound")
    return {"lead over the active version in profit before costs at its most favourable (upper bound)", Unit::bps,
            "at least"};
  if (name == "net_bps_lower_bound")
    return {"long-short profit after costs at its least favourable (lower bound)", Unit::bps, "more than"};
  if (name == "long_short_net_bps") return {"long-short profit after costs", Unit::bps, "more than"};
  if (name == "positions_net_bps_per_bar")
    return {"profit of single positions after costs, per bar", Unit::bps, "more than"};
  if (name == "deflated_sharpe") return {"deflated Sharpe ratio", Unit::plain, "at least"};
  if (name == "improvement") return {"improvement over the active version", Unit::share, "at least"};
  if (name == "improvement_lower_bound") return {"lower bound of the improvement", Unit::share, "more than"};
  return {name, Unit::plain, ends_with(name, kP) ? "at most" : "at least"};
}

std::string written(double value, LimitWords::Unit unit) {
  switch (unit) {
    case LimitWords::Unit::count: return number_text(value, 0);
    case LimitWords::Unit::share: return percent_text(value, 1);
    case LimitWords::Unit::bps: return number_text(value, 2) + " bps";
    case LimitWords::Unit::p_value: return number_text(value, 5);
    case LimitWords::Unit::plain: break;
  }
  return number_text(value, 4);
}

/// What was found, or why it says nothing.
std::string found(const LimitFigures& limit, LimitWords::Unit unit) {
  const bool few = limit.count < limit.min_count;
  const bool is_of_book = limit.name == "gross_bps" || limit.name == "net_bps_lower_bound";
  const std::string counted = is_of_book ? "rebalances" : "trades";
  if (few && limit.count == 0) return "nothing: there were no " + counted;
  if (few)
    return "too few to say: " + number_text(limit.count, 0) + " of at least " + number_text(limit.min_count, 0) + " " +
           counted;
  if (std::isnan(limit.value)) return "it could not be measured";
  return written(limit.value, unit) + (limit.min_count > 0 ? " in " + number_text(limit.count, 0) + " " + counted : "");
}

bool is_profit(const LimitFigures& limit) {
  return limit.name == "long_short_net_bps" || limit.name == "positions_net_bps_per_bar";
}

std::string meaning_of(const std::string& decision) {
  if (decision == "deploy") return "It passed every limit of the policy and may serve.";
  if (decision == "canary")
    return "Promising but not proven: it may serve a small share, or wait for a person to decide.";
  if (decision == "keep") return "It is not better than the active version by enough to be worth a change.";
  return "It did not earn a place in service.";
}

std::string with_capital(std::string text) {
  if (!text.empty()) text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return text;
}

/// "Active since 2026-01-02 10:00 by a person".
std::string standing_words(const Standing& standing) {
  return with_capital(standing.status) + (standing.since ? " since " + to_minutes_string(*standing.since) : "") +
         (standing.by_person ? " by a person's decision" : "") +
         (standing.speaks.empty() ? "" : ", and " + standing.speaks);
}

bool serves(const Standing& standing) { return standing.status.rfind("active", 0) == 0 || !standing.speaks.empty(); }

/// Of a vintage: by whose judgement its recipe was accepted.
std::string accepted_words(const RefreshCheck& refresh) {
  return "A vintage of recipe " + refresh.recipe + ", which was accepted when version " + refresh.accepted_by +
         " was judged; it was not judged itself.";
}

std::string refresh_box(const Standing& standing, const RefreshCheck& refresh) {
  return "<div class=\"verdict " + std::string(serves(standing) ? "good" : "plain") + "\"><h3>" +
         html_badge(standing_words(standing), serves(standing) ? "good" : "plain") + " " +
         html_badge("not judged itself", "plain") + "</h3>" + html_paragraph(accepted_words(refresh)) +
         html_paragraph("It was fitted on everything known, and checked beside the vintage before it:") + "<ul><li>" +
         html_escape("It has a forecast on " + percent_text(refresh.coverage, 1) + " of the newest " +
                     number_text(static_cast<double>(refresh.rows), 0) + " rows.") +
         "</li><li>" +
         html_escape("There its forecasts and those of the vintage before it correlate by " +
                     number_text(refresh.correlation, 2) + ".") +
         "</li><li>" +
         html_escape("It is calibrated by " + number_text(static_cast<double>(refresh.calibrated), 0) +
                     " rows, on which earlier vintages forecast what they were not fitted on.") +
         "</li></ul>" + (standing.reason.empty() ? "" : html_paragraph(standing.reason)) + "</div>\n";
}

/// What the verdict means, beside who put the version where it stands.
std::string in_one_sentence(const Standing& standing, const std::string& decision) {
  if (!standing.by_person) return meaning_of(decision);
  const std::string why = standing.reason.empty() ? "." : ": " + standing.reason;
  if (!serves(standing)) return meaning_of(decision) + " A person decided how it stands" + why;
  return (decision == "deploy" ? "It passed every limit of the policy, and a person put it into service"
                               : "The policy would not have put it into service as it is; a person did") +
         why;
}

/// Red is for what is out because it failed; what serves is not shown as refused.
std::string_view kind_of(const Standing& standing, const VerdictFigures& verdict) {
  if (serves(standing)) return verdict.decision == "deploy" ? "good" : "plain";
  return decision_kind(verdict.decision);
}

}  // namespace

HtmlVerdict version_verdict(const std::string& name, const Standing& standing, const EvidenceFigures* evidence,
                            Judged judged) {
  HtmlVerdict out;
  out.sentence = name + ": " + standing_words(standing);
  if (standing.by_person && !standing.reason.empty()) out.sentence += " (\u201c" + standing.reason + "\u201d)";
  out.sentence += ". ";
  if (evidence == nullptr) {
    out.sentence += judged == Judged::yes ? "There is no judgement of it."
                                          : "It was not judged: its members are vintages of accepted recipes.";
    return out;
  }
  if (evidence->refresh) {
    out.kind = serves(standing) ? "good" : "plain";
    out.sentence += accepted_words(*evidence->refresh);
    return out;
  }
  const VerdictFigures& verdict = evidence->verdict;
  out.kind = kind_of(standing, verdict);
  out.sentence += "The policy's verdict when it was judged: " + decision_word(verdict.decision) + ".";
  if (!verdict.reasons.empty()) out.sentence += " " + verdict.reasons.front();
  return out;
}

std::vector<std::string> what_would_have_to_change(const VerdictFigures& verdict) {
  const bool pays = std::any_of(verdict.conditions.begin(), verdict.conditions.end(),
                                [](const LimitFigures& limit) { return is_profit(limit) && limit.passed; });
  std::vector<std::string> out;
  const auto add = [&](const LimitFigures& limit) {
    if (limit.passed || (pays && is_profit(limit))) return;
    const LimitWords words = words_of(limit.name);
    out.push_back("The " + words.words + " would have to be " + words.must + " " +
                  written(limit.threshold, words.unit) +
                  (is_profit(limit) ? " (the best baseline, or not trading)" : "") + "; found was " +
                  found(limit, words.unit) + ".");
  };
  for (const auto& limit : verdict.checks) add(limit);
  for (const auto& limit : verdict.conditions) add(limit);
  if (!pays && std::count_if(verdict.conditions.begin(), verdict.conditions.end(), is_profit) == 2)
    out.push_back("Of the two ways of trading it is enough that one pays.");
  return out;
}

std::string verdict_box(const Standing& standing, const EvidenceFigures& evidence) {
  if (evidence.refresh) return refresh_box(standing, *evidence.refresh);
  const VerdictFigures& verdict = evidence.verdict;
  std::string out = "<div class=\"verdict " + std::string(kind_of(standing, verdict)) + "\"><h3>" +
                    html_badge(standing_words(standing), serves(standing) ? "good" : "plain") + " " +
                    html_badge("the policy: " + decision_word(verdict.decision), decision_kind(verdict.decision)) +
                    "</h3>" + html_paragraph(in_one_sentence(standing, verdict.decision));
  out += "<ul>";
  for (const auto& reason : verdict.reasons) out += "<li>" + html_escape(reason) + "</li>";
  out += "</ul>";
  std::string changes;
  if (verdict.decision != "deploy")
    for (const auto& change : what_would_have_to_change(verdict)) changes += "<li>" + html_escape(change) + "</li>";
  if (!changes.empty()) out += html_fold("What would have to change", "<ul>" + changes + "</ul>");
  out += html_paragraph(
      "Judged on " + number_text(evidence.rows, 0) + " rows of " + number_text(evidence.symbols, 0) + " symbols at " +
      number_text(evidence.times, 0) + " times, " + to_minutes_string(Timestamp(evidence.from_ms)) + " to " +
      to_minutes_string(Timestamp(evidence.to_ms)) + " UTC, which it was not trained on; forecasts " +
      std::to_string(evidence.horizon_bars) + " bars ahead, costs of " + number_text(evidence.cost_bps_per_side, 1) +
      " bps a side, candidates tried on these rows: " + number_text(evidence.candidates_tried, 0) + ". " +
      interval_note(evidence));
  return out + "</div>\n";
}

std::string interval_note(const EvidenceFigures& evidence) {
  return "Intervals in tables and plots are two-sided, cover " + percent_text(1 - evidence.alpha, 0) +
         " and allow for labels that overlap in time. The policy's tests are one-sided, each at the level that its "
         "sentence names, so that one may be passed where the two-sided interval just holds zero.";
}

std::string limits_table(const VerdictFigures& verdict) {
  HtmlTable table{"What the policy asks, and what was found.", {"Limit", "Asked", "Found", "Passed"}, {}};
  const auto add = [&](const LimitFigures& limit, const char* group) {
    const LimitWords words = words_of(limit.name);
    table.rows.push_back(
        {HtmlCell{words.words, group, HtmlCell::Kind::word},
         figure_cell(words.must + " " + written(limit.threshold, words.unit)), figure_cell(found(limit, words.unit)),
         HtmlCell{limit.passed ? "yes" : "no", "", limit.passed ? HtmlCell::Kind::good : HtmlCell::Kind::bad}});
  };
  for (const auto& limit : verdict.conditions)
    add(limit, is_profit(limit) ? "merit; one way of trading is enough" : "merit");
  for (const auto& limit : verdict.checks) add(limit, "safety");
  return table.rows.empty() ? std::string() : html_table(table);
}

}  // namespace clm::app
