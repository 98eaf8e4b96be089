#include "features/core_features.hpp"
#include "features/indicators.hpp"

namespace clm {

namespace {

struct Volume {
  RollingSum hours{6}, day{24}, week{168};
  RollingVariance log_volume{168};
  Mfi mfi{14};
  BalanceShare balance{24};

  void operator()(const Bar& bar, float* row) {
    const double hours_mean = hours.update(bar.volume) / 6.0;
    const double day_mean = day.update(bar.volume) / 24.0;
    const double week_mean = week.update(bar.volume) / 168.0;
    // A bar without trades has no logarithm of its volume. It does not move the mean, and its own score is NaN.
    const double log_of_volume = bar.volume > 0.0 ? std::log(bar.volume) : kMissing;
    if (bar.volume != 0.0) log_volume.update(log_of_volume);
    row[0] = static_cast<float>(ratio(bar.volume, day_mean));
    row[1] = static_cast<float>(ratio(hours_mean, week_mean));
    row[2] = static_cast<float>(ratio(day_mean, week_mean));
    row[3] = static_cast<float>(log_volume.z_score(log_of_volume));
    row[4] = static_cast<float>(mfi.update(bar));
    row[5] = static_cast<float>(balance.update(bar));
  }
};

// The share of the volume that takers bought. A bar without trades has no share: its features are NaN, and the
// averages, which are over bars with trades, stay where they are.
struct TakerShare {
  Ema shorter{3}, hours{6}, day{24}, days{72}, week{168};
  RollingVariance recent{72};

  void operator()(const Bar& bar, float* row) {
    const double share = ratio(bar.taker_buy_volume, bar.volume);
    if (bar.volume != 0.0) {
      shorter.update(share);
      hours.update(share);
      day.update(share);
      days.update(share);
      week.update(share);
      recent.update(share);
    }
    const double nothing = share - share;  // 0, or NaN where there is no share
    row[0] = static_cast<float>(share);
    row[1] = static_cast<float>(share - day.value());
    row[2] = static_cast<float>(share - days.value());
    row[3] = static_cast<float>(share - week.value());
    row[4] = static_cast<float>(shorter.value() - days.value() + nothing);
    row[5] = static_cast<float>(hours.value() - week.value() + nothing);
    row[6] = static_cast<float>(recent.z_score(share));
  }
};

}  // namespace

void add_volume_features(FeatureSet& set) {
  set.add(symbol_features(
      {{"volume_ratio_24", 24, "volume", "volume / mean volume of 24 bars"},
       {"volume_ratio_6_168", 168, "volume", "mean volume of 6 bars / that of 168"},
       {"volume_ratio_24_168", 168, "volume", "mean volume of 24 bars / that of 168"},
       {"volume_z_168", 168, "volume", "ln volume in deviations from its mean over the last 168 bars with trades"},
       {"mfi_14", 15, "high low close volume", "money flow index, 0 to 100"},
       {"balance_share_24", 25, "close volume", "on-balance volume within 24 bars / their volume, -1 to 1"}},
      Volume{}));
  const std::string inputs = "taker_buy_volume volume";
  set.add(symbol_features(
      {{"taker_share", 1, inputs, "taker_buy_volume / volume"},
       {"taker_share_less_ema_24", 24, inputs, "taker share less its exponential average of span 24"},
       {"taker_share_less_ema_72", 72, inputs, "taker share less its exponential average of span 72"},
       {"taker_share_less_ema_168", 168, inputs, "taker share less its exponential average of span 168"},
       {"taker_share_ema_3_less_72", 72, inputs, "exponential average of the taker share of span 3 less that of 72"},
       {"taker_share_ema_6_less_168", 168, inputs, "exponential average of the taker share of span 6 less that of 168"},
       {"taker_share_z_72", 72, inputs, "taker share in deviations from its mean over the last 72 bars with trades"}},
      TakerShare{}));
}

}  // namespace clm
