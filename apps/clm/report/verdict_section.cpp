#include "report/verdict_section.hpp"

#include <algorithm>

#include "base/time.hpp"
#include "report/html_page.hpp"

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
    return {"calibration quality (1 = probabilities come true)", Unit::plain, "at least"};
  if (name == "win_rate_upper_bound") return {"win rate at its most favourable (upper bound)", Unit::share, "at least"};
  if (name == "average_r_upper_bound")
    return {"average R at its most favourable (upper bound)", Unit::plain, "at least"};
  if (name == "max_drawdown") return {"largest fall of its capital (max drawdown)", Unit::share, "at most"};
  if (name == "rank_ic_lead_upper_bound")
    return {"rank IC lead over the active version at its most favourable (upper bound)", Unit::plain, "at least"};
  if (name == "skill_p_value")
    return {"p-value of its rank IC (how often chance alone gives one as high)", Unit::p_value, "at most"};
  if (name.rfind(kLead, 0) == 0 && ends_with(name, kP))
    return {"p-value of its rank IC lead over the closest baseline, " +
                name.substr(kLead.size(), name.size() - kLead.size() - kP.size()) +
                " (how often chance alone gives one as large)",
            Unit::p_value, "at most"};
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

bool is_profit(const LimitFigures& limit) {
  return limit.name == "long_short_net_bps" || limit.name == "positions_net_bps_per_bar";
}

struct DecisionWords {
  std::string heading;
  std::string meaning;
  std::string_view kind;
};
DecisionWords words_of_decision(const std::string& decision) {
  if (decision == "deploy") return {"Deploy", "It passed every limit of the policy and may serve.", "good"};
  if (decision == "canary")
    return {"Canary", "Promising but not proven: it may serve a small share, or wait for a person to decide.", "plain"};
  if (decision == "keep")
    return {"Keep the active version", "The candidate is not better by enough to be worth a change.", "plain"};
  return {"Refused", "It did not earn a place in service; what was active before stays so.", "bad"};
}

}  // namespace

std::vector<std::string> what_would_have_to_change(const VerdictFigures& verdict) {
  const bool pays = std::any_of(verdict.conditions.begin(), verdict.conditions.end(),
                                [](const LimitFigures& limit) { return is_profit(limit) && limit.passed; });
  std::vector<std::string> out;
  const auto add = [&](const LimitFigures& limit) {
    if (limit.passed || (pays && is_profit(limit))) return;
    const LimitWords words = words_of(limit.name);
    out.push_back("The " + words.words + " would have to be " + words.must + " " +
                  written(limit.threshold, words.unit) +
                  (is_profit(limit) ? " (the best baseline, or not trading)" : "") + "; it is " +
                  written(limit.value, words.unit) + ".");
  };
  for (const auto& limit : verdict.checks) add(limit);
  for (const auto& limit : verdict.conditions) add(limit);
  if (!pays && std::count_if(verdict.conditions.begin(), verdict.conditions.end(), is_profit) == 2)
    out.push_back("Of the two ways of trading it is enough that one pays.");
  return out;
}

std::string verdict_box(const std::string& heading, const Evidence& evidence) {
  const VerdictFigures& verdict = evidence.verdict;
  const DecisionWords words = words_of_decision(verdict.decision);
  std::string out = "<div class=\"verdict " + std::string(words.kind) + "\"><h3>" + html_escape(heading) + " " +
                    html_badge(words.heading, words.kind) + "</h3>" + html_paragraph(words.meaning);
  out += "<ul>";
  for (const auto& reason : verdict.reasons) out += "<li>" + html_escape(reason) + "</li>";
  out += "</ul>";
  if (verdict.decision != "deploy") {
    const auto changes = what_would_have_to_change(verdict);
    if (!changes.empty()) {
      out += "<p><strong>What would have to change</strong></p><ul>";
      for (const auto& change : changes) out += "<li>" + html_escape(change) + "</li>";
      out += "</ul>";
    }
  }
  out += html_paragraph(
      "Judged on " + number_text(evidence.rows, 0) + " rows of " + number_text(evidence.symbols, 0) + " symbols at " +
      number_text(evidence.times, 0) + " times, " + to_minutes_string(Timestamp(evidence.from_ms)) + " to " +
      to_minutes_string(Timestamp(evidence.to_ms)) + " UTC, which it was not trained on; forecasts " +
      std::to_string(evidence.horizon_bars) + " bars ahead, costs of " + number_text(evidence.cost_bps_per_side, 1) +
      " bps a side, candidates tried on these rows: " + number_text(evidence.candidates_tried, 0) +
      ". Intervals cover " + percent_text(1 - evidence.alpha, 0) + " and allow for labels that overlap in time.");
  return out + "</div>\n";
}

std::string limits_table(const VerdictFigures& verdict) {
  HtmlTable table{"What the policy asks, and what was found.", {"Limit", "Asked", "Found", "Passed"}, {}};
  const auto add = [&](const LimitFigures& limit, const char* group) {
    const LimitWords words = words_of(limit.name);
    table.rows.push_back(
        {HtmlCell{words.words, group, HtmlCell::Kind::word},
         figure_cell(words.must + " " + written(limit.threshold, words.unit)),
         figure_cell(written(limit.value, words.unit)),
         HtmlCell{limit.passed ? "yes" : "no", "", limit.passed ? HtmlCell::Kind::good : HtmlCell::Kind::bad}});
  };
  for (const auto& limit : verdict.conditions)
    add(limit, is_profit(limit) ? "merit; one way of trading is enough" : "merit");
  for (const auto& limit : verdict.checks) add(limit, "safety");
  return table.rows.empty() ? std::string() : html_table(table);
}

}  // namespace clm::app
