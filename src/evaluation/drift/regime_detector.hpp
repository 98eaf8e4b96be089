#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "evaluation/drift/gaussian_hmm.hpp"
#include "evaluation/metrics/metrics.hpp"
#include "market/series/candle.hpp"

namespace clm {

/// Where the market has been going, next to `VolatilityRegime`.
enum class TrendRegime { down, flat, up, unknown };
std::string_view to_string(TrendRegime regime);

struct RegimeOptions {
  std::size_t window_bars = 24;  ///< that an observation is of, >= 4: a day of hours; higher: smoother, later
  std::size_t observe_every_bars =
      24;  ///< >= 1; less than the window: overlapping observations, states too sure of themselves
  std::size_t sustain_bars = 72;      ///< a state must have lasted so long before it counts as the regime
  std::size_t volatility_states = 3;  ///< 3; or 2: calm and turbulent
  double min_probability = 0.5;       ///< in [0, 1): a state that is no likelier than this is no state
  /// In [min_probability, 1): how likely up or down must be to begin; it lasts while it is likelier than
  /// `min_probability`, and what is neither is flat. Higher: fewer trends seen in a random walk, and each later.
  double trend_probability = 0.9;
  GaussianHmmOptions volatility{};  ///< of log realised volatility; its `states` is set from the above
  /// Of drift in units of volatility, with states -m, 0, m: up is up, whatever the training bars did, and a drift of
  /// less than half a day's volatility a day is nearer to none than to a trend.
  GaussianHmmOptions trend{.means = StateMeans::mirrored, .least_mean = 1};
};

/// What was learned on training bars: two hidden Markov chains, one of log realised volatility (root of the mean
/// squared bar return over the window), one of the window's drift in units of its volatility (sum of returns over the
/// root of their sum of squares: about standard normal without a trend). A window of which less than half is known, or
/// that never moved, is no observation.
struct RegimeModel {
  RegimeOptions options;
  GaussianHmm volatility;
  GaussianHmm trend;

  /// From bar returns (log, NaN where missing) of one symbol, or of several that are to share a model, each in order of
  /// time. Nothing but these is looked at. Errors: those of `GaussianHmm::fit`.
  static Result<RegimeModel> fit(std::span<const std::vector<double>> training_returns, const RegimeOptions& options);
};

/// What is known after a bar.
struct Regime {
  VolatilityRegime volatility = VolatilityRegime::unknown;  ///< the last state that was sustained
  TrendRegime trend = TrendRegime::unknown;
  /// Bars that had been seen at the first of the observations by which the state counts; 0 while it is unknown.
  std::uint64_t volatility_since = 0, trend_since = 0;
  StateProbabilities volatility_now{};  ///< of calm, normal, turbulent (calm, turbulent) now, sustained or not
  StateProbabilities trend_now{};       ///< of down, flat, up
  friend bool operator==(const Regime&, const Regime&) = default;
};

/// The regime of a symbol, or of the market (`market_return`), bar by bar. States are filtered, never smoothed: what is
/// said of a bar was known at its close. A state counts once it has been likely at as many observations in a row
/// as make up `sustain_bars`; until the first has, the regime is unknown. A trend must be likelier than a state of
/// volatility to begin (`trend_probability`), since a random walk looks like one now and then. A missing observation
/// neither breaks nor adds to such a row. So a change is known at the earliest `sustain_bars` after it, and about a
/// window later where it is plain. Copyable; deterministic; not thread-safe. Memory: a window. Cost: about 10 ns a bar,
/// and an observation some 100 ns.
class RegimeDetector {
 public:
  explicit RegimeDetector(const RegimeModel& model);

  /// The log return of the next bar; NaN: missing.
  const Regime& update(double bar_return);
  const Regime& regime() const { return regime_; }
  /// How likely the state that counts is now; NaN while it is unknown.
  double volatility_probability() const { return probability(volatility_row_, regime_.volatility_now); }
  double trend_probability() const { return probability(trend_row_, regime_.trend_now); }

 private:
  /// Which state is likely, since when and for how many observations, and which one counts.
  struct Row {
    std::size_t likely = kNone;
    std::uint64_t since = 0;
    std::size_t observations = 0;
    std::size_t sustained = kNone;
    std::uint64_t sustained_since = 0;
    static constexpr std::size_t kNone = kMaxHmmStates;
    void add(std::size_t state, std::uint64_t bars, std::size_t wanted);
  };

  static double probability(const Row& row, const StateProbabilities& now) {
    return row.sustained == Row::kNone ? kMissing : now[row.sustained];
  }
  void observe();
  std::size_t likely_volatility() const;
  std::size_t likely_trend() const;
  void name_states();

  RegimeModel model_;
  std::vector<double> window_;  ///< the last bars, a ring
  std::uint64_t bars_ = 0;      ///< seen in all
  bool started_ = false;
  Row volatility_row_;
  Row trend_row_;
  Regime regime_;
};

/// The market's bar return: the mean of what is known of the symbols'; NaN where nothing is.
double market_return(std::span<const double> symbol_returns);

}  // namespace clm
