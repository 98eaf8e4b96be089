#include "features/engine/symbol_pipeline.hpp"

#include <algorithm>
#include <limits>

namespace clm {

namespace {

// What is not finite becomes the one NaN: which of the many arithmetic made does not show. No branch.
void drop_infinite(float* row, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) row[i] = row[i] - row[i] == 0.0F ? row[i] : kNoValue;
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

void SymbolPipeline::advance_symbol(std::span<const Candle> candles, float* rows, std::size_t stride,
                                    BarRecord* records) {
  float* first_row = rows;
  Bar bar;
  for (std::size_t i = 0; i < candles.size(); ++i) {
    float* const row = rows + i * stride;
    if (!reader_.read(candles[i], bar)) {
      flush(first_row, stride);
      first_row = row + stride;
      records[i] = {kNoValue, kNoValue, kNoValue, false, false};
      for (const auto& group : symbol_streams_) std::fill_n(row + group.first_column, group.width, kNoValue);
      continue;
    }
    bar.context = context_.at(bar.close_time);
    records[i] = {static_cast<float>(bar.log_return), static_cast<float>(bar.close * bar.volume), kNoValue, true,
                  bar.starts_stream};
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

void SymbolPipeline::advance_market(std::span<const UniverseBar> bars, float* rows, std::size_t stride) {
  for (const auto& group : market_streams_) {
    float* const target = rows + group.first_column;
    group.stream->advance(bars, target, stride);
    for (std::size_t i = 0; i < bars.size(); ++i) {
      if (bars[i].usable)
        drop_infinite(target + i * stride, group.width);
      else
        std::fill_n(target + i * stride, group.width, kNoValue);
    }
  }
}

UniverseBar universe_bar(Timestamp open_time, Duration length, const BarRecord& record, double market_return,
                         double dispersion) {
  UniverseBar bar;
  bar.open_time = open_time;
  bar.close_time = open_time + length;
  bar.usable = record.usable;
  bar.starts_stream = record.starts_stream;
  bar.own_return = static_cast<double>(record.log_return);
  bar.quote_volume = static_cast<double>(record.quote_volume);
  bar.return_rank = static_cast<double>(record.return_rank);
  bar.market_return = market_return;
  bar.dispersion = dispersion;
  return bar;
}

}  // namespace clm
