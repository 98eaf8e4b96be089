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
#include "evaluation/verdict/acceptance.hpp"
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
  RankIc rank_ic;        ///< against the return of the later entry, as `ModelJudgement::rank_ic` is at delay 0
  double gross_bps = 0;  ///< long-short, per rebalance; NaN without a book
};

/// Where the probabilities come from that are judged.
enum class ProbabilitySource {
  served,       ///< they are those that are served beside the forecasts (`ForecastTable::up_probability`)
  cross_fitted  ///< nothing is served: what the forecasts would be worth, by `cross_fitted_up_probability`
};
std::string_view to_string(ProbabilitySource source);

/// Everything about one forecaster on the rows.
///
/// What decides is what does not change when the forecasts are multiplied by a positive number: `rank_ic` and
/// `gross_bps`, and their differences on the same bars. Everything else is reported.
struct ModelJudgement {
  std::string name;
  PointErrors errors;  ///< against the label
  /// Per time, the rank correlation of the forecasts with what a trader could have got: the log return from the *next
  /// open* to the exit after the horizon, whatever delay was learned; less the universe's mean where the forecasts are
  /// relative (`judged_return`), which matters where too few symbols are ranked over time. Not divided by the
  /// volatility: it is returns that are earned.
  RankIc rank_ic;
  RankIc label_rank_ic;          ///< the same against the label, entered as late as was learned: what live outcomes are
  ShareEstimate direction;       ///< `directional_accuracy`
  ProbabilityScore probability;  ///< that the price rises from the next open to the exit, beside the base rate
  ProbabilitySource probability_source = ProbabilitySource::cross_fitted;
  std::vector<ReliabilityBin> reliability;  ///< of the same probabilities
  double calibration_quality = 0;           ///< 1 - expected calibration error
  PositionResult positions;
  MeanEstimate position_bps_per_bar;  ///< net, of the whole book, with interval
  MeanEstimate r_multiple;            ///< mean over the bars with exits, with interval
  ShareEstimate win_rate;             ///< effective count: independent exits
  MeanEstimate trade_net_bps;         ///< mean net of a trade, over the bars with exits, with interval
  /// Before costs, per rebalance, of the book of equal gross exposure: the long-short book; where the symbols are too
  /// few for one, positions by the sign of the forecasts (`sign_returns`).
  MeanEstimate gross_bps;
  LongShortResult long_short;
  double long_short_drawdown = kMissing;  ///< before costs, the largest fall of its capital; NaN without a book
  TimedSeries long_short_net_return;      ///< per rebalance at the costs of the options, as a fraction
  double equity_scale = 1;                ///< what a rebalance adds to the equity: one share of the horizon's starts
  MeanEstimate long_short_net_bps;        ///< per rebalance at the costs of the options, with interval
  MeanEstimate sharpe_net;                ///< annualised, long-short at those costs, with interval
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
  PairedDifference gross_bps;  ///< per rebalance, of the books of equal gross exposure (`ModelJudgement::gross_bps`)
  PairedDifference net_bps;    ///< long-short net per rebalance
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
  ReturnBasis basis = ReturnBasis::own;  ///< what the forecasts are about; of relative ones, positions are hedged
  double coverage = 0;                   ///< share of the rows where the candidate had a forecast
  double alpha = 0.05;
  std::size_t candidates_tried = 1;
  double cost_bps_per_side = 0;
  ModelJudgement candidate;
  std::vector<ModelJudgement> baselines;
  std::optional<ModelJudgement> active;
  std::vector<Comparison> against_baselines;  ///< as `baselines`
  std::optional<Comparison> against_active;
  std::optional<Improvement> improvement;  ///< over the active version: the composite
  std::optional<Acceptance> acceptance;    ///< of a recipe that is new: what its growing record says
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
