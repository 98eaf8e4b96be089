#include "market/series/context_series.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/contract.hpp"
#include "base/shown_text.hpp"

namespace clm {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr Duration kFundingPeriod = hours(8);
constexpr Duration kStatisticsDelay = minutes(10);

constexpr std::array<SeriesKindInfo, 12> kKinds{{
    {SeriesKind::funding_rate, "funding_rate", kFundingPeriod, minutes(1)},
    {SeriesKind::funding_rate_daily_mean, "funding_rate_daily_mean", kDay, minutes(1)},
    {SeriesKind::open_interest, "open_interest", kDay, kStatisticsDelay},
    {SeriesKind::open_interest_value, "open_interest_value", kDay, kStatisticsDelay},
    {SeriesKind::mark_price, "mark_price", kFundingPeriod, Duration(0)},
    {SeriesKind::index_price, "index_price", kFundingPeriod, Duration(0)},
    {SeriesKind::premium_index, "premium_index", kFundingPeriod, Duration(0)},
    {SeriesKind::count_toptrader_long_short_ratio, "count_toptrader_long_short_ratio", kDay, kStatisticsDelay},
    {SeriesKind::sum_toptrader_long_short_ratio, "sum_toptrader_long_short_ratio", kDay, kStatisticsDelay},
    {SeriesKind::count_long_short_ratio, "count_long_short_ratio", kDay, kStatisticsDelay},
    {SeriesKind::sum_taker_long_short_vol_ratio, "sum_taker_long_short_vol_ratio", kDay, kStatisticsDelay},
    {SeriesKind::fear_greed, "fear_greed", kDay, hours(1)},
}};

double unless_too_old(const SeriesPoint& point, Timestamp t, Duration max_age) {
  return t - point.event_time > max_age ? kMissing : point.value;
}

}  // namespace

std::span<const SeriesKindInfo> series_kinds() { return kKinds; }

const SeriesKindInfo& info_of(SeriesKind kind) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& info) { return info.kind == kind; });
  expects(found != kKinds.end(), "every kind is in the table");
  return *found;
}

Result<SeriesKind> parse_series_kind(std::string_view name) {
  std::string names;
  for (const SeriesKindInfo& info : kKinds) {
    if (info.name == name) return info.kind;
    names += (names.empty() ? "" : ", ") + std::string(info.name);
  }
  return fail(ErrorKind::usage, "series.kind", "no context series is called '" + shown(name) + "'", {},
              "There are: " + names + ".");
}

void append(ContextSeries& series, Timestamp event_time, double value) {
  expects(series.points.empty() || series.points.back().event_time < event_time, "events are strictly ascending");
  series.points.push_back({event_time, event_time + info_of(series.kind).publication_delay, value});
}

Status check_order(const ContextSeries& series) {
  const auto& points = series.points;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool ascends =
        i == 0 || (points[i - 1].event_time < points[i].event_time && points[i - 1].known_at <= points[i].known_at);
    if (ascends && points[i].known_at >= points[i].event_time) continue;
    return fail(ErrorKind::data, "series.order",
                ascends ? "a value is known before its event" : "events or their publication go back in time",
                std::string(info_of(series.kind).name) + " of " + series.symbol.str() + " at " +
                    to_string(points[i].event_time));
  }
  return {};
}

Duration default_max_age(SeriesKind kind) { return 3 * info_of(kind).longest_interval; }

double value_at(const ContextSeries& series, Timestamp t, Duration max_age) {
  const auto unknown = std::upper_bound(series.points.begin(), series.points.end(), t,
                                        [](Timestamp at, const SeriesPoint& point) { return at < point.known_at; });
  if (unknown == series.points.begin()) return kMissing;
  return unless_too_old(*std::prev(unknown), t, max_age);
}

double AsOfCursor::value_at(Timestamp t) {
  expects(t >= last_, "a cursor does not go back");
  last_ = t;
  while (known_ < points_.size() && points_[known_].known_at <= t) ++known_;
  return known_ == 0 ? kMissing : unless_too_old(points_[known_ - 1], t, max_age_);
}

}  // namespace clm
