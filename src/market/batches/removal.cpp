#include "market/batches/removal.hpp"

#include <algorithm>

#include "market/store/written_periods.hpp"

namespace clm {
namespace {

/// Widens `range` to hold `t`.
void note(RemovedSeries& removed, Timestamp t) {
  TimeRange& range = removed.series.range;
  if (removed.rows++ == 0 && removed.files_forgotten == 0)
    range = {t, t + Duration(1)};
  else
    range = {std::min(range.from, t), std::max(range.to, t + Duration(1))};
}

/// Notes the files of a series that are gone, and that an edit of `range` makes the store forget.
void note_gone(const CandleStore& candles, const SeriesKey& key, const TimeRange& range, RemovedSeries& removed) {
  for (const StoredFile& file : gone_files(candles.root(), key)) {
    const TimeRange& period = file.period.range;
    if (range.from > period.from || range.to < period.to) continue;
    TimeRange& touched = removed.series.range;
    touched = removed.files_forgotten++ == 0
                  ? period
                  : TimeRange{std::min(touched.from, period.from), std::max(touched.to, period.to)};
  }
}

/// One edit a series, which notes what it removes.
template <typename Edit, typename Key>
std::vector<Edit> edits_for(const std::vector<Key>& keys, const TimeRange& range, std::vector<RemovedSeries>& removed,
                            std::size_t first) {
  std::vector<Edit> edits;
  for (std::size_t i = 0; i < keys.size(); ++i)
    edits.push_back({keys[i], {}, range, [&removed, at = first + i](Timestamp t) {
                       note(removed[at], t);
                       return true;
                     }});
  return edits;
}

}  // namespace

Result<std::vector<RemovedSeries>> remove_rows(CandleStore& candles, ContextStore& context,
                                               const RemovalRequest& request) {
  using What = RemovalRequest::What;
  std::vector<RemovedSeries> removed;
  if (request.what != What::context) {
    const EditPlan<CandleEdit> plan = [&]() -> Result<std::vector<CandleEdit>> {
      const auto keys = candles.list({request.venue, request.interval, {request.symbol}});
      if (!keys) return forward_error(keys);
      for (const SeriesKey& key : *keys) {
        removed.push_back({{key.venue.str(), key.symbol.str(), key.interval.name(), "candles", {}}, 0, 0});
        note_gone(candles, key, request.range, removed.back());
      }
      return edits_for<CandleEdit>(*keys, request.range, removed, 0);
    };
    if (const auto edited = candles.edit(plan); !edited) return forward_error(edited);
  }
  if (request.what == What::context || (request.what == What::all && !request.interval)) {
    const EditPlan<ContextEdit> plan = [&]() -> Result<std::vector<ContextEdit>> {
      auto keys = context.list();
      if (!keys) return forward_error(keys);
      std::erase_if(*keys, [&](const ContextKey& key) {
        return key.symbol != request.symbol || (request.venue && key.venue != *request.venue);
      });
      const std::size_t first = removed.size();
      for (const ContextKey& key : *keys)
        removed.push_back({{key.venue.str(), key.symbol.str(), {}, std::string(info_of(key.kind).name), {}}, 0, 0});
      return edits_for<ContextEdit>(*keys, request.range, removed, first);
    };
    if (const auto edited = context.edit(plan); !edited) return forward_error(edited);
  }
  std::erase_if(removed, [](const RemovedSeries& series) { return series.rows == 0 && series.files_forgotten == 0; });
  if (removed.empty())
    return fail(ErrorKind::usage, "data.nothing_to_delete",
                "nothing of " + request.symbol.str() + " is stored that this names", request.symbol.str(),
                "See what is stored with: clm data");
  return removed;
}

}  // namespace clm
