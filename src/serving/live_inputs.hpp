#pragma once
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/run_context.hpp"
#include "features/engine/live_features.hpp"
#include "features/inputs/candle_source.hpp"
#include "features/inputs/context_source.hpp"
#include "features/labels/horizon_volatility.hpp"
#include "serving/bar_inputs.hpp"

namespace clm {

/// A universe's inputs kept up to date bar by bar, with the bits that the whole history would give them. Move-only, not
/// thread-safe; what newest() hands out is.
class LiveInputs {
 public:
  /// Reads the stored history known at `as_of`, once for every feature set; nothing where nothing is needed. Errors:
  /// those of `load` and `compute_features`.
  static Result<LiveInputs> after_history(const InputNeeds& needs, const CandleSource& history,
                                          const ContextSource* context, Timestamp as_of, const RunContext& run);

  /// Feeds the bars that opened at `open_time`; `candles[i]` belongs to symbol i, empty = it has none. They close after
  /// what was fed before (contract). See `LiveFeatures::update`.
  void advance(Timestamp open_time, std::span<const std::optional<Candle>> candles);
  /// See `LiveFeatures::add_context`.
  void add_context(std::size_t symbol, SeriesKind kind, const SeriesPoint& point);

  const InputNeeds& needs() const { return needs_; }
  std::shared_ptr<const BarInputs> newest() const { return newest_; }

 private:
  LiveInputs(InputNeeds needs, Interval interval) : needs_(std::move(needs)), interval_(interval) {}
  void publish(Timestamp as_of, std::vector<Symbol> symbols, std::map<VolatilityUnit, std::vector<float>> units);

  InputNeeds needs_;
  Interval interval_;
  std::vector<LiveFeatures> features_;
  std::map<VolatilityUnit, std::vector<HorizonVolatility>> meters_;  ///< one a symbol
  std::shared_ptr<const BarInputs> newest_;
};

}  // namespace clm
