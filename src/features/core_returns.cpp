#include <array>

#include "features/core_features.hpp"
#include "features/indicators.hpp"

namespace clm {

namespace {

// All spans share one history of log closes: a return is one subtraction.
constexpr std::array<int, 9> kReturnSpans{1, 2, 3, 5, 6, 12, 24, 72, 168};

struct Returns {
  History log_close{kReturnSpans.back()};

  void operator()(const Bar& bar, float* row) {
    log_close.push(bar.log_close);
    for (std::size_t i = 0; i < kReturnSpans.size(); ++i)
      row[i] = static_cast<float>(bar.log_close - log_close[kReturnSpans[i]]);
  }
};

struct Volatility {
  RollingVariance short_span{6}, day{24}, week{168};
  History log_close{24};

  void operator()(const Bar& bar, float* row) {
    log_close.push(bar.log_close);
    // The first bar of a stream has no return; there is nothing to start over yet.
    if (!bar.starts_stream) {
      short_span.update(bar.log_return);
      day.update(bar.log_return);
      week.update(bar.log_return);
    }
    const double day_deviation = day.deviation();
    const double week_deviation = week.deviation();
    row[0] = static_cast<float>(day_deviation);
    row[1] = static_cast<float>(week_deviation);
    row[2] = static_cast<float>(ratio(short_span.deviation(), day_deviation));
    row[3] = static_cast<float>(ratio(day_deviation, week_deviation));
    row[4] = static_cast<float>(ratio(bar.log_return, week_deviation));
    row[5] = static_cast<float>(ratio(bar.log_close - log_close[24], week_deviation * kRootDay));
  }
  static constexpr double kRootDay = 4.898979485566356;  // sqrt 24
};

struct Shape {
  RollingShape moments{72};

  void operator()(const Bar& bar, float* row) {
    if (!bar.starts_stream) moments.update(bar.log_return);
    row[0] = static_cast<float>(moments.skewness());
    row[1] = static_cast<float>(moments.excess_kurtosis());
  }
};

struct CandleShape {
  void operator()(const Bar& bar, float* row) {
    const double range = bar.high - bar.low;
    row[0] = static_cast<float>(ratio(bar.close - bar.open, range));
    row[1] = static_cast<float>(ratio(bar.high - std::max(bar.open, bar.close), range));
    row[2] = static_cast<float>(ratio(std::min(bar.open, bar.close) - bar.low, range));
  }
};

}  // namespace

void add_return_features(FeatureSet& set) {
  std::vector<FeatureSpec> returns;
  for (const int span : kReturnSpans) {
    const std::string n = std::to_string(span);
    returns.push_back({"log_return_" + n, span + 1, "close", "ln (close / close " + n + " bars ago)"});
  }
  set.add(symbol_features(std::move(returns), Returns{}));
  set.add(symbol_features(
      {{"volatility_24", 25, "close", "standard deviation of the last 24 log returns"},
       {"volatility_168", 169, "close", "standard deviation of the last 168 log returns"},
       {"volatility_ratio_6_24", 25, "close", "volatility of 6 bars over that of 24"},
       {"volatility_ratio_24_168", 169, "close", "volatility of 24 bars over that of 168"},
       {"scaled_return_1", 169, "close", "log return in units of volatility_168"},
       {"scaled_return_24", 169, "close", "log return of 24 bars in units of volatility_168 times the root of 24"}},
      Volatility{}));
  set.add(symbol_features({{"skewness_72", 73, "close", "skewness of the last 72 log returns"},
                           {"kurtosis_72", 73, "close", "excess kurtosis of the last 72 log returns"}},
                          Shape{}));
  set.add(symbol_features({{"body_share", 1, "open high low close", "(close - open) / (high - low)"},
                           {"upper_wick_share", 1, "open high low close", "wick above the body / (high - low)"},
                           {"lower_wick_share", 1, "open high low close", "wick below the body / (high - low)"}},
                          CandleShape{}));
}

}  // namespace clm
