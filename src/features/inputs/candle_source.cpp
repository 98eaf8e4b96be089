#include "features/inputs/candle_source.hpp"

#include <algorithm>

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

}  // namespace clm
