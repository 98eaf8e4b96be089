#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "evaluation/calibration/probability_score.hpp"
#include "evaluation/metrics/forecast_table.hpp"
#include "evaluation/metrics/metrics.hpp"
#include "evaluation/metrics/paired_difference.hpp"
#include "evaluation/metrics/rank_ic.hpp"
#include "evaluation/metrics/trading_simulation.hpp"
#include "evaluation/statistics/model_comparison.hpp"
#include "evaluation/verdict/improvement.hpp"
#include "market/series/candle.hpp"

namespace clm {

struct JudgeOptions {
  PositionOptions positions;         ///< trading rule: one position per symbol beyond a cost band
  LongShortOptions long_short;       ///< trading rule: the extremes of the cross-section
  std::size_t min_symbols = 8;       ///< for a cross-sectional rank IC; fewer: ranks over time
  double alpha = 0.05;               ///< 1 - coverage of every interval reported
  std::size_t candidates_tried = 1;  ///< on these rows, this one included
  std::vector<TimeRange> blocks;     ///< decision times to report on by themselves: ascending, disjoint
  std::size_t calibration_folds = 5;
  std::size_t bootstrap_repetitions = 1000;  ///< for what has no closed form: improvement, SPA
  std::uint64_t seed = 1;
};

struct RankIcAtDelay {
  int delay_bars = 0;
  RankIc rank_ic;        ///< against the plain return of the later entry
  double gross_bps = 0;  ///< long-short, per rebalance; NaN without a book
};

/// Everything about one forecaster on the rows.
struct ModelJudgement {
  std::string name;
  PointErrors errors;
  RankIc rank_ic;  ///< against the label
  ShareEstimate direction;
  ProbabilityScore probability;             ///< of P(up), cross-fitted over time
  std::vector<ReliabilityBin> reliability;  ///< of the same probabilities
  double calibration_quality = 0;           ///< 1 - expected calibration error
  PositionResult positions;
  MeanEstimate position_bps_per_bar;  ///< net, of the whole book, with interval
  MeanEstimate r_multiple;            ///< mean over the bars with exits, with interval
  ShareEstimate win_rate;             ///< effective count: independent exits
  MeanEstimate trade_net_bps;         ///< mean net of a trade, over the bars with exits, with interval
  LongShortResult long_short;
  TimedSeries long_short_net_return;  ///< per rebalance at the costs of the options, as a fraction
  double equity_scale = 1;            ///< what a rebalance adds to the equity: one share of the horizon's starts
  MeanEstimate long_short_net_bps;    ///< per rebalance at the costs of the options, with interval
  MeanEstimate sharpe_net;            ///< annualised, long-short at those costs, with interval
  /// Days after which a Sharpe ratio like that would be above zero with probability 1 - alpha
  /// (`min_track_record_length` of rebalances that do not overlap); infinite where it is not above zero, NaN without a
  /// book.
  double min_track_record_days = kMissing;
  double probabilistic_sharpe = 0;  ///< that the net ratio is above zero
  double deflated_sharpe = 0;       ///< the same, after `candidates_tried`
  std::vector<RankIcAtDelay> by_delay;
  std::vector<SliceMetrics> by_block;  ///< of the options' blocks
  std::vector<SliceMetrics> by_month;
  std::vector<SliceMetrics> by_regime;
};

/// The candidate less another forecaster, on the same rows and times.
struct Comparison {
  std::string against;
  PairedDifference rank_ic;
  PairedDifference squared_error;  ///< per time; negative is better
  PairedDifference net_bps;        ///< long-short net per rebalance
  DieboldMariano diebold_mariano;  ///< on the same squared errors
};

/// A candidate held against the baselines and the active version, all on the rows where each of them has a forecast.
struct Judgement {
  std::size_t rows = 0;
  std::size_t times = 0;
  std::size_t symbols = 0;
  std::size_t symbols_at_once = 0;         ///< the most that have rows at one time
  std::size_t min_symbols = 8;             ///< at one time, to be ranked against each other; fewer: ranks over time
  std::size_t long_short_min_symbols = 5;  ///< at one time, for a long-short book
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  int horizon_bars = 0;
  double coverage = 0;  ///< share of the rows where the candidate had a forecast
  double alpha = 0.05;
  std::size_t candidates_tried = 1;
  double cost_bps_per_side = 0;
  ModelJudgement candidate;
  std::vector<ModelJudgement> baselines;
  std::optional<ModelJudgement> active;
  std::vector<Comparison> against_baselines;  ///< as `baselines`
  std::optional<Comparison> against_active;
  std::optional<Improvement> improvement;  ///< over the active version
};

/// All tables share one `rows`. Error `judge.no_common_rows` (data) where they never all have a forecast.
/// Deterministic in data and options. Cost: a few sorts of the rows per table, and repetitions x times.
Result<Judgement> judge(const ForecastTable& candidate, std::span<const ForecastTable> baselines,
                        const ForecastTable* active, const JudgeOptions& options);

/// Numbers that are not finite become null. Of the series over time it holds the equity curves, at no more than
/// `kEquityPoints` moments; trades are counted, not listed; blocks only where there are any.
inline constexpr std::size_t kEquityPoints = 240;
nlohmann::json to_json(const Judgement& judgement);
nlohmann::json to_json(const ModelJudgement& model);

}  // namespace clm
