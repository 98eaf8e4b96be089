#include "features/indicators/indicators.hpp"
#include "features/sets/core_features.hpp"

namespace clm {

namespace {

struct Oscillators {
  Rsi rsi{14};
  Adx adx{14};
  Atr atr{14};
  Macd macd{12, 26, 9};
  Bollinger bollinger{20, 2.0};
  Stochastic stochastic{14, 3, 3};
  Cci cci{20};
  Aroon aroon{25};

  void operator()(const Bar& bar, float* row) {
    adx.update(bar);
    const double range = atr.update(bar);
    macd.update(bar.close);
    stochastic.update(bar);
    RowWriter out(row);
    out << rsi.update(bar.close) << adx.value() << adx.plus_di() - adx.minus_di() << range / bar.close
        << ratio(macd.histogram(), range) << bollinger.update(bar.close) << stochastic.value();
    // Williams %R looks at the same 14 bars as the raw %K.
    out << 100.0 * stochastic.raw().value() - 100.0 << cci.update(bar) << aroon.update(bar);
  }
};

}  // namespace

void add_technical_features(FeatureSet& set) {
  const std::string bar = "high low close";
  set.add(symbol_features(
      {{"rsi_14", 15, "close", "relative strength index (Wilder), 0 to 100"},
       {"adx_14", 28, bar, "average directional index (Wilder), 0 to 100"},
       {"di_balance_14", 15, bar, "positive less negative directional indicator (Wilder), -100 to 100"},
       {"atr_share_14", 15, bar, "average true range (Wilder) / close"},
       {"macd_histogram_9", 34, bar, "MACD (12, 26) less its EMA 9, in average true ranges"},
       {"bollinger_position_20", 20, "close", "place between the bands of 2 deviations: 0 lower, 1 upper"},
       {"stochastic_k_14", 16, bar, "slow stochastic %K (14, 3), 0 to 100"},
       {"williams_r_14", 14, bar, "Williams %R, -100 to 0"},
       {"cci_20", 20, bar, "commodity channel index (Lambert)"},
       {"aroon_25", 26, "high low", "Aroon up less Aroon down, -100 to 100"}},
      Oscillators{}));
}

}  // namespace clm
