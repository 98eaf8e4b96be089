#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"

namespace clm {

inline constexpr std::size_t kSimulatedSectors = 8;

/// What one bar has in common for all symbols of a simulated market (see Simulation for the model).
struct MarketBar {
  double volatility_factor;  ///< regime x daily cycle, about 1
  double market_shock;       ///< about unit variance, clustered
  double market_variance;    ///< of the diffusion within the bar that ended in this shock
  std::array<double, kSimulatedSectors> sector_shock;
  std::array<double, kSimulatedSectors> sector_variance;
  double log_volume_season;  ///< time of day and day of week
};

/// The common part of the market; the first n bars do not depend on how many follow.
std::vector<MarketBar> simulate_market_bars(std::uint64_t seed, std::size_t bars, Timestamp start, Interval interval);

/// GARCH(1,1) with unit mean variance and Student-t(6) shocks; the variance follows the shocks drawn here only.
class ClusteredShocks {
 public:
  struct Draw {
    double shock;               ///< standardised: unit variance, fat tails
    double standard_deviation;  ///< conditional, known before the bar
    double mixing;              ///< variance of the shock's normal: how wild the path within the bar was
  };
  Draw next(Random& random);

 private:
  double variance_ = 1.0;
};

/// How the states of a symbol become returns. Times one symbol through the bars, in order.
class SymbolProcess {
 public:
  /// `index` names the symbol's stream. `decay_per_bar` in [0, 1): autocorrelation of the latent state.
  SymbolProcess(std::uint64_t seed, std::size_t index, Interval interval, double decay_per_bar);

  struct Step {
    double noise_return;     ///< log return of the bar without the signal
    double own_volatility;   ///< conditional volatility of the symbol's own part: signal return = k f(before) x this
    double state_before;     ///< x at the close of the bar before
    double activity_before;  ///< u likewise
    double state;            ///< x at the close of this bar
    double activity;         ///< u likewise
    double path_volatility;  ///< of the diffusion within the bar
    double relative_volatility;  ///< path_volatility in units of the symbol's usual one
  };
  Step advance(const MarketBar& market);
  Random& random() { return random_; }

 private:
  Random random_;
  std::size_t sector_;
  double level_, market_load_, sector_load_, own_load_;
  double decay_, innovation_;
  double state_;
  double activity_decay_, activity_innovation_;
  Random activity_random_;  ///< of its own: how active the symbol is moves no return of a market without signal
  double activity_;
  ClusteredShocks shocks_;
};

/// Nearly normal with unit variance from one draw (sum of four 16-bit uniforms, kurtosis 2.7): for noise whose tails
/// do not matter, at a fifth of the cost.
double quick_normal(Random& random);

}  // namespace clm
