#include "features/core_features.hpp"
#include "features/indicators.hpp"

namespace clm {

namespace {

struct Market {
  RollingRegression week{168};
  RollingSum own_6{6}, own_24{24}, market_6{6}, market_24{24};
  RollingVariance market_moments{24};

  void operator()(const MarketBar& bar, float* row) {
    const double own = bar.own_return, market = bar.market_return;
    // The slope is taken before this bar enters: the residual must not have helped to fit it.
    const double beta = week.slope();
    week.update(market, own);
    const double market_sum_6 = market_6.update(market), market_sum_24 = market_24.update(market);
    market_moments.update(market);
    row[0] = static_cast<float>(market);
    row[1] = static_cast<float>(market_sum_6);
    row[2] = static_cast<float>(market_sum_24);
    row[3] = static_cast<float>(market_moments.deviation());
    row[4] = static_cast<float>(week.slope());
    row[5] = static_cast<float>(week.correlation());
    row[6] = static_cast<float>(week.residual_deviation());
    row[7] = static_cast<float>(own - beta * market);
    row[8] = static_cast<float>(own_6.update(own) - beta * market_sum_6);
    row[9] = static_cast<float>(own_24.update(own) - beta * market_sum_24);
  }
};

}  // namespace

void add_market_features(FeatureSet& set) {
  const std::string market = "log_return of the universe", both = "log_return own and of the universe";
  set.add(market_features(
      {{"market_return_1", 2, market, "mean log return of the universe, equal weights"},
       {"market_return_6", 7, market, "sum of market_return_1 over 6 bars"},
       {"market_return_24", 25, market, "sum of market_return_1 over 24 bars"},
       {"market_volatility_24", 25, market, "standard deviation of the last 24 market returns"},
       {"beta_168", 169, both, "slope of the own on the market's return over 168 bars"},
       {"correlation_168", 169, both, "correlation of the own with the market's return over 168 bars"},
       {"residual_volatility_168", 169, both, "deviation of what beta_168 leaves of the own returns"},
       {"residual_return_1", 170, both, "log return less the previous bar's beta_168 times the market's"},
       {"residual_return_6", 170, both, "the same over 6 bars"},
       {"residual_return_24", 170, both, "the same over 24 bars"}},
      Market{}));
}

void add_cross_section_features(FeatureSet& set) {
  for (const char* span : {"1", "6", "24", "168"}) {
    const std::string column = std::string("log_return_") + span;
    set.add(CrossFeature{"relative_return_" + std::string(span), CrossOperation::minus_mean, column});
  }
  for (const char* column : {"log_return_6", "log_return_24", "log_return_168", "volatility_168", "volume_ratio_6_168"})
    set.add(CrossFeature{"rank_" + std::string(column), CrossOperation::rank, column});
  set.add(CrossFeature{"relative_taker_share_72", CrossOperation::minus_mean, "taker_share_less_ema_72"});
}

}  // namespace clm
