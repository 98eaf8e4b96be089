#include "evaluation/deployment_policy.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/number_text.hpp"

namespace clm {
namespace {

std::string bps(double value) { return fixed(value, 1) + " bps"; }
std::string ic(double value) { return fixed(value, 4); }

double reach(const MeanEstimate& e) { return upper_bound(e, 0.005) - e.mean; }
std::string interval99(const MeanEstimate& e) {
  return "99 % interval [" + ic(e.mean - reach(e)) + ", " + ic(e.mean + reach(e)) + "]";
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
  if (!c.positions.trades.empty()) {
    at_least("win_rate_upper_bound", c.win_rate.hi, o.min_win_rate);
    at_least("average_r_upper_bound", upper_bound(c.r_multiple, o.superiority_alpha), o.min_average_r);
  }
  checks.push_back({"max_drawdown", c.positions.returns.max_drawdown <= o.max_drawdown,
                    c.positions.returns.max_drawdown, o.max_drawdown});
  if (j.against_active) {
    // Replacing must not lose foresight: shown to rank worse than the active version is unsafe.
    at_least("rank_ic_lead_upper_bound", upper_bound(j.against_active->rank_ic.difference, o.superiority_alpha), 0.0);
  }
  return checks;
}

std::string describe(const SafetyCheck& check) {
  return "Unsafe: " + check.name + " is " + fixed(check.value, 4) + ", the limit is " + fixed(check.threshold, 4) + ".";
}

/// The baseline with the highest rank IC, or none.
const Comparison* best_baseline(const Judgement& j) {
  const auto best =
      std::max_element(j.against_baselines.begin(), j.against_baselines.end(),
                       [](const Comparison& a, const Comparison& b) { return a.rank_ic.mean_b < b.rank_ic.mean_b; });
  return best == j.against_baselines.end() ? nullptr : &*best;
}

/// The baseline whose defeat is least certain, or none: all must be beaten, so this one decides.
const Comparison* closest_baseline(const Judgement& j) {
  const auto closest = std::max_element(j.against_baselines.begin(), j.against_baselines.end(),
                                        [](const Comparison& a, const Comparison& b) {
                                          return a.rank_ic.difference.p_greater < b.rank_ic.difference.p_greater;
                                        });
  return closest == j.against_baselines.end() ? nullptr : &*closest;
}

std::string describe_lead(const Comparison& c) {
  return "rank IC " + ic(c.rank_ic.mean_a) + " against " + ic(c.rank_ic.mean_b) + " of " + c.against + "; difference " +
         ic(c.rank_ic.difference.mean) + ", " + interval99(c.rank_ic.difference);
}

/// One way of trading the forecasts, against the best that a baseline makes of it. Not trading makes 0.
struct Profit {
  const char* rule;
  const char* unit;
  MeanEstimate net;
  double best_baseline = 0;
  bool passed = false;
};

Profit compare_profit(const char* rule, const char* unit, const Judgement& j, const PolicyOptions& o,
                      MeanEstimate ModelJudgement::*net) {
  Profit out{rule, unit, j.candidate.*net, 0, false};
  for (const auto& baseline : j.baselines) out.best_baseline = std::max(out.best_baseline, (baseline.*net).mean);
  out.passed = out.net.mean > out.best_baseline;
  if (o.profit == ProfitRule::significant) out.passed = out.passed && lower_bound(out.net, o.superiority_alpha) > 0;
  return out;
}

std::string describe(const Profit& p) {
  return std::string(p.rule) + " " + fixed(p.net.mean, 3) + " " + p.unit + " against " + fixed(p.best_baseline, 3) +
         " of the best baseline (0 for not trading)";
}

/// The first version of its kind: it must have skill, more of it than any baseline, and by rule pay for its trading.
void decide_first(const Judgement& j, const PolicyOptions& o, Verdict& verdict) {
  const MeanEstimate& skill = j.candidate.rank_ic.mean;
  const double level = o.skill_alpha / static_cast<double>(std::max<std::size_t>(j.candidates_tried, 1));
  bool passed = true;
  std::vector<std::string> good;
  const auto ask = [&](bool holds, const std::string& if_so, const std::string& if_not) {
    passed = passed && holds;
    (holds ? good : verdict.reasons).push_back(holds ? if_so : if_not);
  };

  const std::string skill_text = "rank IC " + ic(skill.mean) + ", " + interval99(skill) + ", one-sided p " +
                                 fixed(skill.p_greater, 5) + " against the level " + fixed(level, 5) + " for " +
                                 std::to_string(j.candidates_tried) + " candidate(s) tried";
  verdict.conditions.push_back({"skill_p_value", skill.p_greater <= level, skill.p_greater, level});
  ask(skill.p_greater <= level, "It has foresight: " + skill_text + ".", "No foresight shown: " + skill_text + ".");

  if (const Comparison* closest = closest_baseline(j)) {
    const double p_closest = closest->rank_ic.difference.p_greater;
    verdict.conditions.push_back({"lead_over_" + closest->against + "_p_value", p_closest <= o.superiority_alpha,
                                  p_closest, o.superiority_alpha});
    ask(p_closest <= o.superiority_alpha, "It beats every baseline; the closest: " + describe_lead(*closest) + ".",
        "It does not beat the baselines: " + describe_lead(*closest) + ".");
    const Comparison* best = best_baseline(j);
    verdict.improvement = best->rank_ic.difference.mean;
    verdict.lo = best->rank_ic.difference.lo;
    verdict.hi = best->rank_ic.difference.hi;
  } else {
    verdict.improvement = skill.mean;
    verdict.lo = skill.lo;
    verdict.hi = skill.hi;
  }

  if (o.profit != ProfitRule::none) {
    const Profit book = compare_profit("long-short", "bps per rebalance", j, o, &ModelJudgement::long_short_net_bps);
    const Profit positions =
        compare_profit("positions beyond the cost band", "bps per bar", j, o, &ModelJudgement::position_bps_per_bar);
    const std::string sides = " after " + bps(j.cost_bps_per_side) + " a side: ";
    verdict.conditions.push_back({"long_short_net_bps", book.passed, book.net.mean, book.best_baseline});
    verdict.conditions.push_back(
        {"positions_net_bps_per_bar", positions.passed, positions.net.mean, positions.best_baseline});
    ask(book.passed || positions.passed, "It pays" + sides + describe(positions.passed ? positions : book) + ".",
        "It does not pay" + sides + describe(book) + "; " + describe(positions) + "; it would break even at " +
            bps(j.candidate.long_short.break_even_cost_bps) + " a side.");
  }
  if (o.min_deflated_sharpe > 0) {
    const double found = j.candidate.deflated_sharpe;
    verdict.conditions.push_back({"deflated_sharpe", found >= o.min_deflated_sharpe, found, o.min_deflated_sharpe});
    ask(j.candidate.deflated_sharpe >= o.min_deflated_sharpe,
        "Deflated Sharpe ratio " + fixed(j.candidate.deflated_sharpe, 3) + ".",
        "Deflated Sharpe ratio " + fixed(j.candidate.deflated_sharpe, 3) + " is below " +
            fixed(o.min_deflated_sharpe, 3) + ".");
  }
  verdict.decision = passed ? DeploymentDecision::deploy : DeploymentDecision::reject;
  verdict.reasons.insert(verdict.reasons.end(), good.begin(), good.end());
}

void decide_replacement(const Judgement& j, const PolicyOptions& o, Verdict& verdict) {
  const Improvement& gain = *j.improvement;
  const MeanEstimate& skill = j.candidate.rank_ic.mean;
  verdict.improvement = gain.value;
  verdict.lo = gain.lo;
  verdict.hi = gain.hi;
  verdict.conditions = {
      {"improvement", gain.value >= o.deploy_improvement, gain.value, o.deploy_improvement},
      {"improvement_lower_bound", gain.lo > 0, gain.lo, 0},
      {"skill_p_value", skill.p_greater <= o.superiority_alpha, skill.p_greater, o.superiority_alpha}};
  const std::string interval = percent(1 - j.alpha) + " interval [" + percent(gain.lo) + ", " + percent(gain.hi) + "]";
  const std::string sum = "Improvement over " + j.active->name + " " + percent(gain.value) + ", " + interval +
                          ": win rate " + percent(j.active->positions.win_rate) + " to " +
                          percent(j.candidate.positions.win_rate) + ", average R " +
                          fixed(j.active->positions.average_r, 3) + " to " + fixed(j.candidate.positions.average_r, 3) +
                          ", calibration quality " + fixed(j.active->calibration_quality, 3) + " to " +
                          fixed(j.candidate.calibration_quality, 3);
  const std::string lead = "Against the active version: " + describe_lead(*j.against_active) + ".";
  if (gain.value < 0) {
    verdict.decision = DeploymentDecision::reject;
    verdict.reasons = {sum + ": worse.", lead};
  } else if (gain.value < o.canary_improvement) {
    verdict.decision = DeploymentDecision::keep;
    verdict.reasons = {sum + ": below the " + percent(o.canary_improvement) + " that a change is worth.", lead};
  } else if (skill.p_greater > o.superiority_alpha) {
    verdict.decision = DeploymentDecision::keep;
    verdict.reasons = {"No foresight of its own: rank IC " + ic(skill.mean) + ", " + interval99(skill) +
                           ", one-sided p " + fixed(skill.p_greater, 4) + "; one lucky model does not replace another.",
                       sum + "."};
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

}  // namespace

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

Verdict decide(const Judgement& judgement, const PolicyOptions& options) {
  Verdict verdict;
  if (judgement.active && judgement.improvement && judgement.against_active) {
    decide_replacement(judgement, options, verdict);
  } else {
    decide_first(judgement, options, verdict);
  }
  verdict.checks = check_safety(judgement, options);
  for (auto check = verdict.checks.rbegin(); check != verdict.checks.rend(); ++check) {
    if (check->passed) continue;
    verdict.decision = DeploymentDecision::reject;
    verdict.reasons.insert(verdict.reasons.begin(), describe(*check));
  }
  return verdict;
}

Verdict decide_alone(Judgement judgement, const PolicyOptions& options) {
  judgement.active.reset();
  judgement.against_active.reset();
  judgement.improvement.reset();
  return decide(judgement, options);
}

nlohmann::json to_json(const Verdict& verdict) {
  const auto number = [](double value) { return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(); };
  const auto list = [&number](const std::vector<SafetyCheck>& checks) {
    nlohmann::json out = nlohmann::json::array();
    for (const auto& check : checks)
      out.push_back({{"name", check.name},
                     {"passed", check.passed},
                     {"value", number(check.value)},
                     {"threshold", number(check.threshold)}});
    return out;
  };
  return {{"decision", to_string(verdict.decision)},
          {"improvement", number(verdict.improvement)},
          {"interval", nlohmann::json::array({number(verdict.lo), number(verdict.hi)})},
          {"reasons", verdict.reasons},
          {"checks", list(verdict.checks)},
          {"conditions", list(verdict.conditions)}};
}

}  // namespace clm
