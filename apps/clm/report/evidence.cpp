#include "report/evidence.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "report/json_reading.hpp"

namespace clm::app {
namespace {

using Json = nlohmann::json;

/// A share of nothing is not known, whatever number stands there.
Estimate share(const Json& object) {
  return integer_in(object, "count") > 0 ? estimate_in(object, "share") : Estimate{};
}

SliceFigures read_slice(const Json& j) {
  return {text_in(j, "name"),        number_in(j, "times"),    number_in(j, "rows"),
          estimate_in(j, "rank_ic"), number_in(j, "hit_rate"), number_in(j, "bias")};
}

EquityCurve read_curve(const Json& j) {
  EquityCurve out;
  const Json& times = member(j, "time_ms");
  const Json& values = member(j, "return");
  if (!times.is_array() || !values.is_array() || times.size() != values.size()) return out;
  constexpr double kEndOfTime = 253'402'300'800'000;  // the year 10000
  for (std::size_t i = 0; i < times.size(); ++i) {
    const double time = times[i].is_number() ? times[i].get<double>() : kUnknown;
    out.time_ms.push_back(std::fabs(time) < kEndOfTime ? time : kUnknown);
    out.value.push_back(values[i].is_number() ? values[i].get<double>() : kUnknown);
  }
  return out;
}

DifferenceFigures read_difference(const Json& j) {
  return {text_in(j, "against"), estimate_in(member(j, "rank_ic"), "mean"), estimate_in(member(j, "gross_bps"), "mean"),
          estimate_in(member(j, "net_bps"), "mean"), estimate_in(member(j, "squared_error"), "mean")};
}

Estimate known_estimate(const Verdict& verdict) {
  if (std::isnan(verdict.lo) || std::isnan(verdict.hi)) return {verdict.improvement, kUnknown, kUnknown};
  return {verdict.improvement, verdict.lo, verdict.hi};
}

std::vector<LimitFigures> limits_of(const std::vector<SafetyCheck>& checks) {
  std::vector<LimitFigures> limits;
  for (const SafetyCheck& check : checks)
    limits.push_back({check.name, check.passed, check.value, check.threshold, static_cast<double>(check.count),
                      static_cast<double>(check.min_count)});
  return limits;
}

}  // namespace

ModelFigures model_figures_in(const Json& j) {
  ModelFigures m;
  m.name = text_in(j, "name");
  m.rank_ic = estimate_in(member(j, "rank_ic"), "mean");
  m.ranked_over_time = text_in(member(j, "rank_ic"), "kind") == "time_series";
  m.hit_rate = share(member(j, "directional_accuracy"));
  const Json& errors = member(j, "errors");
  m.rmse = number_in(errors, "rmse");
  m.rmse_zero = number_in(errors, "rmse_zero");
  m.mae = number_in(errors, "mae");
  m.bias = number_in(errors, "bias");
  const Json& probability = member(j, "probability");
  m.brier = number_in(probability, "brier");
  m.brier_base = number_in(probability, "brier_base");
  m.base_rate = number_in(probability, "base_rate");
  m.calibration_error = number_in(probability, "calibration_error");
  m.log_loss = number_in(probability, "log_loss");
  m.log_loss_base = number_in(probability, "log_loss_base");
  m.probability_served = text_in(probability, "source") == "served";
  m.calibration = each_of(member(probability, "bins"), [](const Json& bin) {
    return CalibrationBin{number_in(bin, "count"), number_in(bin, "probability"), number_in(bin, "share")};
  });
  const Json& positions = member(j, "positions");
  m.trades = number_in(positions, "trades");
  m.net_bps_per_trade = estimate_in(positions, "net_bps_per_trade", "net_bps_per_trade_interval");
  m.average_r = estimate_in(member(positions, "r_multiple"), "mean");
  m.average_r.value = number_in(positions, "average_r");
  m.profit_factor = number_in(positions, "profit_factor");
  m.sharpe = number_in(positions, "sharpe");
  m.sortino = number_in(positions, "sortino");
  m.max_drawdown = number_in(positions, "max_drawdown");
  m.turnover = number_in(positions, "turnover");
  m.win_rate = share(member(positions, "win_rate"));
  m.positions_equity = read_curve(member(positions, "equity"));
  const Json& book = member(j, "long_short");
  m.rebalances = number_in(book, "rebalances");
  m.gross_bps = number_in(book, "gross_bps");
  m.long_short_sharpe = estimate_in(book, "sharpe_net", "sharpe_net_interval");
  m.min_track_record_days = number_in(book, "min_track_record_days");
  m.deflated_sharpe = number_in(book, "deflated_sharpe");
  m.long_short_turnover = number_in(book, "turnover");
  m.break_even_cost_bps = number_in(book, "break_even_cost_bps");
  m.net_bps = estimate_in(member(book, "net_bps"), "mean");
  m.by_cost = each_of(member(book, "by_cost"), [](const Json& level) {
    return CostFigures{number_in(level, "cost_bps"), number_in(level, "net_bps")};
  });
  m.long_short_equity = read_curve(member(book, "equity_net"));
  m.by_delay = each_of(member(j, "by_delay"), [](const Json& d) {
    return DelayFigures{static_cast<int>(integer_in(d, "delay_bars")), estimate_in(member(d, "rank_ic"), "mean"),
                        number_in(d, "gross_bps")};
  });
  m.by_block = each_of(member(j, "by_block"), read_slice);
  m.by_month = each_of(member(j, "by_month"), read_slice);
  m.by_regime = each_of(member(j, "by_regime"), read_slice);
  return m;
}

Result<EvidenceFigures> read_evidence(std::string_view json_text) {
  const Evidence evidence = Evidence::from_json(json_text);
  if (!evidence.has_judgement())
    return fail(ErrorKind::data, "report.evidence", "the stored evidence holds no judgement", "evidence",
                "Run clm cycle: it judges anew.");
  return figures_of(evidence);
}

EvidenceFigures figures_of(const Evidence& evidence) {
  const Json& j = evidence.judgement();
  EvidenceFigures out;
  out.rows = number_in(j, "rows");
  out.times = number_in(j, "times");
  out.symbols = number_in(j, "symbols");
  out.symbols_at_once = number_in(j, "symbols_at_once");
  out.min_symbols = number_in(j, "min_symbols");
  out.long_short_min_symbols = number_in(j, "long_short_min_symbols");
  out.from_ms = integer_in(j, "from_ms");
  out.to_ms = integer_in(j, "to_ms");
  out.horizon_bars = static_cast<int>(integer_in(j, "horizon_bars"));
  out.of_next_open = text_in(member(j, "judged"), "entry") == "next_open";
  out.hedged = text_in(member(j, "judged"), "return") == "relative";
  out.coverage = number_in(j, "coverage");
  out.alpha = number_in(j, "alpha");
  out.candidates_tried = number_in(j, "candidates_tried");
  out.cost_bps_per_side = number_in(j, "cost_bps_per_side");
  out.candidate = model_figures_in(member(j, "candidate"));
  out.members = each_of(evidence.each_member(), model_figures_in);
  out.baselines = each_of(member(j, "baselines"), model_figures_in);
  if (member(j, "active").is_object()) out.active = model_figures_in(member(j, "active"));
  if (member(j, "against_active").is_object()) out.differences.push_back(read_difference(member(j, "against_active")));
  for (auto& difference : each_of(member(j, "against_baselines"), read_difference))
    out.differences.push_back(std::move(difference));

  if (const auto verdict = evidence.verdict())
    out.verdict = {std::string(to_string(verdict->decision)), known_estimate(*verdict), verdict->reasons,
                   limits_of(verdict->checks), limits_of(verdict->conditions)};
  out.ensemble = ensemble_figures_in(evidence.ensemble());
  out.refresh = evidence.refresh();
  return out;
}

}  // namespace clm::app
