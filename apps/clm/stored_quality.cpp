#include "stored_quality.hpp"

#include <map>
#include <optional>
#include <utility>

#include "base/parallel.hpp"

namespace clm::app {
namespace {

std::vector<TimeRange> missing_stretches(const CandleSeries& series) {
  std::vector<TimeRange> out;
  const Duration bar = series.key.interval.length();
  for (std::size_t i = 1; i < series.candles.size(); ++i) {
    const Timestamp expected = series.candles[i - 1].open_time + bar;
    if (series.candles[i].open_time > expected) out.push_back({expected, series.candles[i].open_time});
  }
  return out;
}

}  // namespace

Result<std::vector<StoredQuality>> check_stored_series(const CandleStore& store, const QualityOptions& options,
                                                       const RunContext& run) {
  const auto keys = store.list();
  if (!keys) return forward_error(keys);
  std::map<std::pair<Venue, Interval>, std::vector<Timestamp>> ends;
  for (const auto& key : *keys) {
    const auto span = store.span_of(key);
    if (!span) return forward_error(span);
    if (span->rows > 0) ends[{key.venue, key.interval}].push_back(span->last_open + key.interval.length());
  }
  std::vector<std::optional<Result<StoredQuality>>> outcomes(keys->size());
  parallel_for(run.jobs, keys->size(), [&](std::size_t i) {
    const auto& key = (*keys)[i];
    const auto series = store.read(key, TimeRange{}, Timestamp::max());
    const auto end = ends.find({key.venue, key.interval});
    if (series) {
      const Timestamp reference = end == ends.end() ? Timestamp::min() : typical_end(end->second);
      outcomes[i].emplace(StoredQuality{check_series(*series, reference, options), missing_stretches(*series)});
    } else {
      outcomes[i].emplace(forward_error(series));
    }
  });
  std::vector<StoredQuality> checked;
  for (auto& outcome : outcomes) {
    if (!*outcome) return forward_error(*outcome);
    checked.push_back(std::move(**outcome));
  }
  return checked;
}

}  // namespace clm::app
