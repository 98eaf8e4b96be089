#include "market/usable_candles.hpp"

#include <algorithm>
#include <cmath>

namespace clm {
namespace {

bool possible(const Candle& c) {
  return std::isfinite(c.high) && c.low > 0 && c.open >= c.low && c.open <= c.high && c.close >= c.low &&
         c.close <= c.high && !(c.volume < 0);
}

/// How many bars in a row, up to the last one seen, have gone without a trade or at one price.
class FrozenRun {
 public:
  std::int64_t after(const Candle& c) {
    without_trade_ = c.volume == 0 ? without_trade_ + 1 : 0;
    const bool flat = c.high == c.low && c.close == last_close_;
    at_one_price_ = flat ? at_one_price_ + 1 : 0;
    last_close_ = c.close;
    return std::max(without_trade_, at_one_price_);
  }

 private:
  std::int64_t without_trade_ = 0, at_one_price_ = 0;
  double last_close_ = kMissing;
};

}  // namespace

CandleSeries usable_candles(CandleSeries series, std::int64_t min_frozen_bars) {
  FrozenRun run;
  std::erase_if(series.candles, [&](const Candle& c) { return !possible(c) || run.after(c) >= min_frozen_bars; });
  return series;
}

}  // namespace clm
