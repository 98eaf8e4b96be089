#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/verdict/judgement.hpp"

namespace clm {

enum class DeploymentDecision { deploy, canary, keep, reject };
std::string_view to_string(DeploymentDecision decision);
std::optional<DeploymentDecision> parse_deployment_decision(std::string_view name);

/// What "pays after costs" must mean for a first promotion.
enum class ProfitRule {
  none,        ///< forecasting skill is enough
  estimate,    ///< the net estimate of one of the two trading rules is above zero and above every baseline's
  significant  ///< and its one-sided lower bound at `superiority_alpha` is above zero
};

std::string_view to_string(ProfitRule rule);

struct PolicyOptions {
  double deploy_improvement = 0.05;  ///< and a lower bound above zero
  double canary_improvement = 0.02;
  /// A first version's rank IC must be above zero at this one-sided level, divided by the number of candidates tried
  /// on the rows: over as many markets without a signal, at most this share promotes anything.
  double skill_alpha = 0.01;
  /// And above that of each baseline at this one-sided level. All of them must be beaten, so having several needs no
  /// correction (intersection-union test, Berger 1982). A replacement's rank IC must be above zero at this level.
  double superiority_alpha = 0.05;
  ProfitRule profit = ProfitRule::estimate;
  /// A way of trading says nothing on fewer trades (of the long-short book: rebalances). Then it does not pay, and an
  /// improvement, which rests on trades of both versions, is not believed.
  std::size_t min_trades = 50;
  double min_deflated_sharpe = 0;  ///< of a first version; 0 = not asked for
  std::size_t min_times = 100;     ///< decision times judged
  double min_coverage = 0.9;
  double min_win_rate = 0.50;  ///< the upper bound of the win rate must reach it: only shown failure is unsafe
  double min_average_r = 0.0;  ///< likewise
  double min_calibration_quality = 0.70;
  double max_drawdown = 0.30;  ///< of the position book
};

/// A limit of the policy beside what was found.
struct SafetyCheck {
  std::string name;
  bool passed = false;
  double value = 0;  ///< NaN: it could not be measured
  double threshold = 0;
  std::size_t count = 0;      ///< trades, or rebalances, that the value rests on
  std::size_t min_count = 0;  ///< and how many are asked for; 0: it is not about trades
};

struct Verdict {
  DeploymentDecision decision = DeploymentDecision::reject;
  double improvement = 0;  ///< the composite; without an active version, the rank IC's lead over the best baseline
  double lo = 0;           ///< its interval
  double hi = 0;
  std::vector<std::string> reasons;  ///< plain sentences with their numbers, the deciding one first
  std::vector<SafetyCheck> checks;   ///< of safety: each must pass, whatever else is found
  /// Of merit. A first version must pass all but the two ways of trading, of which one is enough; a replacement that
  /// passes all is deployed. Names that end in `_p_value` are limits from above, the others from below. One that rests
  /// on fewer than `min_count` trades is not passed.
  std::vector<SafetyCheck> conditions;
};

/// What follows from the evidence. A pure function.
/// With an active version: unsafe or worse: reject; below `canary_improvement`, or without forecasting skill of its
/// own: keep; at least `deploy_improvement` with a lower bound above zero: deploy; else canary. Where one of the two
/// made fewer than `min_trades` trades: canary if its lead in rank IC is above zero at `superiority_alpha`, else keep.
/// Without: deploy if safe, skilled, better than every baseline and (by rule) paying after costs; else reject.
Verdict decide(const Judgement& judgement, const PolicyOptions& options);
/// The same of the same evidence, had nothing been active: what is left once the active version has expired.
Verdict decide_alone(Judgement judgement, const PolicyOptions& options);

nlohmann::json to_json(const Verdict& verdict);

}  // namespace clm
