#include "features/candle_source.hpp"

#include <algorithm>
#include <functional>

#include "base/contract.hpp"

namespace clm {

MemoryCandleSource::MemoryCandleSource(std::vector<CandleSeries> series) : series_(std::move(series)) {
  std::sort(series_.begin(), series_.end(),
            [](const CandleSeries& a, const CandleSeries& b) { return a.key.symbol < b.key.symbol; });
  for (const CandleSeries& one : series_) {
    expects(symbols_.empty() || (one.key.venue == venue_ && one.key.interval == interval_),
            "series of one source are of one venue and interval");
    expects(symbols_.empty() || symbols_.back() != one.key.symbol, "a source has each symbol once");
    venue_ = one.key.venue;
    interval_ = one.key.interval;
    symbols_.push_back(one.key.symbol);
  }
}

StoreCandleSource::StoreCandleSource(const CandleStore& store, Venue venue, Interval interval,
                                     std::vector<Symbol> symbols, Timestamp as_of)
    : store_(&store), venue_(std::move(venue)), interval_(interval), symbols_(std::move(symbols)), as_of_(as_of) {
  expects(std::adjacent_find(symbols_.begin(), symbols_.end(), std::greater_equal<>()) == symbols_.end(),
          "symbols of a source ascend without repetition");
}

Result<StoreCandleSource> StoreCandleSource::open(const CandleStore& store, const Venue& venue, Interval interval,
                                                  const std::vector<Symbol>& only) {
  const auto keys = store.list({venue, interval, only});
  if (!keys) return forward_error(keys);
  std::vector<Symbol> symbols;
  for (const SeriesKey& key : *keys) symbols.push_back(key.symbol);
  const std::string where = venue.str() + "/" + interval.name();
  const char* remedy = "`clm data` lists what is stored; `clm import` adds to it.";
  if (symbols.empty()) return fail(ErrorKind::data, "features.no_candles", "no candles are stored", where, remedy);
  for (const Symbol& symbol : only)
    if (!std::binary_search(symbols.begin(), symbols.end(), symbol))
      return fail(ErrorKind::data, "features.no_candles", "no candles of " + symbol.str() + " are stored", where,
                  remedy);
  return StoreCandleSource(store, venue, interval, std::move(symbols));
}

Result<CandleSeries> StoreCandleSource::load(std::size_t i) const {
  return store_->read({venue_, symbols_[i], interval_}, TimeRange{}, as_of_);
}

}  // namespace clm
