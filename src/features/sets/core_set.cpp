#include "features/sets/core_features.hpp"

namespace clm {

FeatureSet core_feature_set() {
  FeatureSet set("core");
  add_price_features(set);
  add_candle_features(set);
  add_technical_features(set);
  add_volume_features(set);
  add_calendar_features(set);
  add_higher_timeframe_features(set);
  add_context_features(set);
  add_residual_features(set);
  return set;
}

}  // namespace clm
