#include "features/live_features.hpp"

#include <algorithm>
#include <limits>

#include "base/contract.hpp"
#include "features/feature_history.hpp"

namespace clm {

namespace {

std::vector<SymbolPipeline> cold_pipelines(const FeatureSet& set, std::size_t count, Interval interval) {
  std::vector<SymbolPipeline> pipelines;
  for (std::size_t i = 0; i < count; ++i) pipelines.emplace_back(set, interval, ContextCursor());
  return pipelines;
}

}  // namespace

LiveFeatures::LiveFeatures(FeatureSet set, std::vector<Symbol> symbols, Interval interval,
                           std::vector<SymbolPipeline> pipelines, Timestamp last_open_time)
    : set_(std::move(set)),
      symbols_(std::move(symbols)),
      interval_(interval),
      pipelines_(std::move(pipelines)),
      cross_section_(set_),
      last_open_time_(last_open_time) {
  expects(!symbols_.empty(), "live features need a symbol");
  expects(std::is_sorted(symbols_.begin(), symbols_.end()), "symbols ascend");
}

LiveFeatures::LiveFeatures(FeatureSet set, std::vector<Symbol> symbols, Interval interval)
    : LiveFeatures(set, symbols, interval, cold_pipelines(set, symbols.size(), interval), Timestamp::min()) {}

Result<LiveFeatures> LiveFeatures::after_history(const FeatureSet& set, const CandleSource& history,
                                                 const ContextSource* context, Timestamp as_of, const RunContext& run) {
  FeatureOptions options;
  options.as_of = as_of;
  options.rows = {Timestamp::max(), Timestamp::max()};
  auto done = run_feature_history(set, history, context, options, KeepPipelines::yes, run);
  if (!done) return forward_error(done);
  return LiveFeatures(set, history.symbols(), history.interval(), std::move(done->pipelines), done->last_open_time);
}

const LiveFeatures::Rows& LiveFeatures::update(Timestamp open_time, std::span<const std::optional<Candle>> candles) {
  expects(candles.size() == symbols_.size(), "one candle, or none, per symbol");
  expects(open_time > last_open_time_, "live bars ascend in time");
  last_open_time_ = open_time;
  const std::size_t width = set_.size();
  rows_.open_time = open_time;
  rows_.values.assign(symbols_.size() * width, std::numeric_limits<float>::quiet_NaN());
  rows_.present.assign(symbols_.size(), 0);
  returns_.assign(symbols_.size(), std::numeric_limits<float>::quiet_NaN());
  records_.resize(symbols_.size());
  cross_section_.begin();
  for (std::size_t i = 0; i < candles.size(); ++i) {
    if (!candles[i]) continue;
    expects(candles[i]->open_time == open_time, "all bars of an update opened at its time");
    float* const row = rows_.values.data() + i * width;
    pipelines_[i].advance_symbol({&*candles[i], 1}, row, width, &records_[i]);
    returns_[i] = records_[i].log_return;
    rows_.present[i] = 1;
  }
  universe_.compute(returns_);
  for (std::size_t i = 0; i < candles.size(); ++i) {
    if (rows_.present[i] == 0) continue;
    records_[i].return_rank = universe_.ranks()[i];
    const UniverseBar bar =
        universe_bar(open_time, interval_.length(), records_[i], universe_.mean(), universe_.dispersion());
    float* const row = rows_.values.data() + i * width;
    pipelines_[i].advance_market({&bar, 1}, row, width);
    cross_section_.add_row(row);
  }
  cross_section_.finish();
  return rows_;
}

void LiveFeatures::add_context(std::size_t symbol, SeriesKind kind, const SeriesPoint& point) {
  expects(symbol < pipelines_.size(), "the symbol is of this universe");
  pipelines_[symbol].context().add(kind, point);
}

}  // namespace clm
