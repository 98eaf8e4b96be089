#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "market/series/candle.hpp"

/// What is known about a market besides its candles: funding, open interest, long/short ratios, sentiment.
namespace clm {

enum class SeriesKind {
  funding_rate,                      ///< fraction paid per funding period; the settled rate
  funding_rate_daily_mean,           ///< mean of a day's settled rates: not a rate that anybody paid
  open_interest,                     ///< contracts, in the base currency
  open_interest_value,               ///< the same in the quote currency
  mark_price,                        ///< close of the mark price bar
  index_price,                       ///< close of a bar of the index that the mark price follows
  premium_index,                     ///< close of a bar of the premium over that index, a fraction; may be negative
  count_toptrader_long_short_ratio,  ///< accounts of top traders, long / short
  sum_toptrader_long_short_ratio,    ///< positions of top traders, long / short
  count_long_short_ratio,            ///< all accounts, long / short
  sum_taker_long_short_vol_ratio,    ///< taker volume, buy / sell
  fear_greed                         ///< 0 (fear) to 100 (greed), of the whole market
};

/// The symbol of what is said about the market as a whole.
inline const Symbol kWholeMarket{"*"};

/// What is known of a kind in general. The delay is a default on the safe side of what the publisher does:
///   funding_rate       8 h  1 min   in Binance's /fapi/v1/fundingRate right after settlement
///   *_daily_mean       1 d  1 min   once the day's last settlement is known
///   open_interest*     1 d  10 min  /futures/data/openInterestHist appears within its 5 min grid
///   mark_price, index_price, premium_index
///                      8 h  0       figures of the market itself: known at the bar's close
///   *long_short*       1 d  10 min  /futures/data/*, same grid
///   fear_greed         1 d  1 h     alternative.me publishes a day's value shortly after 00:00 UTC
struct SeriesKindInfo {
  SeriesKind kind;
  std::string_view name;       ///< as the exchange names it; the folder in the store
  Duration longest_interval;   ///< between two values, where they come least often
  Duration publication_delay;  ///< from the end of what a value describes until it can be read
};
std::span<const SeriesKindInfo> series_kinds();
const SeriesKindInfo& info_of(SeriesKind kind);
/// Error `series.kind` (usage), listing the kinds.
Result<SeriesKind> parse_series_kind(std::string_view name);

struct SeriesPoint {
  /// The end of what the value describes: the settlement, the snapshot, the close of the bar, the midnight *after* the
  /// day of a daily mean. Readers of a source that labels a period by its start shift it.
  Timestamp event_time;
  Timestamp known_at;  ///< event_time + publication delay
  double value = kMissing;
};

/// Strictly ascending in event time; `known_at` never descends and is never before the event.
struct ContextSeries {
  SeriesKind kind = SeriesKind::funding_rate;
  Symbol symbol;
  std::vector<SeriesPoint> points;
  /// Whose series it is, where it was traded; empty for the whole market's, and for one that an earlier release stored,
  /// which had no venues.
  Venue venue{};
};

/// Adds the value with the kind's publication delay. `event_time` must be later than the last one (broken contract).
void append(ContextSeries& series, Timestamp event_time, double value);

/// The order promised above; error `series.order` (data) naming the place.
Status check_order(const ContextSeries& series);

/// How old a value may be and still be called known: three of the kind's longest intervals.
Duration default_max_age(SeriesKind kind);

/// The last value known at `t` (known_at <= t); NaN if there is none, or if its event is more than `max_age` before
/// `t`. Cost: a binary search.
double value_at(const ContextSeries& series, Timestamp t, Duration max_age);

/// value_at() for moments that never go back, in amortised constant time. Refers to the series, which must outlive it.
/// Not thread-safe; one each.
class AsOfCursor {
 public:
  AsOfCursor(const ContextSeries& series, Duration max_age) : points_(series.points), max_age_(max_age) {}
  /// `t` not before that of the last call (broken contract).
  double value_at(Timestamp t);

 private:
  std::span<const SeriesPoint> points_;
  Duration max_age_;
  std::size_t known_ = 0;  ///< points with known_at <= the last t
  Timestamp last_ = Timestamp::min();
};

}  // namespace clm
