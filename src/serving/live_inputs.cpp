#include "serving/live_inputs.hpp"

#include <limits>
#include <utility>

#include "base/contract.hpp"
#include "features/sets/feature_set.hpp"

namespace clm {
namespace {

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

/// The volatility of every symbol in every unit, as far as bars were fed.
struct Measured {
  std::map<VolatilityUnit, std::vector<HorizonVolatility>> meters;
  std::map<VolatilityUnit, std::vector<float>> units;

  Measured(const std::set<VolatilityUnit>& wanted, std::size_t symbols, Interval interval) {
    for (const VolatilityUnit& unit : wanted) {
      meters.emplace(unit, std::vector<HorizonVolatility>(
                               symbols, HorizonVolatility(unit.volatility_bars, unit.horizon_bars, interval)));
      units.emplace(unit, std::vector<float>(symbols, kUnknown));
    }
  }
};

/// Passes candles on and measures every symbol the first time that it comes by: the features read all symbols anyhow.
/// Loads of different symbols may run side by side.
class MeasuringSource final : public CandleSource {
 public:
  MeasuringSource(const CandleSource& candles, Measured& measured, Timestamp as_of)
      : candles_(candles), measured_(measured), as_of_(as_of), seen_(candles.symbols().size(), 0) {}

  Venue venue() const override { return candles_.venue(); }
  Interval interval() const override { return candles_.interval(); }
  const std::vector<Symbol>& symbols() const override { return candles_.symbols(); }
  Result<CandleSeries> load(std::size_t i) const override {
    auto series = candles_.load(i);
    if (!series || seen_[i] != 0) return series;
    seen_[i] = 1;
    for (auto& [unit, meters] : measured_.meters) {
      float& newest = measured_.units.at(unit)[i];
      for (std::size_t bar = 0; bar < series->candles.size() && series->known_at(bar) <= as_of_; ++bar)
        newest = meters[i].update(series->candles[bar]);
    }
    return series;
  }

 private:
  const CandleSource& candles_;
  Measured& measured_;
  const Timestamp as_of_;
  mutable std::vector<char> seen_;
};

}  // namespace

Result<LiveInputs> LiveInputs::after_history(const InputNeeds& needs, const CandleSource& history,
                                             const ContextSource* context, Timestamp as_of, const RunContext& run) {
  LiveInputs live(needs, history.interval());
  Measured measured(needs.units, history.symbols().size(), history.interval());
  const MeasuringSource source(history, measured, as_of);
  for (const std::string& name : needs.feature_sets) {
    const auto set = feature_set(name);
    if (!set) return forward_error(set);
    auto features = LiveFeatures::after_history(*set, source, context, as_of, needs.history_bars, run);
    if (!features) return forward_error(features);
    live.features_.push_back(std::move(*features));
  }
  live.meters_ = std::move(measured.meters);
  live.publish(as_of, history.symbols(), std::move(measured.units));
  return live;
}

void LiveInputs::advance(Timestamp open_time, std::span<const std::optional<Candle>> candles) {
  expects(candles.size() == newest_->symbols.size(), "one candle, or none, per symbol");
  for (LiveFeatures& features : features_) features.update(open_time, candles);
  auto units = newest_->units;
  for (auto& [unit, meters] : meters_)
    for (std::size_t s = 0; s < candles.size(); ++s)
      if (candles[s]) units.at(unit)[s] = meters[s].update(*candles[s]);
  publish(open_time + interval_.length(), newest_->symbols, std::move(units));
}

void LiveInputs::add_context(std::size_t symbol, SeriesKind kind, const SeriesPoint& point) {
  for (LiveFeatures& features : features_) features.add_context(symbol, kind, point);
}

void LiveInputs::publish(Timestamp as_of, std::vector<Symbol> symbols,
                         std::map<VolatilityUnit, std::vector<float>> units) {
  auto inputs = std::make_shared<BarInputs>();
  inputs->as_of = as_of;
  inputs->symbols = std::move(symbols);
  inputs->units = std::move(units);
  for (const LiveFeatures& features : features_)
    inputs->rows.emplace(features.set().name(), unlabelled_rows(features.newest()));
  newest_ = std::move(inputs);
}

}  // namespace clm
