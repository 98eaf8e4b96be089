#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "evaluation/verdict/evidence.hpp"
#include "report/ensemble_figures.hpp"
#include "report/plots.hpp"

namespace clm::app {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// Rank IC and hit rate of a month, a block of a walk-forward or a regime.
struct SliceFigures {
  std::string name;
  double times = kUnknown, rows = kUnknown;
  Estimate rank_ic;
  double hit_rate = kUnknown, bias = kUnknown;
};

struct CostFigures {
  double cost_bps = kUnknown;  ///< a side
  double net_bps = kUnknown;   ///< per rebalance
};

struct DelayFigures {
  int delay_bars = 0;
  Estimate rank_ic;
  double gross_bps = kUnknown;  ///< long-short, per rebalance
};

/// A cumulative return as a fraction of the capital.
struct EquityCurve {
  std::vector<double> time_ms, value;
};

/// What the judging found about one forecaster; units as in `ModelJudgement`.
struct ModelFigures {
  std::string name;
  Estimate rank_ic;
  bool ranked_over_time = false;  ///< too few symbols at one time to rank them against each other
  Estimate hit_rate;
  double rmse = kUnknown, rmse_zero = kUnknown, mae = kUnknown, bias = kUnknown;
  double brier = kUnknown, brier_base = kUnknown, base_rate = kUnknown, calibration_error = kUnknown;
  double log_loss = kUnknown, log_loss_base = kUnknown;
  bool probability_served = false;  ///< judged as it was served; older releases judged a map fitted for the judging
  std::vector<CalibrationBin> calibration;
  // One position per symbol beyond a cost band
  double trades = 0, profit_factor = kUnknown;
  Estimate net_bps_per_trade, average_r;
  double sharpe = kUnknown, sortino = kUnknown, max_drawdown = kUnknown, turnover = kUnknown;
  Estimate win_rate;
  EquityCurve positions_equity;
  // The extremes of the cross-section, long and short
  double rebalances = 0, gross_bps = kUnknown, deflated_sharpe = kUnknown, min_track_record_days = kUnknown;
  double long_short_turnover = kUnknown, break_even_cost_bps = kUnknown;
  Estimate net_bps, long_short_sharpe;
  std::vector<CostFigures> by_cost;
  EquityCurve long_short_equity;
  std::vector<DelayFigures> by_delay;
  std::vector<SliceFigures> by_block, by_month, by_regime;
};

/// The candidate less another, on the same rows.
struct DifferenceFigures {
  std::string against;
  Estimate rank_ic, gross_bps, net_bps, squared_error;
};

/// A limit of the policy and what was found.
struct LimitFigures {
  std::string name;
  bool passed = false;
  double value = kUnknown, threshold = kUnknown;
  double count = 0,
         min_count = 0;  ///< trades or rebalances that it rests on, and how many are asked for; 0: not about trades
};

struct VerdictFigures {
  std::string decision;
  Estimate improvement;
  std::vector<std::string> reasons;
  std::vector<LimitFigures> checks;      ///< of safety
  std::vector<LimitFigures> conditions;  ///< of merit; empty in old evidence
};

/// What a report shows of evidence (`clm::Evidence`), or of an evaluation, which is stored as one.
struct EvidenceFigures {
  double rows = kUnknown, times = kUnknown, symbols = kUnknown;
  double symbols_at_once = kUnknown, min_symbols = kUnknown, long_short_min_symbols = kUnknown;
  std::int64_t from_ms = 0, to_ms = 0;
  int horizon_bars = 0;
  bool of_next_open = false;  ///< rank ICs are of the return from the next open; of older releases, of the label
  bool hedged = false;        ///< forecasts are relative, and so positions are hedged
  double coverage = kUnknown, alpha = 0.05, candidates_tried = 1, cost_bps_per_side = kUnknown;
  ModelFigures candidate;
  std::string candidate_role = "candidate";  ///< what it is called beside its name
  std::vector<ModelFigures> members;         ///< the models that the candidate is made of, where it is an ensemble
  std::vector<ModelFigures> baselines;
  std::optional<ModelFigures> active;
  std::vector<DifferenceFigures> differences;  ///< to the active version first, then the baselines
  VerdictFigures verdict;
  std::optional<EnsembleFigures> ensemble;  ///< of an ensemble: its members side by side
  std::optional<RefreshCheck> refresh;      ///< of a vintage of an accepted recipe; all else is then of `accepted_by`
};

/// Figures that are missing or null become NaN. Error `report.evidence` (data): not JSON, or no judgement in it.
Result<EvidenceFigures> read_evidence(std::string_view json_text);
/// The same of evidence that is known to hold a judgement.
EvidenceFigures figures_of(const Evidence& evidence);
/// What the judging found about one forecaster, of its own JSON.
ModelFigures model_figures_in(const nlohmann::json& model);

}  // namespace clm::app
