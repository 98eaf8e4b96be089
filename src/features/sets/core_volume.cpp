#include "features/indicators/indicators.hpp"
#include "features/indicators/quick_log.hpp"
#include "features/indicators/window_sums.hpp"
#include "features/sets/block_kernel.hpp"
#include "features/sets/core_features.hpp"

namespace clm {

namespace {

// Volume is taken in the quote currency, close times volume, which is what symbols have in common. Works on runs of
// bars with trades; a bar without, or whose volume is not known, is a run of its own.
class Volume {
 public:
  void operator()(std::span<const Bar> bars, float* rows, std::size_t stride) {
    for_each_run(
        bars, rows, stride, [this](auto rest) { return run_length(rest); },
        [this](auto run, float* out, std::size_t step) { advance(run, out, step); });
  }

 private:
  enum Column { kRatios = 0, kLevels = 5, kFlows = 10, kColumns = 15 };

  static bool has_trades(const Bar& bar) { return bar.close * bar.volume > 0.0; }

  std::size_t run_length(std::span<const Bar> bars) {
    if (!has_trades(bars[0])) return 1;
    const std::size_t most = std::min({bars.size(), traded_.room(), logs_.room(), flows_.room()});
    std::size_t count = 1;
    while (count < most && has_trades(bars[count])) ++count;
    return count;
  }

  void advance(std::span<const Bar> bars, float* rows, std::size_t stride) {
    const std::size_t count = bars.size();
    const double first = bars[0].close * bars[0].volume;
    if (first == first) push(bars);
    BlockColumns<kColumns> columns;
    write_ratios(count, columns.from(kRatios));
    write_levels(count, columns.from(kLevels));
    write_flows(count, columns.from(kFlows));
    auto* const last = columns.from(kFlows + 3);
    for (std::size_t i = 0; i < count; ++i) {
      last[0][i] = as_float(mfi_.update(bars[i]));
      last[1][i] = as_float(balance_.update(bars[i]));
    }
    columns.write(count, rows, stride);
  }

  void push(std::span<const Bar> bars) {
    const std::size_t count = bars.size();
    Lane quote, impact, log_quote, log_square, located, signed_quote;
    for (std::size_t i = 0; i < count; ++i) {
      const Bar& bar = bars[i];
      quote[i] = bar.close * bar.volume;
      const double move = bar.has_return() ? bar.log_return : 0.0;
      const double range = bar.high - bar.low;
      const double location = range > 0.0 ? (bar.close - bar.low - (bar.high - bar.close)) / range : 0.0;
      // Nothing traded, nothing moved: no impact.
      impact[i] = quote[i] > 0.0 ? std::abs(move) / quote[i] : 0.0;
      located[i] = location * quote[i];
      signed_quote[i] = move > 0.0 ? quote[i] : move < 0.0 ? -quote[i] : 0.0;
    }
    for (std::size_t i = 0; i < count; ++i) {
      log_quote[i] = quick_log(quote[i]);
      log_square[i] = log_quote[i] * log_quote[i];
    }
    traded_.room();
    traded_.push(count, {quote.data(), impact.data()});
    flows_.room();
    flows_.push(count, {located.data(), signed_quote.data()});
    if (!(quote[0] > 0.0)) return;
    logs_.room();
    logs_.push(count, {log_quote.data(), log_square.data()});
  }

  void log_ratios(std::size_t quantity, int shorter, int longer, std::size_t count, float* results) const {
    Lane numerator, denominator;
    traded_.means(quantity, shorter, count, numerator.data());
    traded_.means(quantity, longer, count, denominator.data());
    for (std::size_t i = 0; i < count; ++i) numerator[i] = ratio(numerator[i], denominator[i]);
    quick_logs(count, numerator.data(), results);
  }

  void write_ratios(std::size_t count, BlockColumns<kColumns>::Column* out) const {
    log_ratios(kQuote, 6, 168, count, out[0].data());
    log_ratios(kQuote, 24, 168, count, out[1].data());
    log_ratios(kQuote, 24, 720, count, out[2].data());
    log_ratios(kQuote, 168, 720, count, out[3].data());
    out[4] = out[3];
  }

  void write_levels(std::size_t count, BlockColumns<kColumns>::Column* out) const {
    Lane day, far, impact, log_mean, log_square;
    traded_.means(kQuote, 24, count, day.data());
    traded_.means(kQuote, 1440, count, far.data());
    traded_.means(kImpact, 168, count, impact.data());
    log_ratios(kImpact, 24, 720, count, out[3].data());
    logs_.means(kLog, 168, count, log_mean.data());
    logs_.means(kLogSquare, 168, count, log_square.data());
    for (std::size_t i = 0; i < count; ++i) {
      out[0][i] = as_float(day[i]);
      out[1][i] = as_float(far[i]);
      out[2][i] = as_float(impact[i]);
      out[4][i] = as_float(root_of(log_square[i] - log_mean[i] * log_mean[i]));
    }
  }
  // A variance below zero is the rounding of one that is nothing.
  static double root_of(double x) { return std::sqrt(x < 0.0 ? 0.0 : x); }

  void flow(std::size_t quantity, int length, std::size_t count, float* results) const {
    Lane flow, quote;
    flows_.means(quantity, length, count, flow.data());
    traded_.means(kQuote, length, count, quote.data());
    for (std::size_t i = 0; i < count; ++i) results[i] = as_float(ratio(flow[i], quote[i]));
  }
  void write_flows(std::size_t count, BlockColumns<kColumns>::Column* out) const {
    flow(kLocated, 24, count, out[0].data());
    flow(kLocated, 168, count, out[1].data());
    flow(kSigned, 72, count, out[2].data());
  }

  enum { kQuote, kImpact };
  WindowSums<2> traded_{1440};
  enum { kLog, kLogSquare };
  WindowSums<2> logs_{168};  // of bars with trades
  enum { kLocated, kSigned };
  WindowSums<2> flows_{168};
  Mfi mfi_{14};
  BalanceShare balance_{24};
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
  set.add(symbol_block_features(
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
