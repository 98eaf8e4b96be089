#include "features/engine/live_features.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/contract.hpp"
#include "features/engine/feature_history.hpp"

namespace clm {

LiveFeatures::LiveFeatures(FeatureSet set, std::vector<SymbolPipeline> pipelines, Timestamp last_open_time,
                           RecentBars recent)
    : set_(std::move(set)),
      pipelines_(std::move(pipelines)),
      cross_section_(set_),
      last_open_time_(last_open_time),
      recent_(std::move(recent)) {}

Result<LiveFeatures> LiveFeatures::after_history(const FeatureSet& set, const CandleSource& history,
                                                 const ContextSource* context, Timestamp as_of, std::size_t recent_bars,
                                                 const RunContext& run) {
  FeatureOptions options;
  options.as_of = as_of;
  // A bar that opened after as_of - 2 lengths and closed by as_of is the newest there can be.
  options.rows = {as_of - history.interval().length() * 2 + Duration(1), as_of};
  auto done = run_feature_history(set, history, context, options, KeepPipelines::yes, run);
  if (!done) return forward_error(done);
  LiveFeatures live(set, std::move(done->pipelines), done->last_open_time, RecentBars(*done->frame.bars, recent_bars));
  done->frame.bars = std::make_shared<const BarHistory>(live.recent_.newest());
  live.newest_ = std::make_shared<const FeatureFrame>(std::move(done->frame));
  return live;
}

/// The newest frame without its rows.
FeatureFrame LiveFeatures::empty_frame() const {
  FeatureFrame frame;
  frame.set_name = newest_->set_name;
  frame.set_hash = newest_->set_hash;
  frame.venue = newest_->venue;
  frame.interval = newest_->interval;
  frame.names = newest_->names;
  frame.symbols = newest_->symbols;
  return frame;
}

void LiveFeatures::update(Timestamp open_time, std::span<const std::optional<Candle>> candles) {
  const std::size_t symbols = pipelines_.size(), width = set_.size();
  expects(candles.size() == symbols, "one candle, or none, per symbol");
  expects(open_time > last_open_time_, "live bars ascend in time");
  last_open_time_ = open_time;
  FeatureFrame frame = empty_frame();
  const auto present = static_cast<std::size_t>(
      std::count_if(candles.begin(), candles.end(), [](const auto& candle) { return candle.has_value(); }));
  std::vector<float> values(present * width);
  returns_.assign(symbols, std::numeric_limits<float>::quiet_NaN());
  records_.resize(symbols);
  frame.symbol_begin.assign(1, 0);
  for (std::size_t s = 0; s < symbols; ++s) {
    if (candles[s]) {
      expects(candles[s]->open_time == open_time, "all bars of an update opened at its time");
      pipelines_[s].advance_symbol({&*candles[s], 1}, values.data() + frame.open_time_ms.size() * width, width,
                                   &records_[s]);
      returns_[s] = records_[s].log_return;
      frame.open_time_ms.push_back(open_time.ms());
      if (records_[s].usable) recent_.add(s, *candles[s]);
    }
    frame.symbol_begin.push_back(frame.open_time_ms.size());
  }
  universe_.compute(returns_);
  cross_section_.begin();
  for (std::size_t s = 0; s < symbols; ++s) {
    if (!candles[s]) continue;
    records_[s].return_rank = universe_.ranks()[s];
    const UniverseBar bar =
        universe_bar(open_time, frame.interval.length(), records_[s], universe_.mean(), universe_.dispersion());
    float* const row = values.data() + frame.symbol_begin[s] * width;
    pipelines_[s].advance_market({&bar, 1}, row, width);
    cross_section_.add_row(row);
  }
  cross_section_.finish();
  frame.values = ScratchArray<float>(std::move(values));
  frame.bars = std::make_shared<const BarHistory>(recent_.newest());
  newest_ = std::make_shared<const FeatureFrame>(std::move(frame));
}

void LiveFeatures::add_context(std::size_t symbol, SeriesKind kind, const SeriesPoint& point) {
  expects(symbol < pipelines_.size(), "the symbol is of this universe");
  pipelines_[symbol].context().add(kind, point);
}

}  // namespace clm
