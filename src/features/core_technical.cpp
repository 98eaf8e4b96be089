#include <array>

#include "features/core_features.hpp"
#include "features/indicators.hpp"

namespace clm {

namespace {

constexpr std::array<int, 4> kAverageSpans{12, 24, 72, 200};

// Averages of ln close: the distance to one is a log return, without a logarithm or a division of its own.
struct AverageDistances {
  Ema short_span{kAverageSpans[0]}, day{kAverageSpans[1]}, days{kAverageSpans[2]}, week{kAverageSpans[3]};

  void operator()(const Bar& bar, float* row) {
    row[0] = static_cast<float>(bar.log_close - short_span.update(bar.log_close));
    row[1] = static_cast<float>(bar.log_close - day.update(bar.log_close));
    row[2] = static_cast<float>(bar.log_close - days.update(bar.log_close));
    row[3] = static_cast<float>(bar.log_close - week.update(bar.log_close));
  }
};

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
    row[0] = static_cast<float>(rsi.update(bar.close));
    row[1] = static_cast<float>(adx.value());
    row[2] = static_cast<float>(adx.plus_di());
    row[3] = static_cast<float>(adx.minus_di());
    row[4] = static_cast<float>(range / bar.close);
    row[5] = static_cast<float>(ratio(bar.high - bar.low, range));
    row[6] = static_cast<float>(ratio(macd.value(), range));
    row[7] = static_cast<float>(ratio(macd.histogram(), range));
    row[8] = static_cast<float>(bollinger.update(bar.close));
    row[9] = static_cast<float>(bollinger.relative_width());
    row[10] = static_cast<float>(stochastic.value());
    row[11] = static_cast<float>(stochastic.d());
    // Williams %R looks at the same 14 bars as the raw %K.
    row[12] = static_cast<float>(100.0 * stochastic.raw().value() - 100.0);
    row[13] = static_cast<float>(cci.update(bar));
    row[14] = static_cast<float>(aroon.update(bar));
  }
};

struct Channel {
  ChannelPosition week{168};

  void operator()(const Bar& bar, float* row) {
    row[0] = static_cast<float>(week.update(bar));
    row[1] = static_cast<float>(bar.close / week.high() - 1.0);
    row[2] = static_cast<float>(bar.close / week.low() - 1.0);
  }
};

}  // namespace

void add_technical_features(FeatureSet& set) {
  std::vector<FeatureSpec> distances;
  for (const int span : kAverageSpans) {
    const std::string n = std::to_string(span);
    distances.push_back({"ema_distance_" + n, span, "close", "ln close less its exponential average of span " + n});
  }
  set.add(symbol_features(std::move(distances), AverageDistances{}));
  const std::string bar = "high low close";
  set.add(symbol_features(
      {{"rsi_14", 15, "close", "relative strength index (Wilder), 0 to 100"},
       {"adx_14", 28, bar, "average directional index (Wilder), 0 to 100"},
       {"plus_di_14", 15, bar, "positive directional indicator, 0 to 100"},
       {"minus_di_14", 15, bar, "negative directional indicator, 0 to 100"},
       {"atr_share_14", 15, bar, "average true range (Wilder) / close"},
       {"range_ratio_14", 15, bar, "(high - low) / average true range"},
       {"macd_12_26", 26, bar, "EMA 12 less EMA 26 of the close, in average true ranges"},
       {"macd_histogram_9", 34, bar, "MACD less its EMA 9, in average true ranges"},
       {"bollinger_position_20", 20, "close", "place between the bands of 2 deviations: 0 lower, 1 upper"},
       {"bollinger_width_20", 20, "close", "distance of the bands / mean"},
       {"stochastic_k_14", 16, bar, "slow stochastic %K (14, 3), 0 to 100"},
       {"stochastic_d_14", 18, bar, "slow stochastic %D (14, 3, 3), 0 to 100"},
       {"williams_r_14", 14, bar, "Williams %R, -100 to 0"},
       {"cci_20", 20, bar, "commodity channel index (Lambert)"},
       {"aroon_25", 26, "high low", "Aroon up less Aroon down, -100 to 100"}},
      Oscillators{}));
  set.add(symbol_features({{"channel_position_168", 168, bar, "place in the range of 168 bars: 0 low, 1 high"},
                           {"distance_to_high_168", 168, bar, "close / highest high of 168 bars - 1"},
                           {"distance_to_low_168", 168, bar, "close / lowest low of 168 bars - 1"}},
                          Channel{}));
}

}  // namespace clm
