#include "workspace/market_memory.hpp"

#include <algorithm>
#include <utility>

#include "base/hash.hpp"
#include "market/store/candle_store.hpp"

namespace clm {
namespace {

std::string hash_of(const CandleSeries& series, std::size_t count) {
  CandleSeries part{series.key, {}};
  part.candles.assign(series.candles.begin(), series.candles.begin() + static_cast<std::ptrdiff_t>(count));
  return fingerprint(part);
}

std::string hash_of(const std::vector<SeriesPoint>& points, std::size_t count) {
  std::vector<double> values;
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < count; ++i) {
    times.push_back(points[i].event_time.ms());
    times.push_back(points[i].known_at.ms());
    values.push_back(points[i].value);
  }
  return Sha256()
      .update_values(std::span<const std::int64_t>(times))
      .update_values(std::span<const double>(values))
      .hex_digest();
}

/// The one of that time, in order.
MarketNews::Bar& bar_at(MarketNews& news, Timestamp open_time, std::size_t symbols) {
  const auto place = std::lower_bound(news.bars.begin(), news.bars.end(), open_time,
                                      [](const MarketNews::Bar& bar, Timestamp time) { return bar.open_time < time; });
  if (place != news.bars.end() && place->open_time == open_time) return *place;
  return *news.bars.insert(place, {open_time, std::vector<std::optional<Candle>>(symbols)});
}

}  // namespace

Result<MarketMemory> MarketMemory::of(const MarketView& market) {
  MarketMemory memory;
  memory.symbols_ = market.candles->symbols();
  memory.known_.resize(memory.symbols_.size());
  memory.as_of_ = Timestamp::min();
  // Everything is news to who knows nothing.
  if (const auto all = memory.news(market); !all) return forward_error(all);
  return memory;
}

Result<MarketNews> MarketMemory::news(const MarketView& market) {
  MarketNews news;
  if (market.candles->symbols() != symbols_) {
    news.anew = "the symbols are others";
    symbols_ = market.candles->symbols();
    known_.assign(symbols_.size(), {});
    as_of_ = Timestamp::min();
  }
  for (std::size_t s = 0; s < symbols_.size(); ++s) {
    const auto series = market.candles->load(s);
    if (!series) return forward_error(series);
    const auto context = market.context->load(symbols_[s]);
    if (!context) return forward_error(context);
    compare_bars(*series, s, news);
    compare_points(*context, s, news);
  }
  as_of_ = market.as_of;
  if (!news.anew.empty()) news.bars.clear(), news.points.clear();
  return news;
}

void MarketMemory::compare_bars(const CandleSeries& series, std::size_t symbol, MarketNews& news) {
  Known& known = known_[symbol].bars;
  const auto& candles = series.candles;
  std::size_t past = 0;
  while (past < candles.size() && series.known_at(past) <= as_of_) ++past;
  if (past != known.count || (past > 0 && hash_of(series, past) != known.hash))
    news.anew = "past bars of " + symbols_[symbol].str() + " are others";
  for (std::size_t i = past; i < candles.size(); ++i)
    bar_at(news, candles[i].open_time, symbols_.size()).candles[symbol] = candles[i];
  known = {candles.size(), hash_of(series, candles.size())};
}

void MarketMemory::compare_points(const std::vector<ContextSeries>& context, std::size_t symbol, MarketNews& news) {
  std::map<SeriesKind, Known> now;
  for (const ContextSeries& series : context) {
    const Known& known = known_[symbol].points[series.kind];
    std::size_t past = 0;
    while (past < series.points.size() && series.points[past].known_at <= as_of_) ++past;
    if (past != known.count || (past > 0 && hash_of(series.points, past) != known.hash))
      news.anew = "past " + std::string(info_of(series.kind).name) + " of " + symbols_[symbol].str() + " is another";
    for (std::size_t i = past; i < series.points.size(); ++i)
      news.points.push_back({symbol, series.kind, series.points[i]});
    now[series.kind] = {series.points.size(), hash_of(series.points, series.points.size())};
  }
  for (const auto& [kind, known] : known_[symbol].points)
    if (known.count > 0 && !now.contains(kind))
      news.anew = std::string(info_of(kind).name) + " of " + symbols_[symbol].str() + " is gone";
  known_[symbol].points = std::move(now);
}

}  // namespace clm
