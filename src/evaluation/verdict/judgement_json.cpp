#include <cmath>
#include <nlohmann/json.hpp>

#include "base/json_number.hpp"
#include "evaluation/verdict/judgement.hpp"

namespace clm {
namespace {

using Json = nlohmann::json;

Json interval(double lo, double hi) { return Json::array({finite_or_null(lo), finite_or_null(hi)}); }

/// The mean of nothing is not known.
Json to_json(const MeanEstimate& e) {
  return {{"mean", e.count > 0 ? finite_or_null(e.mean) : Json(nullptr)},
          {"interval", interval(e.lo, e.hi)},
          {"standard_error", finite_or_null(e.standard_error)},
          {"p_value", finite_or_null(e.p_value)},
          {"p_greater", finite_or_null(e.p_greater)},
          {"block_length", finite_or_null(e.block_length)},
          {"count", e.count}};
}

Json to_json(const RankIc& ic) {
  Json out = to_json(ic.mean);
  out["kind"] = ic.kind == RankSkill::cross_section ? "cross_section" : "time_series";
  out["information_ratio"] = finite_or_null(ic.information_ratio);
  out["positive_share"] = finite_or_null(ic.positive_share);
  return out;
}

Json to_json(const ShareEstimate& s) {
  return {{"share", finite_or_null(s.share)},
          {"interval", interval(s.lo, s.hi)},
          {"count", s.count},
          {"effective_count", finite_or_null(s.effective_count)}};
}

Json to_json(const std::vector<SliceMetrics>& slices) {
  Json out = Json::array();
  for (const auto& s : slices)
    out.push_back({{"name", s.name},
                   {"times", s.times},
                   {"rows", s.rows},
                   {"rank_ic", finite_or_null(s.rank_ic)},
                   {"interval", interval(s.rank_ic_lo, s.rank_ic_hi)},
                   {"hit_rate", finite_or_null(s.hit_rate)},
                   {"bias", finite_or_null(s.bias)}});
  return out;
}

Json to_json(const ProbabilityScore& p) {
  return {{"count", p.count},
          {"base_rate", finite_or_null(p.base_rate)},
          {"brier", finite_or_null(p.brier)},
          {"brier_base", finite_or_null(p.brier_base)},
          {"log_loss", finite_or_null(p.log_loss)},
          {"log_loss_base", finite_or_null(p.log_loss_base)},
          {"calibration_error", finite_or_null(p.calibration_error)},
          {"reliability", finite_or_null(p.reliability)},
          {"resolution", finite_or_null(p.resolution)},
          {"uncertainty", finite_or_null(p.uncertainty)}};
}

Json to_json(const std::vector<ReliabilityBin>& bins) {
  Json out = Json::array();
  for (const auto& bin : bins)
    out.push_back(
        {{"count", bin.count}, {"probability", finite_or_null(bin.probability)}, {"share", finite_or_null(bin.share)}});
  return out;
}

/// Sums of `returns x scale` at no more than kEquityPoints moments, the last one always among them.
Json equity(const TimedSeries& returns, double scale) {
  Json times = Json::array(), values = Json::array();
  const std::size_t step = std::max<std::size_t>(1, (returns.size() + kEquityPoints - 1) / kEquityPoints);
  double sum = 0;
  for (std::size_t i = 0; i < returns.size(); ++i) {
    sum += returns.value[i] * scale;
    if ((i + 1) % step != 0 && i + 1 != returns.size()) continue;
    times.push_back(returns.time_ms[i]);
    values.push_back(finite_or_null(sum));
  }
  return {{"time_ms", times}, {"return", values}};
}

/// What trades came to is null where there was none.
Json to_json(const PositionResult& p) {
  const auto of_trades = [&p](double value) { return p.trades.empty() ? Json(nullptr) : finite_or_null(value); };
  return {{"trades", p.trades.size()},
          {"net_bps_per_trade", of_trades(p.net_bps_per_trade)},
          {"gross_bps_per_trade", of_trades(p.gross_bps_per_trade)},
          {"average_r", of_trades(p.average_r)},
          {"profit_factor", of_trades(p.profit_factor)},
          {"sharpe", of_trades(p.returns.sharpe)},
          {"sortino", of_trades(p.returns.sortino)},
          {"max_drawdown", finite_or_null(p.returns.max_drawdown)},
          {"total_return", finite_or_null(p.returns.total_return)},
          {"turnover", finite_or_null(p.turnover)},
          {"exposure", finite_or_null(p.exposure)},
          {"equity", equity(p.net_return, 1)}};
}

/// What a book came to is null where there was none.
Json to_json(const LongShortResult& l) {
  const auto of_book = [&l](double value) { return l.rebalances == 0 ? Json(nullptr) : finite_or_null(value); };
  Json by_cost = Json::array();
  for (const auto& level : l.by_cost)
    by_cost.push_back(
        {{"cost_bps", level.cost_bps}, {"net_bps", of_book(level.net_bps)}, {"sharpe", of_book(level.sharpe)}});
  return {{"rebalances", l.rebalances},
          {"gross_bps", of_book(l.gross_bps)},
          {"sharpe_gross", of_book(l.sharpe_gross)},
          {"turnover", of_book(l.turnover)},
          {"break_even_cost_bps", of_book(l.break_even_cost_bps)},
          {"by_cost", by_cost}};
}

Json to_json(const PairedDifference& d) {
  Json out = to_json(d.difference);
  out["candidate"] = finite_or_null(d.mean_a);
  out["other"] = finite_or_null(d.mean_b);
  return out;
}

Json to_json(const Comparison& c) {
  return {{"against", c.against},
          {"rank_ic", to_json(c.rank_ic)},
          {"squared_error", to_json(c.squared_error)},
          {"gross_bps", to_json(c.gross_bps)},
          {"net_bps", to_json(c.net_bps)},
          {"diebold_mariano",
           {{"statistic", finite_or_null(c.diebold_mariano.statistic)},
            {"p_less", finite_or_null(c.diebold_mariano.p_less)}}}};
}

}  // namespace

Json to_json(const ModelJudgement& m) {
  Json delays = Json::array();
  for (const auto& d : m.by_delay)
    delays.push_back(
        {{"delay_bars", d.delay_bars}, {"rank_ic", to_json(d.rank_ic)}, {"gross_bps", finite_or_null(d.gross_bps)}});
  Json long_short = to_json(m.long_short);
  long_short["net_bps"] = to_json(m.long_short_net_bps);
  const bool held = m.long_short.rebalances > 0;
  long_short["sharpe_net"] = held ? finite_or_null(m.sharpe_net.mean) : Json(nullptr);
  long_short["sharpe_net_interval"] = held ? interval(m.sharpe_net.lo, m.sharpe_net.hi) : interval(kMissing, kMissing);
  long_short["min_track_record_days"] = finite_or_null(m.min_track_record_days);
  long_short["probabilistic_sharpe"] = finite_or_null(m.probabilistic_sharpe);
  long_short["deflated_sharpe"] = finite_or_null(m.deflated_sharpe);
  long_short["max_drawdown_gross"] = finite_or_null(m.long_short_drawdown);
  long_short["equity_gross"] = equity(m.long_short.gross_return, m.equity_scale);
  long_short["equity_net"] = equity(m.long_short_net_return, m.equity_scale);
  Json positions = to_json(m.positions);
  positions["win_rate"] = to_json(m.win_rate);
  positions["net_bps_per_trade_interval"] = interval(m.trade_net_bps.lo, m.trade_net_bps.hi);
  positions["r_multiple"] = to_json(m.r_multiple);
  positions["net_bps_per_bar"] = to_json(m.position_bps_per_bar);
  Json probability = to_json(m.probability);
  probability["bins"] = to_json(m.reliability);
  probability["source"] = to_string(m.probability_source);
  Json out = {{"name", m.name},
              {"errors",
               {{"count", m.errors.count},
                {"rmse", finite_or_null(m.errors.rmse)},
                {"rmse_zero", finite_or_null(m.errors.rmse_zero)},
                {"mae", finite_or_null(m.errors.mae)},
                {"bias", finite_or_null(m.errors.bias)}}},
              {"rank_ic", to_json(m.rank_ic)},
              {"label_rank_ic", to_json(m.label_rank_ic)},
              {"gross_bps", to_json(m.gross_bps)},
              {"directional_accuracy", to_json(m.direction)},
              {"probability", probability},
              {"calibration_quality", finite_or_null(m.calibration_quality)},
              {"positions", positions},
              {"long_short", long_short},
              {"by_delay", delays},
              {"by_month", to_json(m.by_month)},
              {"by_regime", to_json(m.by_regime)}};
  if (!m.by_block.empty()) out["by_block"] = to_json(m.by_block);
  return out;
}

Json to_json(const Judgement& j) {
  Json baselines = Json::array(), against = Json::array();
  for (const auto& b : j.baselines) baselines.push_back(to_json(b));
  for (const auto& c : j.against_baselines) against.push_back(to_json(c));
  Json out = {{"rows", j.rows},
              {"times", j.times},
              {"symbols", j.symbols},
              {"symbols_at_once", j.symbols_at_once},
              {"min_symbols", j.min_symbols},
              {"long_short_min_symbols", j.long_short_min_symbols},
              {"from_ms", j.from_ms},
              {"to_ms", j.to_ms},
              {"horizon_bars", j.horizon_bars},
              {"judged", {{"entry", "next_open"}, {"return", to_string(j.basis)}}},
              {"coverage", finite_or_null(j.coverage)},
              {"alpha", finite_or_null(j.alpha)},
              {"candidates_tried", j.candidates_tried},
              {"cost_bps_per_side", finite_or_null(j.cost_bps_per_side)},
              {"candidate", to_json(j.candidate)},
              {"baselines", baselines},
              {"against_baselines", against},
              {"active", nullptr},
              {"against_active", nullptr},
              {"improvement", nullptr}};
  if (j.active) out["active"] = to_json(*j.active);
  if (j.against_active) out["against_active"] = to_json(*j.against_active);
  if (j.improvement)
    out["improvement"] = {{"value", finite_or_null(j.improvement->value)},
                          {"interval", interval(j.improvement->lo, j.improvement->hi)},
                          {"win_rate_gain", finite_or_null(j.improvement->win_rate_gain)},
                          {"average_r_gain", finite_or_null(j.improvement->average_r_gain)},
                          {"calibration_gain", finite_or_null(j.improvement->calibration_gain)}};
  if (j.acceptance) out["acceptance"] = to_json(*j.acceptance);
  return out;
}

}  // namespace clm
