#include "features/core_features.hpp"
#include "features/indicators.hpp"
#include "features/quick_log.hpp"
#include "features/window_sums.hpp"

namespace clm {

namespace {

// Volume is taken in the quote currency, close times volume, which is what symbols have in common.
struct Volume {
  enum { kQuote, kImpact };
  enum { kLog, kLogSquare };
  enum { kLocated, kSigned };
  WindowSums<2> traded{1440};
  WindowSums<2> logs{168};  // of bars with trades
  WindowSums<2> flows{168};
  Mfi mfi{14};
  BalanceShare balance{24};

  void operator()(const Bar& bar, float* row) {
    const double quote = bar.close * bar.volume;
    if (quote == quote) push(bar, quote);
    RowWriter out(row);
    const double week_to_month = log_ratio(kQuote, 168, 720);
    out << log_ratio(kQuote, 6, 168) << log_ratio(kQuote, 24, 168) << log_ratio(kQuote, 24, 720) << week_to_month
        << week_to_month;
    const double log_mean = logs.mean(kLog, 168);
    out << traded.mean(kQuote, 24) << traded.mean(kQuote, 1440) << traded.mean(kImpact, 168)
        << log_ratio(kImpact, 24, 720) << root_of(logs.mean(kLogSquare, 168) - log_mean * log_mean);
    out << flow(kLocated, 24) << flow(kLocated, 168) << flow(kSigned, 72) << mfi.update(bar) << balance.update(bar);
  }

  void push(const Bar& bar, double quote) {
    const double move = bar.has_return() ? bar.log_return : 0.0;
    // Nothing traded, nothing moved: no impact.
    traded.push({quote, quote > 0.0 ? std::abs(move) / quote : 0.0});
    if (quote > 0.0) {
      const double log_quote = quick_log(quote);
      logs.push({log_quote, log_quote * log_quote});
    }
    const double range = bar.high - bar.low;
    const double location = range > 0.0 ? (bar.close - bar.low - (bar.high - bar.close)) / range : 0.0;
    flows.push({location * quote, move > 0.0 ? quote : move < 0.0 ? -quote : 0.0});
  }
  // A variance below zero is the rounding of one that is nothing.
  static double root_of(double x) { return std::sqrt(x < 0.0 ? 0.0 : x); }
  double log_ratio(std::size_t quantity, int shorter, int longer) const {
    return quick_log(ratio(traded.mean(quantity, shorter), traded.mean(quantity, longer)));
  }
  double flow(std::size_t quantity, int length) const {
    return ratio(flows.mean(quantity, length), traded.mean(kQuote, length));
  }
};

// The share of the volume that takers bought. A bar without trades has no share: its features are NaN, and the
// averages, which are over bars with trades, stay where they are.
struct TakerShare {
  Ema hours{6}, days{72}, week{168};

  void operator()(const Bar& bar, float* row) {
    const double share = ratio(bar.taker_buy_volume, bar.volume);
    if (bar.volume != 0.0) {
      hours.update(share);
      days.update(share);
      week.update(share);
    }
    const double nothing = share - share;  // 0, or NaN where there is no share
    RowWriter(row) << share << share - days.value() << hours.value() - week.value() + nothing;
  }
};

}  // namespace

void add_volume_features(FeatureSet& set) {
  const std::string traded = "close volume", bar = "high low close volume";
  const int week = enough_of(168), month = enough_of(720);
  const auto mean_ratio = [](const char* shorter, const char* longer) {
    return std::string("ln (mean quote volume of ") + shorter + " bars / that of " + longer + ")";
  };
  const std::string impact = "mean |log return| / quote volume (Amihud 2002)";
  set.add(symbol_features(
      {relative({"relative_volume_ratio_6_168", week, traded, mean_ratio("6", "168")}),
       relative({"relative_volume_ratio_24_168", week, traded, mean_ratio("24", "168")}),
       relative({"relative_volume_ratio_24_720", month, traded, mean_ratio("24", "720")}),
       {"volume_ratio_168_720", month, traded, mean_ratio("168", "720")},
       relative({"relative_volume_ratio_168_720", month, traded, mean_ratio("168", "720")}),
       ranked({"rank_quote_volume_24", enough_of(24), traded, "mean quote volume of 24 bars"}),
       ranked({"rank_quote_volume_1440", enough_of(1440), traded, "mean quote volume of 1440 bars"}),
       ranked({"rank_illiquidity_168", week, traded, impact + " of 168 bars"}),
       relative({"relative_illiquidity_24_720", month, traded, "ln (" + impact + " of 24 bars / that of 720)"}),
       ranked({"rank_volume_variability_168", week, traded, "deviation of ln quote volume of 168 bars with trades"}),
       relative({"relative_money_flow_24", enough_of(24), bar,
                 "Chaikin money flow: place of the close in its bar, -1 to 1, weighted by quote volume, of 24 bars"}),
       relative({"relative_money_flow_168", week, bar, "the same of 168 bars"}),
       {"signed_volume_72", enough_of(72), traded, "quote volume of rising less falling bars / all, of 72 bars"},
       {"mfi_14", 15, bar, "money flow index, 0 to 100"},
       {"balance_share_24", 25, traded, "on-balance volume within 24 bars / their volume, -1 to 1"}},
      Volume{}));
  const std::string inputs = "taker_buy_volume volume";
  set.add(symbol_features(
      {{"taker_share", 1, inputs, "taker_buy_volume / volume"},
       relative({"relative_taker_share_72", 72, inputs, "taker share less its exponential average of span 72"}),
       {"taker_share_ema_6_less_168", 168, inputs,
        "exponential average of the taker share of span 6 less that of 168"}},
      TakerShare{}));
}

}  // namespace clm
