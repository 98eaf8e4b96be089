#include "judgement_tables.hpp"

#include <algorithm>
#include <cmath>

#include "cli/text_layout.hpp"
#include "cli/text_table.hpp"
#include "evaluation/verdict/verdict_words.hpp"

namespace clm::app {
namespace {

double gross_at(const ModelJudgement& model, int delay_bars) {
  for (const auto& at : model.by_delay)
    if (at.delay_bars == delay_bars) return at.gross_bps;
  return kMissing;
}

double rank_ic_at(const ModelJudgement& model, int delay_bars) {
  for (const auto& at : model.by_delay)
    if (at.delay_bars == delay_bars) return at.rank_ic.mean.mean;
  return kMissing;
}

}  // namespace

std::string baseline_name(const std::vector<ModelJudgement>& models, const std::string& name) {
  const bool taken = std::any_of(models.begin(), models.end(), [&](const auto& m) { return m.name == name; });
  return taken ? name + " (baseline)" : name;
}

std::string forecasters_tables(const Judgement& judgement, const std::vector<ModelJudgement>& models,
                               std::size_t width) {
  TextTable foresight({"forecaster", "IC", "interval", "IC d1", "IC d2", "IC d5", "IC label", "hit rate %", "interval",
                       "Brier", "base"});
  TextTable money({"forecaster", "rebalances", "gross d0", "gross d1", "net bps", "interval", "break-even",
                   "turnover %", "Sharpe", "interval", "days needed", "trades", "net bps/trade", "interval"});
  const auto interval_of = [](double lo, double hi, int decimals) {
    return std::isfinite(lo) && std::isfinite(hi) ? "[" + fixed(lo, decimals) + ", " + fixed(hi, decimals) + "]"
                                                  : std::string("-");
  };
  const auto interval = [&](const MeanEstimate& e, int decimals) { return interval_of(e.lo, e.hi, decimals); };
  const auto add = [&](const ModelJudgement& m, const std::string& name) {
    const bool has_signs = m.direction.count > 0;  // what forecasts zero foretells no sign
    foresight.add({name, fixed(m.rank_ic.mean.mean, 4), interval(m.rank_ic.mean, 4), fixed(rank_ic_at(m, 1), 4),
                   fixed(rank_ic_at(m, 2), 4), fixed(rank_ic_at(m, 5), 4), fixed(m.label_rank_ic.mean.mean, 4),
                   has_signs ? fixed(100 * m.direction.share, 1) : "-",
                   has_signs ? interval_of(100 * m.direction.lo, 100 * m.direction.hi, 1) : "-",
                   fixed(m.probability.brier, 5), fixed(m.probability.brier_base, 5)});
    const auto of_book = [&](double value, int decimals) {
      return m.long_short.turnover > 0 ? fixed(value, decimals) : std::string("-");
    };
    const auto of_book_text = [&](const char* text) { return std::string(m.long_short.turnover > 0 ? text : "-"); };
    const bool traded = !m.positions.trades.empty() && std::isfinite(m.trade_net_bps.lo);
    const double break_even = m.long_short.break_even_cost_bps;
    money.add({name, std::to_string(m.long_short.rebalances), of_book(gross_at(m, 0), 1), of_book(gross_at(m, 1), 1),
               of_book(m.long_short_net_bps.mean, 1),
               m.long_short.turnover > 0 ? interval(m.long_short_net_bps, 1) : "-",
               break_even > 0 || std::isnan(break_even) ? of_book(break_even, 1) : of_book_text("none"),
               of_book(100 * m.long_short.turnover, 1), of_book(m.sharpe_net.mean, 2),
               m.long_short.turnover > 0 ? interval(m.sharpe_net, 2) : "-",
               std::isfinite(m.min_track_record_days) ? of_book(m.min_track_record_days, 0) : "-",
               std::to_string(m.positions.trades.size()), traded ? fixed(m.positions.net_bps_per_trade, 1) : "-",
               traded ? interval(m.trade_net_bps, 1) : "-"});
  };
  if (models.size() != 1) add(judgement.candidate, judgement.candidate.name);
  for (const auto& model : models) add(model, model.name);
  for (const auto& baseline : judgement.baselines) add(baseline, baseline_name(models, baseline.name));
  const std::string confidence = fixed(100 * (1 - judgement.alpha), 0) + " %";
  const bool is_relative = judgement.basis == ReturnBasis::relative;
  return folded_line(
             std::string("IC: rank IC against the return from the next open, the same entered 1, 2, 5 bars late, "
                         "and against the label that was learned. Hit rate: of the sign of that return") +
                 (is_relative ? " less the universe's mean" : "") +
                 ". Brier: of the probability of a rise as it would be served, and of always saying the base rate",
             width) +
         "\n" + foresight.render(width) + "\n" +
         folded_line("Gross and net: bps a rebalance of the long-short book, or a trade of single positions, net at " +
                         fixed(judgement.cost_bps_per_side, 1) + " bps a side" +
                         (is_relative ? ", single positions hedged against the universe's mean" : "") +
                         ". Sharpe: of that net, a year. Days " +
                         "needed: of such a book, until its Sharpe ratio is above zero with " + confidence +
                         " confidence (minimum track record).",
                     width) +
         "\n" + money.render(width);
}

std::string measured_words(const Judgement& j) {
  std::string text;
  if (const std::string why = why_over_time(j); !why.empty()) text += why + "\n";
  if (j.candidate.long_short.rebalances == 0)
    text += "No long-short book: " + std::to_string(j.symbols_at_once) +
            " symbol(s) with forecasts at one time, at least " + std::to_string(j.long_short_min_symbols) +
            " needed (judging.long_short_min_symbols).\n";
  return text;
}

}  // namespace clm::app
