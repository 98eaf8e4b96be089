#pragma once
#include <optional>
#include <vector>

#include "features/cross_section.hpp"
#include "features/feature_engine.hpp"
#include "features/symbol_pipeline.hpp"
#include "features/universe_returns.hpp"

namespace clm {

/// A universe's features advanced one bar at a time: the same objects as in `compute_features`, so a row has the same
/// bits as that bar's row in a batch over the same history. Move-only, not thread-safe.
class LiveFeatures {
 public:
  /// Cold: as if nothing had been stored. `symbols` ascending, the cross-section is over them.
  LiveFeatures(FeatureSet set, std::vector<Symbol> symbols, Interval interval);
  /// Warm: continues after the stored history known at `as_of`. Errors as `compute_features`.
  static Result<LiveFeatures> after_history(const FeatureSet& set, const CandleSource& history,
                                            const ContextSource* context, Timestamp as_of, const RunContext& run);

  /// The rows of one time. Row i of `values` (size F) belongs to symbol i; NaN where the symbol is not present.
  struct Rows {
    Timestamp open_time;
    std::vector<float> values;
    std::vector<char> present;
    std::span<const float> row(std::size_t symbol) const {
      const std::size_t width = values.size() / present.size();
      return {values.data() + symbol * width, width};
    }
  };

  /// Feeds the bars that opened at `open_time`; `candles[i]` belongs to symbol i, empty = it has none, which is a gap
  /// for that symbol. Times ascend (contract). The result lives until the next call. Well under 1 ms for 60 symbols.
  const Rows& update(Timestamp open_time, std::span<const std::optional<Candle>> candles);

  /// Makes a context point known, seen from the first bar that closes at or after its `known_at`.
  void add_context(std::size_t symbol, SeriesKind kind, const SeriesPoint& point);

  const FeatureSet& set() const { return set_; }
  const std::vector<Symbol>& symbols() const { return symbols_; }

 private:
  LiveFeatures(FeatureSet set, std::vector<Symbol> symbols, Interval interval, std::vector<SymbolPipeline> pipelines,
               Timestamp last_open_time);

  FeatureSet set_;
  std::vector<Symbol> symbols_;
  Interval interval_;
  std::vector<SymbolPipeline> pipelines_;
  CrossSection cross_section_;
  Timestamp last_open_time_;
  Rows rows_;
  UniverseReturns universe_;
  std::vector<float> returns_;
  std::vector<BarRecord> records_;
};

}  // namespace clm
