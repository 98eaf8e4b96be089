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

/// What the gross profit is of.
std::string book_name(const Judgement& j) {
  if (j.candidate.long_short.rebalances > 0) return "long-short book";
  return std::string("positions by the sign of the forecast") +
         (j.basis == ReturnBasis::relative ? ", hedged against the universe's mean," : "");
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
  if (name == "long_short_drawdown")
    return "Unsafe: the capital of its long-short book fell by " + percent(check.value) +
           " before costs (maximum drawdown, " + counted(j.candidate.long_short.rebalances, "rebalance", "rebalances") +
           "); " +
           needed("at most " + percent(check.threshold) + " is allowed" +
                      (check.threshold > o.max_drawdown ? ", as who speaks otherwise fell by" : ""),
                  "max_drawdown");
  return "Unsafe: it ranks worse than the active version: rank IC lead " +
         fixed(j.against_active->rank_ic.difference.mean, 4) + ", at most " + fixed(check.value, 4) + " with " +
         percent(1 - o.superiority_alpha) + " confidence (one-sided).";
}

std::string describe(const EqualBook& book, const Judgement& j, const PolicyOptions& o) {
  const bool is_long_short = j.candidate.long_short.rebalances > 0;
  const std::string none = is_long_short ? std::string() : missing_book(j) + "; ";
  if (book.count == 0) return none + "no bar with forecasts";
  const std::string count = counted(book.count, "rebalance", "rebalances");
  if (!book.enough)
    return none + book_name(j) + ": too few to say: " + count + " " + span_words(j) + ", at least " +
           std::to_string(o.min_trades) + " needed (policy.min_trades)";
  const MeanEstimate& gross = j.candidate.gross_bps;
  std::string text = none + book_name(j) + " " + fixed(gross.mean, 3) + " bps a rebalance, " +
                     interval_words(gross.lo, gross.hi, j.alpha, 3) + ", " + count + " " + span_words(j) +
                     ", against " + fixed(book.best_baseline, 3) +
                     (book.best_baseline_is.empty() ? " for not trading" : " of " + book.best_baseline_is);
  if (!is_long_short) return text;
  const double break_even = j.candidate.long_short.break_even_cost_bps;
  return text + "; after " + fixed(j.cost_bps_per_side, 1) + " bps a side " +
         fixed(j.candidate.long_short_net_bps.mean, 3) + " bps, " +
         (break_even > 0 ? "it would break even at " + fixed(break_even, 1) + " bps a side"
                         : std::string("there is no cost at which it breaks even"));
}

std::string net_words(const Judgement& j, const PolicyOptions& o) {
  const std::size_t rebalances = j.candidate.long_short.rebalances;
  if (rebalances == 0) return missing_book(j);
  const std::string count = counted(rebalances, "rebalance", "rebalances") + " " + span_words(j);
  if (rebalances < o.min_trades)
    return "too few to say: " + count + ", at least " + std::to_string(o.min_trades) + " needed (policy.min_trades)";
  const MeanEstimate& net = j.candidate.long_short_net_bps;
  return fixed(net.mean, 3) + " bps a rebalance of the long-short book, " +
         bound_from_below(net, o.superiority_alpha, 3) + ", " + count;
}

std::string gross_lead_words(const Judgement& j, const PolicyOptions& o) {
  const PairedDifference& gross = j.against_active->gross_bps;
  const double bound = upper_bound(gross.difference, o.superiority_alpha);
  return book_name(j) + " " + fixed(gross.mean_a, 3) + " bps a rebalance against " + fixed(gross.mean_b, 3) +
         "; lead " + fixed(gross.difference.mean, 3) + ", " +
         (std::isfinite(bound)
              ? "at most " + fixed(bound, 3) + " with " + percent(1 - o.superiority_alpha) + " confidence (one-sided)"
              : std::string("too few independent values for a bound"));
}

}  // namespace clm
