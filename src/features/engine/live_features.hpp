#pragma once
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "features/engine/cross_section.hpp"
#include "features/engine/feature_engine.hpp"
#include "features/engine/recent_bars.hpp"
#include "features/engine/symbol_pipeline.hpp"
#include "features/engine/universe_returns.hpp"

namespace clm {

/// A universe's features advanced one bar at a time: the same objects as in `compute_features`, so a row has the same
/// bits as that bar's row in a batch over the same history. Move-only, not thread-safe.
class LiveFeatures {
 public:
  /// Continues after the stored history known at `as_of`. Of every symbol the last `recent_bars` bars are kept, for
  /// models that read sequences (`Model::history_bars`). Errors and cost as `compute_features`.
  static Result<LiveFeatures> after_history(const FeatureSet& set, const CandleSource& history,
                                            const ContextSource* context, Timestamp as_of, std::size_t recent_bars,
                                            const RunContext& run);

  /// Feeds the bars that opened at `open_time`; `candles[i]` belongs to symbol i, empty = it has none, which is a gap
  /// for that symbol. Times ascend, and close after what was fed before (contract). O(symbols).
  void update(Timestamp open_time, std::span<const std::optional<Candle>> candles);

  /// Makes a context point known, seen from the first bar that closes at or after its `known_at`.
  void add_context(std::size_t symbol, SeriesKind kind, const SeriesPoint& point);

  /// The newest row of every symbol that has one: a symbol without a bar in the last interval is stale and has none.
  /// With the bits of `compute_features`; `bars` are the recent ones.
  std::shared_ptr<const FeatureFrame> newest() const { return newest_; }

  const FeatureSet& set() const { return set_; }
  const std::vector<Symbol>& symbols() const { return newest_->symbols; }

 private:
  LiveFeatures(FeatureSet set, std::vector<SymbolPipeline> pipelines, Timestamp last_open_time, RecentBars recent);
  FeatureFrame empty_frame() const;

  FeatureSet set_;
  std::vector<SymbolPipeline> pipelines_;
  CrossSection cross_section_;
  Timestamp last_open_time_;
  RecentBars recent_;
  std::shared_ptr<const FeatureFrame> newest_;
  UniverseReturns universe_;
  std::vector<float> returns_;
  std::vector<BarRecord> records_;
};

}  // namespace clm
