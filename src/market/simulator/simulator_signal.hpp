#pragma once
#include "market/simulator/simulator.hpp"

namespace clm {

/// How fast a symbol's latent activity reverts: half of it is gone after so many bars.
inline constexpr double kActivityHalfLifeBars = 36;
double activity_decay_per_bar();

/// What a symbol's hidden states mean for its returns: the shape of the planted signal, of unit variance, before it is
/// multiplied by k and the symbol's own volatility.
///
///     linear       f(x, u) = x
///     conditional  f(x, u) = x (c + q(u)) / sqrt(c^2 + E[q^2]),   q(u) = 2 Phi(u / w) - 1
///
/// With u standard normal E[q] = 0 and E[q^2] = (2 / pi) asin(1 / (1 + w^2)), so the best linear forecast from x has
/// the correlation c / sqrt(c^2 + E[q^2]) with the conditional shape: `kConditionalLinearShare`.
class PlantedSignal {
 public:
  static constexpr double kConditionalLinearShare = 0.45;

  /// `decay_per_bar`: autocorrelation of x.
  PlantedSignal(SignalShape shape, double decay_per_bar);

  /// f(x, u).
  double at(double state, double activity) const;
  /// E[f(x, u) `bars_ahead` bars later | x, u now], bars_ahead >= 0. A later activity is normal around the decayed one,
  /// and E[Phi((m + s z) / w)] = Phi(m / sqrt(w^2 + s^2)) for a standard normal z.
  double expected(double state, double activity, int bars_ahead) const;

 private:
  SignalShape shape_;
  double decay_, activity_decay_;
  double constant_part_;  ///< c / norm
  double active_part_;    ///< 1 / norm
};

/// The k for which the best forecast reaches `rank_ic` over `horizon_bars`, and back: the rank IC reached with k. Both
/// run a pilot market of a fixed seed of its own. 0 maps to 0 exactly. Relative error of the pilot: about 1 %.
double signal_for_rank_ic(double rank_ic, int horizon_bars, SignalShape shape, double decay_per_bar);
double rank_ic_of_signal(double signal, int horizon_bars, SignalShape shape, double decay_per_bar);

}  // namespace clm
