#include "evaluation/verdict/verdict_words.hpp"

#include <cmath>

#include "base/number_text.hpp"

namespace clm {
namespace {

std::string counted(std::size_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}
std::string percent_interval(double lo, double hi) { return "[" + percent(lo) + ", " + percent(hi) + "]"; }

/// "a long-short book: 2 symbols at one time, at least 5 are needed (judging.long_short_min_symbols)".
std::string missing_book(const Judgement& j) {
  return "no long-short book: " + counted(j.symbols_at_once, "symbol", "symbols") + " with forecasts at one time, at " +
         "least " + std::to_string(j.long_short_min_symbols) + " needed (judging.long_short_min_symbols)";
}

std::string missing_positions(const Judgement& j) {
  return "no single positions: no forecast promised more than the " + fixed(2 * j.cost_bps_per_side, 1) +
         " bps that going in and out costs, and judging.band_bps beyond";
}

}  // namespace

std::string bound_from_below(const MeanEstimate& estimate, double alpha, int decimals) {
  const double bound = lower_bound(estimate, alpha);
  if (!std::isfinite(bound)) return "too few independent values for a bound";
  return "at least " + fixed(bound, decimals) + " with " + percent(1 - alpha) + " confidence (one-sided)";
}

std::string interval_words(double lo, double hi, double alpha, int decimals) {
  if (!std::isfinite(lo) || !std::isfinite(hi)) return "too few independent values for an interval";
  return percent(1 - alpha) + " interval [" + fixed(lo, decimals) + ", " + fixed(hi, decimals) + "]";
}

std::string rank_ic_name(const ModelJudgement& model) {
  return model.rank_ic.kind == RankSkill::cross_section ? "rank IC" : "rank IC over time";
}

std::string why_over_time(const Judgement& j) {
  if (j.candidate.rank_ic.kind == RankSkill::cross_section) return {};
  return "Forecasts were ranked over time, symbol by symbol, not against each other: " +
         counted(j.symbols_at_once, "symbol", "symbols") + " with forecasts at one time, at least " +
         std::to_string(j.min_symbols) + " needed for that (judging.min_symbols).";
}

std::string span_words(const Judgement& j) {
  const double hours = static_cast<double>(j.to_ms - j.from_ms) / 3'600'000.0;
  return hours < 48 ? "in " + fixed(hours, 0) + " hours" : "in " + fixed(hours / 24, 0) + " days";
}

std::string lead_words(const Judgement& j, const Comparison& c, double alpha) {
  return rank_ic_name(j.candidate) + " " + fixed(c.rank_ic.mean_a, 4) + " against " + fixed(c.rank_ic.mean_b, 4) +
         " of " + c.against + "; lead " + fixed(c.rank_ic.difference.mean, 4) + ", " +
         bound_from_below(c.rank_ic.difference, alpha, 4);
}

std::string trades_words(const ModelJudgement& m) {
  const std::size_t trades = m.positions.trades.size();
  if (trades == 0) return "no trades";
  const bool bounded = std::isfinite(m.r_multiple.lo) && std::isfinite(m.r_multiple.hi);
  return "win rate " + percent(m.positions.win_rate) + " " + percent_interval(m.win_rate.lo, m.win_rate.hi) +
         " and average R " + fixed(m.positions.average_r, 3) +
         (bounded ? " [" + fixed(m.r_multiple.lo, 3) + ", " + fixed(m.r_multiple.hi, 3) + "]"
                  : " (too few for an interval)") +
         " in " + counted(trades, "trade", "trades");
}

std::string unsafe_words(const SafetyCheck& check, const Judgement& j, const PolicyOptions& o) {
  const std::string& name = check.name;
  const auto needed = [&](const std::string& limit, const char* setting) {
    return limit + " (policy." + setting + ").";
  };
  const std::string trades = counted(j.candidate.positions.trades.size(), "trade", "trades");
  if (name == "decision_times")
    return "Unsafe: judged at " + fixed(check.value, 0) + " decision times; " +
           needed("at least " + fixed(check.threshold, 0) + " are needed", "min_times");
  if (name == "coverage")
    return "Unsafe: it has a forecast for " + percent(check.value) + " of the rows; " +
           needed("at least " + percent(check.threshold) + " are needed", "min_coverage");
  if (name == "calibration_quality")
    return "Unsafe: its probabilities come true to " + percent(check.value) + " (calibration quality); " +
           needed("at least " + percent(check.threshold) + " is needed", "min_calibration_quality");
  if (name == "win_rate_upper_bound")
    return "Unsafe: win rate " + percent(j.candidate.win_rate.share) + " in " + trades + ", the " +
           percent(1 - j.alpha) + " interval reaches up to " + percent(check.value) + "; " +
           needed("it must reach " + percent(check.threshold), "min_win_rate");
  if (name == "average_r_upper_bound")
    return "Unsafe: average R " + fixed(j.candidate.r_multiple.mean, 4) + " in " + trades + ", at most " +
           fixed(check.value, 4) + " with " + percent(1 - o.superiority_alpha) + " confidence (one-sided); " +
           needed("it must reach " + fixed(check.threshold, 4), "min_average_r");
  if (name == "max_drawdown")
    return "Unsafe: its capital fell by " + percent(check.value) + " (maximum drawdown, " + trades + "); " +
           needed("at most " + percent(check.threshold) + " is allowed", "max_drawdown");
  return "Unsafe: it ranks worse than the active version: rank IC lead " +
         fixed(j.against_active->rank_ic.difference.mean, 4) + ", at most " + fixed(check.value, 4) + " with " +
         percent(1 - o.superiority_alpha) + " confidence (one-sided).";
}

std::string describe(const WayOfTrading& way, const Judgement& j, const PolicyOptions& o) {
  const bool is_book = way.kind == WayOfTrading::Kind::long_short;
  if (way.count == 0) return is_book ? missing_book(j) : missing_positions(j);
  const std::string count =
      is_book ? counted(way.count, "rebalance", "rebalances") : counted(way.count, "trade", "trades");
  const std::string rule = is_book ? "long-short book" : "single positions";
  if (!way.enough)
    return rule + ": too few trades to say: " + count + " " + span_words(j) + ", at least " +
           std::to_string(o.min_trades) + " needed (policy.min_trades)";
  const MeanEstimate& trade = j.candidate.trade_net_bps;
  return rule + " " + fixed(way.net.mean, 3) + (is_book ? " bps a rebalance, " : " bps a bar, ") +
         interval_words(way.net.lo, way.net.hi, j.alpha, 3) + ", " + count + " " + span_words(j) +
         (is_book
              ? ""
              : " (" + fixed(trade.mean, 1) + " bps a trade, " + interval_words(trade.lo, trade.hi, j.alpha, 1) + ")") +
         ", against " + fixed(way.best_baseline, 3) +
         (way.best_baseline_is.empty() ? " for not trading" : " of " + way.best_baseline_is);
}

}  // namespace clm
