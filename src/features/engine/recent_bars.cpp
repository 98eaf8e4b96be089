#include "features/engine/recent_bars.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "features/indicators/quick_log.hpp"

namespace clm {
namespace {

template <typename Value>
void drop_all_but(std::vector<Value>& values, std::size_t kept) {
  values.erase(values.begin(), values.end() - static_cast<std::ptrdiff_t>(kept));
}

/// The last `count` of `from`, behind what `to` holds.
template <typename Value>
void append_last(std::vector<Value>& to, std::span<const Value> from, std::size_t count) {
  const auto last = from.last(std::min(count, from.size()));
  to.insert(to.end(), last.begin(), last.end());
}

}  // namespace

RecentBars::RecentBars(const BarHistory& history, std::size_t bars) : bars_(bars), symbols_(history.symbols()) {
  for (std::size_t s = 0; s < symbols_.size(); ++s) {
    const std::size_t end = history.symbol_begin[s + 1];
    append_last(symbols_[s].open_time_ms, std::span(history.open_time_ms).first(end).subspan(history.symbol_begin[s]),
                bars);
    append_last(symbols_[s].log_close, std::span(history.log_close).first(end).subspan(history.symbol_begin[s]), bars);
    append_last(symbols_[s].log_volume, std::span(history.log_volume).first(end).subspan(history.symbol_begin[s]),
                bars);
  }
}

void RecentBars::add(std::size_t symbol, const Candle& candle) {
  OfSymbol& own = symbols_[symbol];
  // Every so often, so that a bar costs the same however many are kept.
  if (own.open_time_ms.size() >= 2 * bars_) {
    drop_all_but(own.open_time_ms, bars_);
    drop_all_but(own.log_close, bars_);
    drop_all_but(own.log_volume, bars_);
  }
  own.open_time_ms.push_back(candle.open_time.ms());
  own.log_close.push_back(std::log(candle.close));
  own.log_volume.push_back(static_cast<float>(quick_log(one_and_quote_volume(candle))));
}

BarHistory RecentBars::newest() const {
  BarHistory history;
  for (const OfSymbol& own : symbols_) {
    append_last(history.open_time_ms, std::span(own.open_time_ms), bars_);
    append_last(history.log_close, std::span(own.log_close), bars_);
    append_last(history.log_volume, std::span(own.log_volume), bars_);
    history.symbol_begin.push_back(history.open_time_ms.size());
  }
  return history;
}

}  // namespace clm
