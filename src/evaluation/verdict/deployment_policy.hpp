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

/// What a first version must earn with the book of equal gross exposure (`ModelJudgement::gross_bps`).
enum class ProfitRule {
  none,        ///< nothing: forecasting skill is enough
  estimate,    ///< more than nothing before costs, by the estimate; with `Ladder::on` than every baseline, too
  significant  ///< and more than nothing after costs: the one-sided lower bound of the long-short book's net at
               ///< `superiority_alpha` is above zero; not said where there is no such book
};

std::string_view to_string(ProfitRule rule);

/// What decides about replacing an active version.
enum class Ladder {
  off,  ///< ranks and gross profit on the same bars
  on    ///< the composite (`Improvement`): at least `deploy_improvement`, `canary_improvement`, less
};

std::string_view to_string(Ladder ladder);

struct PolicyOptions {
  Ladder ladder = Ladder::off;
  double deploy_improvement = 0.05;  ///< of the ladder; and a lower bound above zero
  double canary_improvement = 0.02;  ///< of the ladder
  /// How far below the active version's a replacement's rank IC may be, in units of rank IC: it is deployed once it is
  /// shown to be no further below. 0: it must be shown to be better. More lets versions in sooner, and worse ones.
  double margin = 0.003;
  /// Wrong acceptances a year, over all recipes of a workspace together: the expected share of recipes without
  /// foresight among those accepted of a year's, and where none has any, the probability that one is accepted at all; a
  /// recipe's own level is `acceptance_level`. It may be asked at every bar.
  double acceptance_alpha = 0.005;
  /// Where a version is judged by itself (`Ladder::on`, `clm evaluate`): a first version's rank IC must be above zero
  /// at this one-sided level, divided by the number of candidates tried on the rows: over as many markets without a
  /// signal, at most this share promotes anything.
  double skill_alpha = 0.01;
  /// At this level a lineup with a recipe that is new must be shown, whenever it is looked at, to rank no more than
  /// `margin` below the lineup without and below the benchmark. And a first version that is judged by itself must be
  /// shown at it to be no more than `margin` below each baseline (with `Ladder::on` above it). This is asked of all of
  /// them, so having several needs no correction (intersection-union test, Berger 1982). A replacement's rank IC must
  /// be above zero at this level.
  double superiority_alpha = 0.05;
  ProfitRule profit = ProfitRule::estimate;
  /// A book says nothing on fewer rebalances; then it does not earn. Of the ladder: an improvement, which rests on
  /// trades of both versions, is not believed on fewer of either.
  std::size_t min_trades = 50;
  double min_deflated_sharpe = 0;  ///< of a first version; 0 = not asked for
  std::size_t min_times = 100;     ///< decision times judged
  double min_coverage = 0.9;
  double min_win_rate = 0.50;  ///< of the ladder: the upper bound of the win rate must reach it
  double min_average_r = 0.0;  ///< likewise
  double min_calibration_quality = 0.70;
  /// Of the long-short book before costs, or the fall of the book of who speaks otherwise (the active version, else the
  /// best baseline) on the same rows, where that is larger; on the ladder, of the positions after costs.
  double max_drawdown = 0.30;
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
  double improvement = 0;  ///< lead in rank IC over the active version, else over the best baseline; ladder: composite
  double lo = 0;           ///< its interval
  double hi = 0;
  std::vector<std::string> reasons;  ///< plain sentences with their numbers, the deciding one first
  std::vector<SafetyCheck> checks;   ///< of safety: each must pass, whatever else is found
  /// Of merit: who passes all is deployed. Names that end in `_p_value` are limits from above, the others from below.
  /// One that rests on fewer than `min_count` trades is not passed. (Of older releases, one of two ways of trading was
  /// enough.)
  std::vector<SafetyCheck> conditions;
};

/// What follows from the evidence. A pure function. With `Ladder::off` it rests on nothing that changes when forecasts
/// are multiplied by a positive number: rank IC from the next open, the gross profit of books of equal gross exposure,
/// paired on the same bars, the probabilities as served, and counts.
///
/// A recipe that is new (`Judgement::acceptance`): deploy if safe, if its record shows foresight and a lineup that is
/// no worse with it, and (by rule) if it earns; else reject.
///
/// A version judged by itself, without an active version: deploy if safe, skilled (rank IC above zero at `skill_alpha`
/// over the candidates tried), shown to be no more than `margin` below every baseline in rank IC and (by rule) earning;
/// else reject. Beside one: unsafe, or shown to rank worse at `superiority_alpha`: reject. Deploy if its own rank IC is
/// shown to be above zero, is shown to be no more than `margin` below the active one's, and its book is not shown to
/// earn less before costs; else keep.
///
/// With `Ladder::on`, beside an active version: unsafe or an improvement below zero: reject; below
/// `canary_improvement`, or without forecasting skill of its own: keep; at least `deploy_improvement` with a lower
/// bound above zero: deploy; else canary. Where one of the two made fewer than `min_trades` trades: canary if its lead
/// in rank IC is above zero at `superiority_alpha`, else keep. Win rate, average R and drawdown of the positions are
/// limits of safety then.
Verdict decide(const Judgement& judgement, const PolicyOptions& options);
/// The same of the same evidence, had nothing been active: what is left once the active version has expired.
Verdict decide_alone(Judgement judgement, const PolicyOptions& options);

nlohmann::json to_json(const Verdict& verdict);

}  // namespace clm
