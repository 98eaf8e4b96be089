#include "features/symbol_pipeline.hpp"

#include <algorithm>
#include <limits>

namespace clm {

namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

// Infinity becomes NaN, all else stays: x * 0 is NaN for what is not finite and a zero otherwise. No branch.
void drop_infinite(float* row, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) row[i] += row[i] * 0.0F;
}

}  // namespace

SymbolPipeline::SymbolPipeline(const FeatureSet& set, Interval interval, ContextCursor context)
    : reader_(interval), context_(std::move(context)) {
  for (const auto& group : set.symbol_groups())
    symbol_streams_.push_back({group.first_column, group.width, group.make()});
  for (const auto& group : set.market_groups())
    market_streams_.push_back({group.first_column, group.width, group.make()});
  bars_.reserve(kBlockBars);
}

void SymbolPipeline::advance_symbol(std::span<const Candle> candles, float* rows, std::size_t stride, double* returns) {
  float* first_row = rows;
  Bar bar;
  for (std::size_t i = 0; i < candles.size(); ++i) {
    float* const row = rows + i * stride;
    if (!reader_.read(candles[i], bar)) {
      flush(first_row, stride);
      first_row = row + stride;
      returns[i] = kMissing;
      for (const auto& group : symbol_streams_) std::fill_n(row + group.first_column, group.width, kNoValue);
      continue;
    }
    bar.context = context_.at(bar.close_time);
    returns[i] = bar.log_return;
    bars_.push_back(bar);
    if (bars_.size() == kBlockBars) {
      flush(first_row, stride);
      first_row = row + stride;
    }
  }
  flush(first_row, stride);
}

void SymbolPipeline::flush(float* first_row, std::size_t stride) {
  if (bars_.empty()) return;
  for (const auto& group : symbol_streams_) {
    float* const target = first_row + group.first_column;
    group.stream->advance(bars_, target, stride);
    for (std::size_t i = 0; i < bars_.size(); ++i) drop_infinite(target + i * stride, group.width);
  }
  bars_.clear();
}

void SymbolPipeline::advance_market(std::span<const MarketBar> bars, float* rows, std::size_t stride) {
  for (const auto& group : market_streams_) {
    float* const target = rows + group.first_column;
    group.stream->advance(bars, target, stride);
    for (std::size_t i = 0; i < bars.size(); ++i) drop_infinite(target + i * stride, group.width);
  }
}

void CrossSection::apply(std::span<float* const> rows) {
  for (const auto& cross : columns_) {
    if (cross.operation == CrossOperation::rank)
      rank(rows, cross);
    else
      subtract_mean(rows, cross);
  }
}

void CrossSection::subtract_mean(std::span<float* const> rows, const FeatureSet::CrossColumn& cross) {
  double sum = 0.0;
  int count = 0;
  for (const float* row : rows) {
    const float value = row[cross.source];
    if (value != value) continue;
    sum += static_cast<double>(value);
    ++count;
  }
  const double mean = count >= 2 ? sum / count : kMissing;
  for (float* row : rows) row[cross.column] = static_cast<float>(static_cast<double>(row[cross.source]) - mean);
}

void CrossSection::rank(std::span<float* const> rows, const FeatureSet::CrossColumn& cross) {
  entries_.clear();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const float value = rows[i][cross.source];
    if (value == value)
      entries_.push_back({value, static_cast<std::uint32_t>(i)});
    else
      rows[i][cross.column] = kNoValue;
  }
  const std::size_t count = entries_.size();
  if (count < 2) {
    for (const Entry& entry : entries_) rows[entry.row][cross.column] = kNoValue;
    return;
  }
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.value < b.value; });
  const double scale = 1.0 / static_cast<double>(count);
  for (std::size_t first = 0; first < count;) {
    std::size_t last = first + 1;
    while (last < count && entries_[last].value == entries_[first].value) ++last;
    // Ranks first + 1 .. last: their mean less a half is the middle of [first, last).
    const double middle = 0.5 * static_cast<double>(first + last);
    for (std::size_t i = first; i < last; ++i)
      rows[entries_[i].row][cross.column] = static_cast<float>(middle * scale - 0.5);
    first = last;
  }
}

}  // namespace clm
