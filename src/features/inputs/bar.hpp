#pragma once
#include <cmath>

#include "features/inputs/context_source.hpp"
#include "market/series/candle.hpp"

namespace clm {

/// What is known of one symbol at the close of a bar: the candle, and what many features need of it worked out once.
/// Prices are finite, positive and consistent; `volume`, `trades` and the taker fields may be NaN, never negative.
struct Bar : Candle {
  Timestamp close_time;
  bool starts_stream = true;     ///< first bar, or the first after a long gap: what came before is not continued
  double log_close = kMissing;   ///< ln close
  double log_return = kMissing;  ///< ln (close / previous close); NaN on the first bar after any gap
  ContextValues context;

  bool has_return() const { return log_return == log_return; }
};

/// A gap of up to this many bars (an exchange out for some hours) is short: streams go on with the bars that there
/// are, and only the return across the gap, which is not that of one bar, is left out. After a longer one they start
/// over.
inline constexpr int kShortGapBars = 6;

/// Turns candles of one symbol, in order, into bars. A bar that is missing, or whose prices cannot be (not finite, not
/// positive, high below low, open or close outside), is a gap.
class BarReader {
 public:
  explicit BarReader(Interval interval) : interval_(interval) {}

  /// Fills `bar` and returns true, or returns false for a candle that cannot be used. Contract: times ascend.
  bool read(const Candle& candle, Bar& bar) {
    const bool usable = std::isfinite(candle.high) && candle.low > 0.0 && candle.open >= candle.low &&
                        candle.open <= candle.high && candle.close >= candle.low && candle.close <= candle.high;
    if (!usable) return false;
    static_cast<Candle&>(bar) = candle;
    bar.volume = amount(candle.volume);
    bar.quote_volume = amount(candle.quote_volume);
    bar.trades = amount(candle.trades);
    bar.taker_buy_volume = amount(candle.taker_buy_volume);
    bar.taker_buy_quote_volume = amount(candle.taker_buy_quote_volume);
    bar.close_time = candle.open_time + interval_.length();
    bar.log_close = std::log(candle.close);
    const std::int64_t length = interval_.ms();
    const std::int64_t step =
        previous_open_time_ == Timestamp::min() ? 0 : (candle.open_time - previous_open_time_).count();
    bar.log_return = step == length ? bar.log_close - previous_log_close_ : kMissing;
    bar.starts_stream = step == 0 || step > (kShortGapBars + 1) * length;
    previous_open_time_ = candle.open_time;
    previous_log_close_ = bar.log_close;
    return true;
  }

 private:
  static double amount(double x) { return x >= 0.0 && std::isfinite(x) ? x : kMissing; }

  Interval interval_;
  Timestamp previous_open_time_ = Timestamp::min();  // of the last usable bar
  double previous_log_close_ = kMissing;
};

}  // namespace clm
