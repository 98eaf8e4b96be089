#include "workspace/stored_quality.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/parallel.hpp"

namespace clm {
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

std::vector<TimeRange> unreadable_times(const SoundPart& part) {
  std::vector<TimeRange> times;
  for (const DamagedFile& file : part.damaged)
    if (const auto period = parse_store_period(part.series.key.interval, file.period)) times.push_back(period->range);
  return times;
}

/// Why learning leaves out a whole series; empty if it does not.
std::string why_left_out(const SeriesKey& key, const Result<std::unique_ptr<StoredUniverse>>& universe) {
  if (!universe) return {};
  const StoredUniverse& in = **universe;
  if (key.venue != in.venue()) return "not of universe.venue";
  if (key.interval != in.interval()) return "not of universe.interval";
  if (std::binary_search(in.symbols().begin(), in.symbols().end(), key.symbol)) return {};
  for (const DamagedFile& file : in.damaged())
    if (file.symbol == key.symbol.str()) return "damaged";
  return "not in universe.symbols";
}

}  // namespace

Result<StoredData> check_stored_series(const UniverseSources& sources, const UniverseOptions& options, Timestamp now,
                                       const RunContext& run) {
  const auto keys = sources.candles.list();
  if (!keys) return forward_error(keys);
  std::vector<SoundPart> parts(keys->size());
  parallel_for(run.jobs, keys->size(), [&](std::size_t i) {
    parts[i] = sources.candles.read_sound((*keys)[i], TimeRange{}, Timestamp::max());
  });
  std::map<std::pair<Venue, Interval>, std::vector<Timestamp>> ends;
  for (const SoundPart& part : parts) {
    const auto& bars = part.series.candles;
    const Duration length = part.series.key.interval.length();
    const auto closed =
        std::find_if(bars.rbegin(), bars.rend(), [&](const Candle& c) { return c.open_time + length <= now; });
    if (closed != bars.rend())
      ends[{part.series.key.venue, part.series.key.interval}].push_back(closed->open_time + length);
  }
  StoredData data;
  data.series.resize(parts.size());
  parallel_for(run.jobs, parts.size(), [&](std::size_t i) {
    CandleSeries& series = parts[i].series;
    const auto end = ends.find({series.key.venue, series.key.interval});
    const Timestamp reference = end == ends.end() ? Timestamp::min() : typical_end(end->second);
    data.series[i].report = check_series(series, reference, options.quality, now);
    tell_damage_from_gaps(data.series[i].report, unreadable_times(parts[i]));
    series.candles.resize(
        static_cast<std::size_t>(std::count_if(series.candles.begin(), series.candles.end(), [&](const Candle& c) {
          return c.open_time + series.key.interval.length() <= now;
        })));
    data.series[i].missing = missing_stretches(series);
    series.candles = {};
  });
  const auto universe = StoredUniverse::open(sources, options, now);
  if (!universe && universe.error().kind == ErrorKind::usage)
    data.undecided = universe.error().where + ": " + universe.error().message + ". " + universe.error().remedy;
  data.damaged = sources.candles.contents().damaged;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    data.series[i].left_out_whole = why_left_out((*keys)[i], universe);
    if (!parts[i].damaged.empty()) data.series[i].left_out_whole = "damaged";
    data.damaged.insert(data.damaged.end(), parts[i].damaged.begin(), parts[i].damaged.end());
  }
  if (sources.context == nullptr) return data;
  const ContextContents context = sources.context->contents();
  data.damaged.insert(data.damaged.end(), context.damaged.begin(), context.damaged.end());
  for (const ContextKey& key : context.series)
    if (auto check = sources.context->check_file_of(key); check.damaged)
      data.damaged.push_back(std::move(*check.damaged));
  return data;
}

}  // namespace clm
