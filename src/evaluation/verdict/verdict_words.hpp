#pragma once
#include <cstddef>
#include <string>

#include "evaluation/verdict/deployment_policy.hpp"

namespace clm {

/// The sentences of a verdict. Each gives its figure, the uncertainty, and the requirement; a figure that could not be
/// measured is said to be unknown. A test is described by its one-sided bound at its own level, which is above zero
/// exactly where the test is passed; figures that are only reported have the judgement's two-sided interval (`alpha`).

/// "at least 0.0123 with 99.0 % confidence (one-sided)".
std::string bound_from_below(const MeanEstimate& estimate, double alpha, int decimals);
/// "95.0 % interval [-2.0, 1.5]".
std::string interval_words(double lo, double hi, double alpha, int decimals);
/// "rank IC", or "rank IC over time" where the symbols could not be ranked against each other.
std::string rank_ic_name(const ModelJudgement& model);
/// Why ranks were taken over time; empty where they were not.
std::string why_over_time(const Judgement& judgement);
/// "in 59 days": how long the judged decisions span.
std::string span_words(const Judgement& judgement);
/// "rank IC 0.0612 against 0.0301 of ridge; lead 0.0311, at least 0.0123 with 95.0 % confidence (one-sided)".
std::string lead_words(const Judgement& judgement, const Comparison& comparison, double alpha);
/// "win rate 42.2 % [39.0 %, 45.5 %] and average R -0.198 [-0.301, -0.095] in 312 trades".
std::string trades_words(const ModelJudgement& model);
/// "Unsafe: it has a forecast for 50.0 % of the rows; at least 90.0 % are needed (policy.min_coverage)."
std::string unsafe_words(const SafetyCheck& check, const Judgement& judgement, const PolicyOptions& options);

/// The book of equal gross exposure, before costs, compared with the best result of a baseline; holding none earns 0.
struct EqualBook {
  std::size_t count = 0;         ///< rebalances, or moments of positions by sign
  double best_baseline = 0;      ///< gross bps per rebalance of it; 0: not trading
  std::string best_baseline_is;  ///< its name; empty: not trading
  bool enough = false;           ///< `count` reaches `policy.min_trades`
  bool earns = false;
};
/// "long-short book 5.211 bps a rebalance, 95.0 % interval [1.002, 9.420], 1416 rebalances in 59 days, against 0.369 of
/// ridge; after 7.0 bps a side 3.1 bps, it breaks even at 8.2 bps a side", or why that cannot be said.
std::string describe(const EqualBook& book, const Judgement& judgement, const PolicyOptions& options);
/// "1.203 bps a rebalance of the long-short book, at least 0.400 with 95.0 % confidence (one-sided), 1416 rebalances in
/// 59 days", or why that cannot be said.
std::string net_words(const Judgement& judgement, const PolicyOptions& options);
/// "5.2 bps a rebalance of the long-short book against 4.9 of v1; lead 0.3, at most 0.9 with 95.0 % confidence
/// (one-sided)".
std::string gross_lead_words(const Judgement& judgement, const PolicyOptions& options);

}  // namespace clm
