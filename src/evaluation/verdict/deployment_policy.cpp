#include "evaluation/verdict/deployment_policy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/json_number.hpp"
#include "base/number_text.hpp"
#include "evaluation/verdict/acceptance_words.hpp"
#include "evaluation/verdict/verdict_words.hpp"

namespace clm {
namespace {

std::string bps(double value) { return fixed(value, 1) + " bps"; }

/// Limits of the ladder: they depend on which forecasts are large enough to be traded.
void check_positions(const ModelJudgement& c, const PolicyOptions& o, std::vector<SafetyCheck>& checks) {
  if (!c.positions.trades.empty()) {
    checks.push_back({"win_rate_upper_bound", c.win_rate.hi >= o.min_win_rate, c.win_rate.hi, o.min_win_rate});
    const double average_r = upper_bound(c.r_multiple, o.superiority_alpha);
    checks.push_back({"average_r_upper_bound", average_r >= o.min_average_r, average_r, o.min_average_r});
  }
  const double fall = c.positions.returns.max_drawdown;
  checks.push_back({"max_drawdown", fall <= o.max_drawdown, fall, o.max_drawdown});
}

/// The baseline with the highest rank IC, or none.
const Comparison* best_baseline(const Judgement& j) {
  const auto best =
      std::max_element(j.against_baselines.begin(), j.against_baselines.end(),
                       [](const Comparison& a, const Comparison& b) { return a.rank_ic.mean_b < b.rank_ic.mean_b; });
  return best == j.against_baselines.end() ? nullptr : &*best;
}

/// By how much the book of who speaks otherwise fell on the same rows: the active version's, else the best baseline's;
/// 0 where there is none. To keep somebody out whose rival falls further would make nothing safer.
double drawdown_otherwise(const Judgement& j) {
  const ModelJudgement* otherwise = j.active ? &*j.active : nullptr;
  if (const Comparison* best = best_baseline(j); otherwise == nullptr && best != nullptr)
    for (const ModelJudgement& baseline : j.baselines)
      if (baseline.name == best->against) otherwise = &baseline;
  return otherwise == nullptr || std::isnan(otherwise->long_short_drawdown) ? 0 : otherwise->long_short_drawdown;
}

std::vector<SafetyCheck> check_safety(const Judgement& j, const PolicyOptions& o) {
  const ModelJudgement& c = j.candidate;
  std::vector<SafetyCheck> checks;
  const auto at_least = [&](const char* name, double value, double threshold) {
    checks.push_back({name, value >= threshold, value, threshold});
  };
  at_least("decision_times", static_cast<double>(j.times), static_cast<double>(o.min_times));
  at_least("coverage", j.coverage, o.min_coverage);
  at_least("calibration_quality", c.calibration_quality, o.min_calibration_quality);
  if (o.ladder == Ladder::on) {
    check_positions(c, o, checks);
  } else if (!std::isnan(c.long_short_drawdown)) {
    const double most = std::max(o.max_drawdown, drawdown_otherwise(j));
    checks.push_back({"long_short_drawdown", c.long_short_drawdown <= most, c.long_short_drawdown, most});
  }
  if (j.against_active) {
    // Replacing must not lose foresight: shown to rank worse than the active version is unsafe.
    at_least("rank_ic_lead_upper_bound", upper_bound(j.against_active->rank_ic.difference, o.superiority_alpha), 0.0);
  }
  return checks;
}

/// The baseline over which least of a lead is shown, or none: what is asked is asked of all, so this one decides.
const Comparison* closest_baseline(const Judgement& j, double alpha) {
  const auto closest =
      std::min_element(j.against_baselines.begin(), j.against_baselines.end(), [&](const auto& a, const auto& b) {
        return lower_bound(a.rank_ic.difference, alpha) < lower_bound(b.rank_ic.difference, alpha);
      });
  return closest == j.against_baselines.end() ? nullptr : &*closest;
}

/// What the book must earn more than.
double least_gross_bps(const EqualBook& book, const PolicyOptions& o) {
  return o.ladder == Ladder::on ? book.best_baseline : 0;
}

/// The book of equal gross exposure, against the best that a baseline makes of it.
EqualBook compare_books(const Judgement& j, const PolicyOptions& o) {
  EqualBook out;
  out.count = j.candidate.gross_bps.count;
  out.enough = out.count > 0 && out.count >= o.min_trades;
  for (const auto& baseline : j.baselines) {
    if (baseline.gross_bps.mean <= out.best_baseline) continue;
    out.best_baseline = baseline.gross_bps.mean;
    out.best_baseline_is = baseline.name;
  }
  out.earns = out.enough && j.candidate.gross_bps.mean > least_gross_bps(out, o);
  return out;
}

/// What is asked of a first version, one thing after the other.
struct Asked {
  bool passed = true;
  std::vector<std::string> good, bad;

