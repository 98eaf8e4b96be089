#pragma once
#include "features/feature_set.hpp"

/// The parts of the set `core`, in column order.
namespace clm {

void add_return_features(FeatureSet& set);     ///< log returns, volatility, moments, candle shape
void add_technical_features(FeatureSet& set);  ///< oscillators, averages, channels
void add_volume_features(FeatureSet& set);     ///< volume ratios, balance, taker-buy share
void add_calendar_features(FeatureSet& set);   ///< hour of day, day of week
void add_higher_timeframe_features(FeatureSet& set);
void add_context_features(FeatureSet& set);  ///< funding, open interest, long/short, sentiment
void add_market_features(FeatureSet& set);   ///< beta, residual returns, market returns
void add_cross_section_features(FeatureSet& set);

}  // namespace clm
