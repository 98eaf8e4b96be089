#pragma once
#include <cmath>

#include "features/sets/feature_set.hpp"

/// The parts of the set `core`, in column order.
namespace clm {

void add_price_features(FeatureSet& set);      ///< returns, volatility, averages, channels, ranges
void add_candle_features(FeatureSet& set);     ///< shape of the candle
void add_technical_features(FeatureSet& set);  ///< oscillators
void add_volume_features(FeatureSet& set);     ///< volume ratios, liquidity, money flow, taker-buy share
void add_calendar_features(FeatureSet& set);   ///< hour of day, day of week
void add_higher_timeframe_features(FeatureSet& set);
void add_context_features(FeatureSet& set);   ///< funding, open interest, long/short, sentiment
void add_residual_features(FeatureSet& set);  ///< beta, what the market leaves of the returns, the market itself

/// A feature that ends as its rank among the symbols of its time, or as its distance from their mean.
inline FeatureSpec ranked(FeatureSpec spec) {
  spec.meaning = "rank among the symbols of " + spec.meaning;
  spec.over_universe = CrossOperation::rank;
  return spec;
}
inline FeatureSpec relative(FeatureSpec spec) {
  spec.meaning = "less the mean of the symbols: " + spec.meaning;
  spec.over_universe = CrossOperation::minus_mean;
  return spec;
}

/// What the parts compute with.
inline double root(int n) { return std::sqrt(static_cast<double>(n)); }
inline float as_float(double x) { return static_cast<float>(x); }

/// Writes the columns of a row one after the other.
class RowWriter {
 public:
  explicit RowWriter(float* row) : next_(row) {}
  RowWriter& operator<<(double value) {
    *next_++ = static_cast<float>(value);
    return *this;
  }

 private:
  float* next_;
};

}  // namespace clm
