#include "features/indicators/indicators.hpp"
#include "features/sets/feature_set.hpp"

namespace clm {

namespace {

struct ClassicPrice {
  Ema ema_10{10}, ema_20{20}, ema_50{50};
  Rsi rsi{14};
  RollingVariance returns{20};
  Macd macd{12, 26, 9};
  Bollinger bollinger{20, 2.0};
  History log_close{20};

  void operator()(const Bar& bar, float* row) {
    log_close.push(bar.log_close);
    if (bar.has_return()) returns.update(bar.log_return);
    const double fast = ema_10.update(bar.close), middle = ema_20.update(bar.close), slow = ema_50.update(bar.close);
    macd.update(bar.close);
    row[0] = static_cast<float>(bar.close / fast - 1.0);
    row[1] = static_cast<float>(bar.close / middle - 1.0);
    row[2] = static_cast<float>(bar.close / slow - 1.0);
    row[3] = static_cast<float>(fast / middle - 1.0);
    row[4] = static_cast<float>(fast / slow - 1.0);
    row[5] = static_cast<float>(rsi.update(bar.close));
    row[6] = static_cast<float>(returns.deviation());
    row[7] = static_cast<float>(macd.value() / bar.close);
    row[8] = static_cast<float>(macd.signal() / bar.close);
    row[9] = static_cast<float>(macd.histogram() / bar.close);
    row[10] = static_cast<float>(bollinger.update(bar.close));
    row[11] = static_cast<float>(bar.log_close - log_close[10]);
    row[12] = static_cast<float>(bar.log_close - log_close[20]);
  }
};

struct ClassicContext {
  Ema funding_3{3};
  RollingVariance funding{168};
  History funding_before{1}, interest{10}, log_close{10}, sentiment{24};

  void operator()(const Bar& bar, float* row) {
    const ContextValues& now = bar.context;
    funding_before.push(now.funding_rate);
    interest.push(now.open_interest > 0.0 ? std::log(now.open_interest) : kMissing);
    log_close.push(bar.log_close);
    sentiment.push(now.fear_greed);
    funding.update(now.funding_rate);
    const double momentum = interest[0] - interest[10];
    row[0] = static_cast<float>(now.funding_rate * 1e4);
    row[1] = static_cast<float>((now.funding_rate - funding_before[1]) * 1e4);
    row[2] = static_cast<float>(funding_3.update(now.funding_rate) * 1e4);
    row[3] = static_cast<float>(funding.z_score(now.funding_rate));
    row[4] = static_cast<float>(interest[0] - interest[1]);
    row[5] = static_cast<float>(momentum);
    row[6] = static_cast<float>(momentum - (bar.log_close - log_close[10]));
    row[7] = static_cast<float>(now.long_short_ratio > 0.0 ? std::log(now.long_short_ratio) : kMissing);
    row[8] = static_cast<float>((now.fear_greed - sentiment[24]) / 100.0);
  }
};

}  // namespace

FeatureSet classic22_feature_set() {
  FeatureSet set("classic22");
  set.add(symbol_features({{"ema_10", 10, "close", "close / EMA 10 - 1"},
                           {"ema_20", 20, "close", "close / EMA 20 - 1"},
                           {"ema_50", 50, "close", "close / EMA 50 - 1"},
                           {"ema_10_20_cross", 20, "close", "EMA 10 / EMA 20 - 1"},
                           {"ema_10_50_cross", 50, "close", "EMA 10 / EMA 50 - 1"},
                           {"rsi_14", 15, "close", "relative strength index (Wilder), 0 to 100"},
                           {"volatility_20", 21, "close", "standard deviation of the last 20 log returns"},
                           {"macd", 26, "close", "(EMA 12 - EMA 26) / close"},
                           {"macd_signal", 34, "close", "EMA 9 of the MACD / close"},
                           {"macd_hist", 34, "close", "(MACD - signal) / close"},
                           {"bb_position", 20, "close", "place between the bands of 2 deviations: 0 lower, 1 upper"},
                           {"momentum_10", 11, "close", "ln (close / close 10 bars ago)"},
                           {"momentum_20", 21, "close", "ln (close / close 20 bars ago)"}},
                          ClassicPrice{}));
  set.add(symbol_features(
      {{"funding_rate", 1, "funding_rate", "last settled funding rate, in basis points"},
       {"funding_rate_change", 2, "funding_rate", "its change over one bar"},
       {"funding_rate_ma_3", 3, "funding_rate", "its exponential average of span 3"},
       {"funding_rate_extreme", 168, "funding_rate", "its distance from the mean of 168 bars, in deviations"},
       {"open_interest_change", 2, "open_interest", "its log change over one bar"},
       {"open_interest_momentum", 11, "open_interest", "its log change over 10 bars"},
       {"open_interest_divergence", 11, "open_interest close", "open_interest_momentum less momentum_10"},
       {"long_short_ratio", 1, "long_short_ratio", "ln (accounts long / accounts short)"},
       {"sentiment_shift", 25, "fear_greed", "change of the fear-and-greed index over 24 bars / 100"}},
      ClassicContext{}));
  return set;
}

}  // namespace clm
