#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "market/series/candle.hpp"

namespace clm {

/// What the planted signal does from `signal_ends_at_bar` on. `flip` turns its sign, so that what was learnt before
/// becomes harmful; the taker-buy share looks the same in both cases: only its meaning changes.
enum class SignalEnd { vanish, flip };

/// How the order flow seen so far moves the bars that follow. `conditional`: what the taker-buy imbalance of an active
/// symbol began, goes on; what that of a quiet one began, turns back, more weakly. So it is where some traders know
/// more and others trade for liquidity (Campbell, Grossman & Wang 1993, QJE 108; Llorente, Michaely, Saar & Wang 2002,
/// RFS 15): a linear model in the features finds a part of it only. `linear`: the imbalance always means the same.
enum class SignalShape { linear, conditional };

/// Something that happens to one symbol. `listed`: no candles before `bar`. `delisted`: none from `bar` on.
/// `frozen`: from `bar` on the exchange repeats the last price with zero volume, as it does for dead contracts.
enum class SymbolEventKind { listed, delisted, frozen };
struct SymbolEvent {
  std::size_t symbol = 0;  ///< index into the simulated symbols
  SymbolEventKind kind = SymbolEventKind::frozen;
  std::size_t bar = 0;
};

/// A market of known truth.
struct SimulationOptions {
  std::size_t symbols = 30;                        ///< 1 .. 10,000
  std::size_t bars = 3000;                         ///< per symbol, 1 .. 10,000,000; symbols x bars <= 200 million
  Interval interval = Interval::one_hour();        ///< volatility scales with its square root
  Timestamp start = Timestamp(1'704'067'200'000);  ///< open of bar 0; 2024-01-01. A multiple of the interval
  std::uint64_t seed = 1;                          ///< same seed, same bytes
  double signal_ic = 0.0;                          ///< rank IC of the best possible forecast, 0 .. 0.4; 0 = pure noise
  SignalShape signal_shape = SignalShape::conditional;
  int horizon_bars = 5;                           ///< label horizon for which `signal_ic` is stated, 1 .. 200
  double signal_half_life_bars = 8.0;             ///< of the latent state, 0.5 .. 500; longer = averaging helps more
  std::optional<std::size_t> signal_ends_at_bar;  ///< returns of this bar and later ones follow `signal_end`
  SignalEnd signal_end = SignalEnd::vanish;
  double outage_rate = 0.0;         ///< chance per bar that the exchange goes down for 1-6 bars (all symbols), 0 .. 0.5
  double gap_rate = 0.0;            ///< chance that a single bar of a single symbol is missing, 0 .. 0.5
  std::vector<SymbolEvent> events;  ///< late listings, delistings, dead symbols
  Venue venue = Venue("sim");
};

/// What `simulate` made: the candles, and the truth behind them.
///
/// Model. Log return of symbol i in bar t:
///
///     r = level_i c_t ( a_i m_t + b_i s_t + d_i sqrt(h_it) (e_it + k_t f(x, u)_i,t-1) )
///
/// with the market factor m and one of 8 sector factors s (GARCH(1,1) with Student-t(6) shocks, as the own shock e
/// with its GARCH variance h), and c the common level of volatility: three regimes and a daily cycle. High and low
/// are exact draws of the extremes of a Brownian bridge between open and close (Glasserman 2003, section 6.4).
/// x is the latent state: AR(1), variance 1, half-life `signal_half_life_bars`. It shows in the share of taker buys
/// of bar t: share = 1/2 + bias_i + .035 (x + .7 noise + .5 shock of this bar). u is the symbol's activity: AR(1),
/// variance 1, half-life 36 bars. It shows in the volume, which is in proportion to exp(.7 u). Their f(x, u) (x itself,
/// or x times a factor that rises with u from -.70 to 1.60 and is 0 at u = -.25: PlantedSignal), times k, moves the
/// *following* bars. k is solved for on a pilot market of its own fixed seed so that the best forecast from x_t and u_t
/// reaches `signal_ic` against the label log(open[t+1+h] / open[t+1]) over recent volatility. With k = 0 log returns
/// are martingale differences, independent of everything seen before: nothing predicts them.
///
/// Prices lie between 1e-3 and 1e4 at the start and carry six significant digits, so that rounding is below 1e-5 of
/// the price at any level. Volumes are about log-normal, persistent, and grow with volatility and with the move of
/// their bar; there is more in the European-American afternoon and less at weekends.
///
/// Streams. Every symbol has its own stream of random numbers: more symbols or more bars leave the candles that
/// were there before as they are, and another `signal_ic` or shape moves the returns by the planted drift and nothing
/// else.
struct Simulation {
  SimulationOptions options;
  std::vector<CandleSeries> series;        ///< one per symbol, "SIM0000USDT" and so on; all candle columns filled
  double signal_strength = 0.0;            ///< k above, before `signal_ends_at_bar`
  std::vector<std::vector<float>> states;  ///< [symbol][bar]: x, known at that bar's close; missing bars have one too
  std::vector<std::vector<float>> activities;  ///< [symbol][bar]: u, likewise

  /// The best possible forecast, made at the close of `bar`, of the label over the next `horizon_bars`: the expected
  /// own return in units of one bar's own volatility. 0 everywhere in a market without signal.
  double best_forecast(std::size_t symbol, std::size_t bar, int horizon_bars) const;

  /// Cross-sectional rank IC that `best_forecast` reaches at this horizon while the signal lasts (in a large
  /// universe; with n symbols the expected value of the measured one is n / (n + 1) of it). Runs the pilot: 30 ms.
  double best_rank_ic(int horizon_bars) const;

  /// Number of the bar that opens at `open_time`.
  std::size_t bar_of(Timestamp open_time) const {
    return static_cast<std::size_t>((open_time - options.start) / options.interval.length());
  }
};

/// Makes the market. Error `simulate.options` (usage) names the option and its range. Cost: about 0.2 us a bar on one
/// thread (91 x 1,500: 25 ms) and 88 bytes of memory; a signal adds about 50 ms for the pilot. Thread-safe.
Result<Simulation> simulate(const SimulationOptions& options);

}  // namespace clm
