#include "features/indicators/indicators.hpp"
#include "features/sets/core_features.hpp"

namespace clm {

namespace {

struct Context {
  Ema funding_mean{168};
  History open_interest{24}, sentiment{168};

  void operator()(const Bar& bar, float* row) {
    const ContextValues& now = bar.context;
    open_interest.push(now.open_interest);
    sentiment.push(now.fear_greed);
    const double share = now.fear_greed / 100.0;
    row[0] = static_cast<float>(now.funding_rate * 1e4);
    row[1] = static_cast<float>((now.funding_rate - funding_mean.update(now.funding_rate)) * 1e4);
    row[2] = static_cast<float>(log_ratio(now.open_interest, open_interest[24]));
    row[3] = static_cast<float>(log_ratio(now.long_short_ratio, 1.0));
    row[4] = static_cast<float>(share - 0.5);
    row[5] = static_cast<float>(share - sentiment[168] / 100.0);
  }
  static double log_ratio(double now, double before) { return now > 0.0 ? std::log(ratio(now, before)) : kMissing; }
};

}  // namespace

void add_context_features(FeatureSet& set) {
  set.add(symbol_features(
      {{"funding_rate_bps", 1, "funding_rate", "last settled funding rate, in basis points"},
       {"funding_less_ema_168_bps", 168, "funding_rate", "funding rate less its exponential average of 168 bars"},
       {"open_interest_change_24", 25, "open_interest", "ln (open interest / open interest 24 bars ago)"},
       {"long_short", 1, "long_short_ratio", "ln (accounts long / accounts short)"},
       {"sentiment", 1, "fear_greed", "fear-and-greed index / 100 - 1/2"},
       {"sentiment_change_168", 169, "fear_greed", "change of sentiment over 168 bars"}},
      Context{}));
}

}  // namespace clm
