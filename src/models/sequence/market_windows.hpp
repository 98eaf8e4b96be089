#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "features/labels/dataset.hpp"
#include "models/sequence/window_source.hpp"

namespace clm {

/// What of a symbol's past a sequence model is shown.
struct MarketWindowOptions {
  int input_bars = 96;     ///< bars of a window, the last is the row's own; 8..10000. More sees slower movement
  bool covariates = true;  ///< beside the price that is forecast: volume, and the own price where that is relative
};

/// Whose price is forecast, and is channel 0 of a window.
enum class PriceReference {
  own,      ///< the symbol's own
  universe  ///< the symbol's against the universe: less the mean one-bar return of all symbols, bar by bar
};

/// What prices of a window are measured from. The path to come is always measured from the last close before it.
enum class PriceOrigin {
  last_close,   ///< for networks whose path starts at the last value
  window_mean,  ///< for networks that add the window's mean to their path: there is nothing to add then
};

/// Everything that decides what a window looks like; stored with a model.
struct MarketWindowLayout {
  MarketWindowOptions options;
  PriceReference reference = PriceReference::universe;
  PriceOrigin origin = PriceOrigin::last_close;
  int horizon_bars = 5;  ///< of the label

  WindowShape shape() const;
};
nlohmann::json to_json(const MarketWindowLayout& layout);
/// The inverse. Error `model.load` (integrity) where a value is unknown; throws nlohmann::json::exception where a field
/// is missing or of a wrong type (`read_model` catches it).
Result<MarketWindowLayout> market_window_layout(const nlohmann::json& written);

/// The universe's mean one-bar return, for the times that are asked for.
class UniversePath {
 public:
  /// Times from `from_ms` to `to_ms`, both included. Cost: O(bars in between).
  UniversePath(const BarHistory& bars, std::int64_t interval_ms, std::int64_t from_ms, std::int64_t to_ms);
  /// Mean over all symbols that have a bar that opened then and one right before it; NaN where fewer than two do.
  double mean_return(std::int64_t open_time_ms) const;

 private:
  std::int64_t interval_ms_, first_slot_;
  std::vector<double> mean_;
};

/// Windows of rows of a market: what was known of the row's symbol, and of the universe, at the close of its bar.
///
/// A row has a window if its symbol's last `input_bars` bars up to its own follow each other without a gap and moved at
/// all; with targets also if the bars of its label are all there. Unit of prices: the standard deviation of the
/// window's own one-bar log returns times sqrt(horizon), so that nothing outside the window has a say. Channels:
/// 0 = log price by `reference`, 1 = own log price (where channel 0 is relative), last = ln (1 + quote volume) as
/// z-score of the window, where it is known, else its mean, 0. Prices are clipped at 20 units, volumes at 5.
///
/// Targets, in the label's units: step k below the horizon is the (relative) return over the k bars after the label's
/// entry delay, close to close, over the row's volatility and clipped like the label; the last step is the row's label
/// itself. Weights are the dataset's.
///
/// Bits do not depend on where the history begins, nor on other rows. Borrows the dataset of `rows`. Thread-safe.
/// Cost: O(input_bars) per window, when made and when read. 24 bytes per window and 8 per bar of the universe.
class MarketWindows final : public WindowSource {
 public:
  enum class Targets { none, labels };
  MarketWindows(const RowSet& rows, const MarketWindowLayout& layout, Targets targets);

  WindowShape shape() const override { return layout_.shape(); }
  std::size_t size() const override { return places_.size(); }
  /// Targets are 0 where there are none.
  void read(std::span<const std::uint32_t> windows, WindowBatch& batch) const override;
  /// Which of the rows, by its place in `rows`, a window belongs to; ascending.
  std::uint32_t place_of(std::size_t window) const { return places_[window].place; }

 private:
  struct Place {
    std::size_t bar;      ///< in the history
    std::uint32_t place;  ///< in the rows asked for
    std::uint32_t row;    ///< in the dataset
    double unit;
  };
  void add_row(std::uint32_t place, std::uint32_t row, std::size_t bar);
  double unit_of(std::size_t bar, std::size_t symbol_begin) const;
  bool follows_on(std::size_t bar, std::size_t symbol_end) const;
  void read_inputs(const Place& place, float* inputs) const;
  void read_targets(const Place& place, float* targets) const;

  const Dataset* data_;
  std::shared_ptr<const FeatureFrame> frame_;
  MarketWindowLayout layout_;
  Targets targets_;
  std::unique_ptr<const UniversePath> universe_;  ///< null where nothing is relative
  std::vector<Place> places_;
};

}  // namespace clm