  void ask(bool holds, const std::string& if_so, const std::string& if_not) {
    passed = passed && holds;
    (holds ? good : bad).push_back(holds ? if_so : if_not);
  }
};

void ask_for_skill(const Judgement& j, const PolicyOptions& o, Verdict& verdict, Asked& asked) {
  const MeanEstimate& skill = j.candidate.rank_ic.mean;
  const double level = o.skill_alpha / static_cast<double>(std::max<std::size_t>(j.candidates_tried, 1));
  const std::string found =
      rank_ic_name(j.candidate) + " " + fixed(skill.mean, 4) + ", " + bound_from_below(skill, level, 4) + ", " +
      (j.candidates_tried == 1 ? std::string("the only candidate tried on these rows")
                               : std::to_string(j.candidates_tried) + " candidates tried on these rows");
  verdict.conditions.push_back({"skill_p_value", skill.p_greater <= level, skill.p_greater, level});
  asked.ask(skill.p_greater <= level, "It has foresight: " + found + ".",
            "No foresight shown: " + found + "; above 0 is needed.");
}

void ask_for_lead(const Judgement& j, const PolicyOptions& o, Verdict& verdict, Asked& asked) {
  const Comparison* closest = closest_baseline(j, o.superiority_alpha);
  const MeanEstimate& lead = closest == nullptr ? j.candidate.rank_ic.mean : best_baseline(j)->rank_ic.difference;
  verdict.improvement = lead.mean;
  verdict.lo = lead.lo;
  verdict.hi = lead.hi;
  if (closest == nullptr) return;
  const std::string found = lead_words(j, *closest, o.superiority_alpha);
  if (o.ladder == Ladder::on) {
    const double p_closest = closest->rank_ic.difference.p_greater;
    verdict.conditions.push_back({"lead_over_" + closest->against + "_p_value", p_closest <= o.superiority_alpha,
                                  p_closest, o.superiority_alpha});
    asked.ask(p_closest <= o.superiority_alpha, "It beats every baseline; the closest: " + found + ".",
              "It does not beat the baselines: " + found + "; above 0 is needed.");
    return;
  }
  const double bound = lower_bound(closest->rank_ic.difference, o.superiority_alpha);
  const std::string margin = fixed(o.margin, 4) + " (policy.margin)";
  verdict.conditions.push_back({"lead_over_" + closest->against + "_lower_bound", bound > -o.margin, bound, -o.margin});
  asked.ask(
      bound > -o.margin,
      (bound > 0 ? std::string("It beats every baseline") : "It ranks no more than " + margin + " below any baseline") +
          "; the closest: " + found + ".",
      "That it ranks no more than " + margin + " below every baseline is not shown: " + found + ".");
}

void ask_for_profit(const Judgement& j, const PolicyOptions& o, Verdict& verdict, Asked& asked) {
  constexpr double kUnmeasured = std::numeric_limits<double>::quiet_NaN();
  const EqualBook book = compare_books(j, o);
  const ModelJudgement& c = j.candidate;
  verdict.conditions.push_back({"gross_bps", book.earns, book.count > 0 ? c.gross_bps.mean : kUnmeasured,
                                least_gross_bps(book, o), book.count, o.min_trades});
  const std::string found = describe(book, j, o);
  asked.ask(book.earns, "It earns before costs: " + found + ".",
            (book.enough ? "It does not earn before costs: " : "Whether it earns cannot be said: ") + found + ".");
  if (o.profit != ProfitRule::significant) return;
  const std::size_t rebalances = c.long_short.rebalances;
  const double net = rebalances > 0 ? lower_bound(c.long_short_net_bps, o.superiority_alpha) : kUnmeasured;
  const bool pays = rebalances >= o.min_trades && net > 0;
  verdict.conditions.push_back({"net_bps_lower_bound", pays, net, 0, rebalances, o.min_trades});
  const std::string sides = " after " + bps(j.cost_bps_per_side) + " a side (policy.profit): ";
  asked.ask(pays, "It pays" + sides + net_words(j, o) + ".", "It is not shown to pay" + sides + net_words(j, o) + ".");
}

void ask_for_deflated_sharpe(const Judgement& j, const PolicyOptions& o, Verdict& verdict, Asked& asked) {
  if (o.min_deflated_sharpe <= 0) return;
  const double found = j.candidate.deflated_sharpe;
  const std::string text = "Deflated Sharpe ratio " + fixed(found, 3);
  verdict.conditions.push_back({"deflated_sharpe", found >= o.min_deflated_sharpe, found, o.min_deflated_sharpe});
  asked.ask(found >= o.min_deflated_sharpe, text + ".",
            text + "; at least " + fixed(o.min_deflated_sharpe, 3) + " is needed (policy.min_deflated_sharpe).");
}

void conclude(Asked asked, Verdict& verdict) {
  verdict.decision = asked.passed ? DeploymentDecision::deploy : DeploymentDecision::reject;
  verdict.reasons = std::move(asked.bad);
  verdict.reasons.insert(verdict.reasons.end(), asked.good.begin(), asked.good.end());
}

/// A recipe that is new, by its growing record: it foresees something, and what is served does not get worse.
void decide_by_record(const Judgement& j, const PolicyOptions& o, Verdict& verdict) {
  const AcceptanceFinding& found = j.acceptance->finding;
  verdict.improvement = found.lineup.mean;
  verdict.lo = found.lineup.lo;
  verdict.hi = found.lineup.hi;
  Asked asked;
  const auto ask = [&](const char* name, const ShownMean& one, const std::string& sentence) {
    verdict.conditions.push_back({name, one.shown, one.lo, one.least});
    asked.ask(one.shown, sentence, sentence);
  };
  ask("skill_lower_bound", found.skill, skill_sentence(j));
  // Where nobody else would speak, what is served with it is what it says: the first question is that one.
  if (!j.acceptance->without.empty()) ask("lineup_difference_lower_bound", found.lineup, lineup_sentence(j));
  if (const std::string words = benchmark_sentence(j); !words.empty())
    ask("benchmark_difference_lower_bound", *found.benchmark, words);
  if (o.profit != ProfitRule::none) ask_for_profit(j, o, verdict, asked);
  ask_for_deflated_sharpe(j, o, verdict, asked);
  conclude(std::move(asked), verdict);
  if (const std::string words = beside_benchmark_sentence(j); !words.empty()) verdict.reasons.push_back(words);
}

/// The first version of its kind: it must have skill, more of it than any baseline, and by rule earn something.
void decide_first(const Judgement& j, const PolicyOptions& o, Verdict& verdict) {
  Asked asked;
  ask_for_skill(j, o, verdict, asked);
  ask_for_lead(j, o, verdict, asked);
  if (o.profit != ProfitRule::none) ask_for_profit(j, o, verdict, asked);
  ask_for_deflated_sharpe(j, o, verdict, asked);
  conclude(std::move(asked), verdict);
}

std::string no_skill_words(const Judgement& j, const PolicyOptions& o) {
  const MeanEstimate& skill = j.candidate.rank_ic.mean;
  return "No foresight of its own: " + rank_ic_name(j.candidate) + " " + fixed(skill.mean, 4) + ", " +
         bound_from_below(skill, o.superiority_alpha, 4) +
         "; above 0 is needed, for one lucky model does not replace another.";
}

/// One of the two made so few trades that win rates and profits say nothing: ranks alone may earn it a canary.
void decide_without_trades(const Judgement& j, const PolicyOptions& o, bool has_skill, Verdict& verdict) {
  const auto made = [&](const char* whose, const ModelJudgement& m) {
    return std::to_string(m.positions.trades.size()) + " " + whose;
  };
  const MeanEstimate& lead = j.against_active->rank_ic.difference;
  const bool leads = lead.p_greater <= o.superiority_alpha;
  verdict.decision = leads && has_skill ? DeploymentDecision::canary : DeploymentDecision::keep;
  verdict.reasons = {"Whether it improves on " + j.active->name +
                         " cannot be said: too few trades: " + made("of its own", j.candidate) + " and " +
                         made("of the active version", *j.active) + " " + span_words(j) + ", at least " +
                         std::to_string(o.min_trades) + " of each needed (policy.min_trades).",
                     std::string(leads ? "It ranks better" : "That it ranks better is not shown") + ": " +
                         lead_words(j, *j.against_active, o.superiority_alpha) + "."};
}

void decide_by_ladder(const Judgement& j, const PolicyOptions& o, Verdict& verdict) {
  const Improvement& gain = *j.improvement;
  const MeanEstimate& skill = j.candidate.rank_ic.mean;
  const bool has_skill = skill.p_greater <= o.superiority_alpha;
  const std::size_t trades = std::min(j.candidate.positions.trades.size(), j.active->positions.trades.size());
  const bool enough = trades >= o.min_trades;
  verdict.improvement = gain.value;
  verdict.lo = gain.lo;
  verdict.hi = gain.hi;
  verdict.conditions = {{"improvement", enough && gain.value >= o.deploy_improvement, gain.value, o.deploy_improvement,
                         trades, o.min_trades},
                        {"improvement_lower_bound", enough && gain.lo > 0, gain.lo, 0, trades, o.min_trades},
                        {"skill_p_value", has_skill, skill.p_greater, o.superiority_alpha}};
  if (!enough) return decide_without_trades(j, o, has_skill, verdict);
  const std::string sum = "Improvement over " + j.active->name + " " + percent(gain.value) + ", " +
                          percent(1 - j.alpha) + " interval [" + percent(gain.lo) + ", " + percent(gain.hi) +
                          "]: from " + trades_words(*j.active) + " to " + trades_words(j.candidate) +
                          "; calibration quality " + percent(j.active->calibration_quality) + " to " +
                          percent(j.candidate.calibration_quality);
  const std::string lead = "Against the active version: " + lead_words(j, *j.against_active, o.superiority_alpha) + ".";
  if (gain.value < 0) {
    verdict.decision = DeploymentDecision::reject;
    verdict.reasons = {sum + ": worse.", lead};
  } else if (gain.value < o.canary_improvement) {
    verdict.decision = DeploymentDecision::keep;
    verdict.reasons = {sum + ": below the " + percent(o.canary_improvement) + " that a change is worth.", lead};
  } else if (!has_skill) {
    verdict.decision = DeploymentDecision::keep;
    verdict.reasons = {no_skill_words(j, o), sum + "."};
  } else if (gain.value >= o.deploy_improvement && gain.lo > 0) {
    verdict.decision = DeploymentDecision::deploy;
    verdict.reasons = {sum + ": at least " + percent(o.deploy_improvement) + " and surely above zero.", lead};
  } else {
    verdict.decision = DeploymentDecision::canary;
    verdict.reasons = {sum + (gain.value >= o.deploy_improvement
                                  ? ": enough, but it may be chance."
                                  : ": promising, but less than " + percent(o.deploy_improvement) + "."),
                       lead};
  }
}

/// By ranks and gross profit on the same bars. Shown to rank worse: `check_safety` rejects.
void decide_replacement(const Judgement& j, const PolicyOptions& o, Verdict& verdict) {
  const Comparison& against = *j.against_active;
  const MeanEstimate &skill = j.candidate.rank_ic.mean, &lead = against.rank_ic.difference;
  const bool has_skill = skill.p_greater <= o.superiority_alpha;
  const double lead_bound = lower_bound(lead, o.superiority_alpha);
  const double gross_bound = upper_bound(against.gross_bps.difference, o.superiority_alpha);
  const bool holds_up = lead_bound > -o.margin, earns_less = gross_bound < 0;
  verdict.improvement = lead.mean;
  verdict.lo = lead.lo;
  verdict.hi = lead.hi;
  verdict.conditions = {{"skill_p_value", has_skill, skill.p_greater, o.superiority_alpha},
                        {"rank_ic_lead_lower_bound", holds_up, lead_bound, -o.margin},
                        {"gross_bps_lead_upper_bound", !earns_less, gross_bound, 0}};
  verdict.decision = has_skill && holds_up && !earns_less ? DeploymentDecision::deploy : DeploymentDecision::keep;
  const std::string found = lead_words(j, against, o.superiority_alpha);
  if (!holds_up)
    verdict.reasons.push_back("That it ranks no more than " + fixed(o.margin, 4) + " (policy.margin) below " +
                              against.against + " is not shown: " + found + ".");
  if (earns_less)
    verdict.reasons.push_back("It earns less than " + against.against + " before costs: " + gross_lead_words(j, o) +
                              ".");
  if (!has_skill) verdict.reasons.push_back(no_skill_words(j, o));
  if (holds_up)
    verdict.reasons.push_back((lead_bound > 0
                                   ? std::string("It ranks better than ")
                                   : "It ranks no more than " + fixed(o.margin, 4) + " (policy.margin) below ") +
                              against.against + ": " + found + ".");
  if (!earns_less)
    verdict.reasons.push_back("It is not shown to earn less before costs: " + gross_lead_words(j, o) + ".");
}

}  // namespace

std::string_view to_string(Ladder ladder) { return ladder == Ladder::on ? "on" : "off"; }

std::string_view to_string(ProfitRule rule) {
  switch (rule) {
    case ProfitRule::none: return "none";
    case ProfitRule::estimate: return "estimate";
    case ProfitRule::significant: return "significant";
  }
  return {};
}

std::string_view to_string(DeploymentDecision decision) {
  switch (decision) {
    case DeploymentDecision::deploy: return "deploy";
    case DeploymentDecision::canary: return "canary";
    case DeploymentDecision::keep: return "keep";
    case DeploymentDecision::reject: break;
  }
  return "reject";
}

std::optional<DeploymentDecision> parse_deployment_decision(std::string_view name) {
  for (const auto decision :
       {DeploymentDecision::deploy, DeploymentDecision::canary, DeploymentDecision::keep, DeploymentDecision::reject})
    if (to_string(decision) == name) return decision;
  return std::nullopt;
}

Verdict decide(const Judgement& judgement, const PolicyOptions& options) {
  Verdict verdict;
  if (judgement.acceptance)
    decide_by_record(judgement, options, verdict);
  else if (!judgement.active || !judgement.improvement || !judgement.against_active)
    decide_first(judgement, options, verdict);
  else if (options.ladder == Ladder::on)
    decide_by_ladder(judgement, options, verdict);
  else
    decide_replacement(judgement, options, verdict);
  verdict.checks = check_safety(judgement, options);
  for (auto check = verdict.checks.rbegin(); check != verdict.checks.rend(); ++check) {
    if (check->passed) continue;
    verdict.decision = DeploymentDecision::reject;
    verdict.reasons.insert(verdict.reasons.begin(), unsafe_words(*check, judgement, options));
  }
  if (const std::string why = why_over_time(judgement); !why.empty()) verdict.reasons.push_back(why);
  return verdict;
}

Verdict decide_alone(Judgement judgement, const PolicyOptions& options) {
  judgement.active.reset();
  judgement.against_active.reset();
  judgement.improvement.reset();
  return decide(judgement, options);
}

nlohmann::json to_json(const Verdict& verdict) {
  const auto list = [](const std::vector<SafetyCheck>& checks) {
    nlohmann::json out = nlohmann::json::array();
    for (const auto& check : checks) {
      nlohmann::json one{{"name", check.name},
                         {"passed", check.passed},
                         {"value", finite_or_null(check.value)},
                         {"threshold", finite_or_null(check.threshold)}};
      if (check.min_count > 0) {
        one["count"] = check.count;
        one["min_count"] = check.min_count;
      }
      out.push_back(std::move(one));
    }
    return out;
  };
  return {{"decision", to_string(verdict.decision)},
          {"improvement", finite_or_null(verdict.improvement)},
          {"interval", nlohmann::json::array({finite_or_null(verdict.lo), finite_or_null(verdict.hi)})},
          {"reasons", verdict.reasons},
          {"checks", list(verdict.checks)},
          {"conditions", list(verdict.conditions)}};
}

}  // namespace clm
