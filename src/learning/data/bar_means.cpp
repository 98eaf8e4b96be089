#include "learning/data/bar_means.hpp"

#include <limits>

#include "base/contract.hpp"

namespace clm {

BarMeans::BarMeans(const MarketTape& tape)
    : tape_(tape),
      columns_(tape.frame()->columns()),
      means_(tape.bars() * columns_, std::numeric_limits<float>::quiet_NaN()),
      filled_(tape.bars(), 0) {}

std::span<const float> BarMeans::features(std::size_t first, std::size_t end) {
  expects(first <= end && end <= filled_.size(), "bars are of the tape");
  for (std::size_t bar = first; bar < end; ++bar)
    if (filled_[bar] == 0) fill(bar);
  return std::span<const float>(means_).subspan(first * columns_, (end - first) * columns_);
}

void BarMeans::fill(std::size_t bar) {
  const FeatureFrame& frame = *tape_.frame();
  std::vector<double> sum(columns_, 0);
  std::vector<std::uint32_t> count(columns_, 0);
  for (std::size_t row = tape_.row_begin(bar); row < tape_.row_end(bar); ++row) {
    const auto values = frame.row(tape_.rows().frame_row[row]);
    for (std::size_t column = 0; column < columns_; ++column) {
      if (values[column] != values[column]) continue;
      sum[column] += static_cast<double>(values[column]);
      ++count[column];
    }
  }
  for (std::size_t column = 0; column < columns_; ++column)
    if (count[column] > 0)
      means_[bar * columns_ + column] = static_cast<float>(sum[column] / static_cast<double>(count[column]));
  frame.values.let_go_after((tape_.row_end(bar) - tape_.row_begin(bar)) * columns_);
  filled_[bar] = 1;
}

std::span<const double> BarMeans::market_returns(std::size_t first, std::size_t end) {
  expects(first <= end && end <= filled_.size(), "bars are of the tape");
  if (returns_.empty()) fill_returns();
  return std::span<const double>(returns_).subspan(first, end - first);
}

void BarMeans::fill_returns() {
  const auto& history = tape_.frame()->bars;
  expects(history != nullptr, "the frame was computed from candles");
  std::vector<double> sum(tape_.bars(), 0);
  std::vector<std::uint32_t> count(tape_.bars(), 0);
  const std::int64_t length_ms = tape_.interval().ms();
  for (std::size_t symbol = 0; symbol < history->symbols(); ++symbol) {
    std::size_t bar = 0;
    for (std::size_t i = history->symbol_begin[symbol] + 1; i < history->symbol_begin[symbol + 1]; ++i) {
      if (history->open_time_ms[i] - history->open_time_ms[i - 1] != length_ms) continue;  // a gap
      const Timestamp close(history->open_time_ms[i] + length_ms);
      while (bar < tape_.bars() && tape_.close(bar) < close) ++bar;
      if (bar == tape_.bars()) break;
      if (tape_.close(bar) != close) continue;
      sum[bar] += history->log_close[i] - history->log_close[i - 1];
      ++count[bar];
    }
  }
  returns_.assign(tape_.bars(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t bar = 0; bar < tape_.bars(); ++bar)
    if (count[bar] > 0) returns_[bar] = sum[bar] / static_cast<double>(count[bar]);
}

}  // namespace clm
