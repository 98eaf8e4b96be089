#include "market/series/candle_columns.hpp"

#include <algorithm>
#include <cmath>

namespace clm {
namespace {

constexpr std::array<CandleField, kCandleFields> kFields{{{"open", &Candle::open},
                                                          {"high", &Candle::high},
                                                          {"low", &Candle::low},
                                                          {"close", &Candle::close},
                                                          {"volume", &Candle::volume},
                                                          {"quote_volume", &Candle::quote_volume},
                                                          {"trades", &Candle::trades},
                                                          {"taker_buy_volume", &Candle::taker_buy_volume},
                                                          {"taker_buy_quote_volume", &Candle::taker_buy_quote_volume}}};

}  // namespace

std::span<const CandleField, kCandleFields> candle_fields() { return kFields; }

bool same_value(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

bool same_bar(const Candle& a, const Candle& b) {
  return std::all_of(candle_fields().begin(), candle_fields().end(),
                     [&](const CandleField& field) { return same_value(a.*field.member, b.*field.member); });
}

std::size_t CandleColumns::bytes() const {
  std::size_t bytes = open_times_ms.capacity() * sizeof(std::int64_t);
  for (const auto& column : values) bytes += column.capacity() * sizeof(double);
  return bytes;
}

void CandleColumns::append_to(std::vector<Candle>& candles, const TimeRange& range) const {
  const auto& times = open_times_ms;
  const auto first = std::lower_bound(times.begin(), times.end(), range.from.ms());
  const auto last = std::lower_bound(first, times.end(), range.to.ms());
  const auto from = static_cast<std::size_t>(first - times.begin());
  const auto count = static_cast<std::size_t>(last - first);
  const std::size_t old_size = candles.size();
  candles.resize(old_size + count);
  Candle* out = candles.data() + old_size;
  for (std::size_t i = 0; i < count; ++i) out[i].open_time = Timestamp(times[from + i]);
  for (std::size_t f = 0; f < kCandleFields; ++f) {
    if (values[f].empty()) continue;
    const double* column = values[f].data() + from;
    for (std::size_t i = 0; i < count; ++i) out[i].*kFields[f].member = column[i];
  }
}

}  // namespace clm
