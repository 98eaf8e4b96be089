#include "market/quality/usable_candles.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace clm {
namespace {

constexpr std::size_t kReasons = 4;

bool possible(const Candle& c) {
  return std::isfinite(c.high) && c.low > 0 && c.open >= c.low && c.open <= c.high && c.close >= c.low &&
         c.close <= c.high && !(c.volume < 0);
}

/// Looks at the bars of a series in order and says of each why it is left out, if it is.
class BarJudge {
 public:
  BarJudge(Interval interval, std::int64_t min_frozen_bars, Timestamp now)
      : length_(interval.length()), min_frozen_bars_(min_frozen_bars), now_(now) {}

  std::optional<LeftOut> judge(const Candle& c) {
    if (c.open_time + length_ > now_) return LeftOut::future;
    if (!possible(c)) return LeftOut::impossible;
    without_trade_ = c.volume == 0 ? without_trade_ + 1 : 0;
    const bool flat = c.high == c.low && c.close == last_close_;
    at_one_price_ = flat ? at_one_price_ + 1 : 0;
    last_close_ = c.close;
    if (without_trade_ >= min_frozen_bars_) return LeftOut::no_trade;
    if (at_one_price_ >= min_frozen_bars_) return LeftOut::one_price;
    return std::nullopt;
  }

 private:
  Duration length_;
  std::int64_t min_frozen_bars_;
  Timestamp now_;
  std::int64_t without_trade_ = 0, at_one_price_ = 0;  // bars in a row, up to the last one seen
  double last_close_ = kMissing;
};

}  // namespace

std::string_view to_string(LeftOut reason) {
  switch (reason) {
    case LeftOut::impossible: return "impossible prices";
    case LeftOut::no_trade: return "no trade";
    case LeftOut::one_price: return "one price";
    case LeftOut::future: return "in the future";
  }
  return "";
}

CandleUse use_of(const CandleSeries& series, std::int64_t min_frozen_bars, Timestamp now) {
  CandleUse use;
  std::array<LeftOutRows, kReasons> left_out;
  BarJudge judge(series.key.interval, min_frozen_bars, now);
  bool last_used = true;
  for (const Candle& c : series.candles) {
    const auto why = judge.judge(c);
    const TimeRange bar{c.open_time, c.open_time + series.key.interval.length()};
    if (!why) {
      ++use.used_rows;
    } else {
      LeftOutRows& rows = left_out[static_cast<std::size_t>(*why)];
      if (rows.rows++ == 0) rows.range.from = bar.from;
      rows.range.to = bar.to;
      rows.reason = *why;
      // Rows left out on both sides of a gap are one stretch: the gap has nothing to use either.
      if (last_used) use.unusable.push_back(bar);
      use.unusable.back().to = bar.to;
    }
    last_used = !why;
  }
  for (const LeftOutRows& rows : left_out)
    if (rows.rows > 0) use.left_out.push_back(rows);
  return use;
}

CandleSeries usable_candles(CandleSeries series, std::int64_t min_frozen_bars, Timestamp now) {
  BarJudge judge(series.key.interval, min_frozen_bars, now);
  std::erase_if(series.candles, [&](const Candle& c) { return judge.judge(c).has_value(); });
  return series;
}

}  // namespace clm
