#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace clm {

/// Where the market has been going, next to `VolatilityRegime`.
enum class TrendRegime { down, flat, up, unknown };
std::string_view to_string(TrendRegime regime);

struct TrendDetectorOptions {
  std::size_t day_bars = 24;  ///< bars of a day, >= 1
  /// Drifts that are looked for, in volatilities of a day a day, > 0, ascending.
  std::array<double, 3> strengths{0.25, 0.5, 1};
  double run_days = 1095;  ///< > 0: in the mean up to a false trend of one direction; higher: fewer, and all later
  double scale_days = 3;   ///< half-life of the volatility that returns are measured in, >= 1
  double largest_bar = 2;  ///< > 0, in volatilities of a bar: what a return is more than that is cut
  double given_back = 4;   ///< > 0, in volatilities of a day: a trend has ended that has lost so much from its best
  std::size_t known_days = 14;  ///< before that the trend is unknown; >= 7
};

/// Is a price going somewhere, and since when?
///
/// Returns in units of their past volatility, cut at `largest_bar`, are bet on by e-detectors in the manner of Shiryaev
/// and Roberts (Shin, Ramdas & Rinaldo 2023, arXiv 2203.03532), one for each direction: M = (M + 1) L with
/// L = exp(lambda z - lambda^2 / 2), in the mean over the strengths lambda; a trend begins where M reaches `run_days`
/// in bars. While L is at most 1 in the mean given the past, the mean run length up to a false trend is at least that,
/// each direction, whenever one looks. The scale is the root mean square of the cut returns themselves, so that z has
/// mean square 1 over a time whatever the tails; that it does so bar by bar, where volatility comes in clusters, is no
/// theorem but simulated (`clm error-rates --scenarios regimes`): .75 false trends a year at most, of both directions.
/// The weeks after volatility has risen at once are the worst: within a month of its tripling one in seven begins. A
/// trend lasts until the sum of cut returns has fallen `given_back` from its best, as a trailing stop does, or until
/// the other direction begins. Where it began is the estimate of the e-CUSUM of the strength that says most.
///
/// Nothing later enters what is said of a bar. A missing bar (NaN) changes nothing, and neither does a price that has
/// not moved for more than a day. Copyable, deterministic, not thread-safe. Memory: 25 numbers. Cost: some 60 ns a bar.
class TrendDetector {
 public:
  explicit TrendDetector(const TrendDetectorOptions& options = {});

  /// The log return of the next bar; returns the state after it.
  TrendRegime update(double bar_return);
  TrendRegime state() const { return state_; }
  /// Bars that count since the trend began, by the estimate made when it was seen; 0 without one.
  std::uint64_t bars_since_began() const;
  /// Of the direction that has more, over what a trend needs to begin: 1 is a beginning. Of a trend that lasts: of the
  /// other direction.
  double evidence() const;

 private:
  static constexpr std::size_t kStrengths = std::tuple_size_v<decltype(TrendDetectorOptions::strengths)>;
  struct Bet {
    double sum = 0;           ///< M of this strength
    double product = 0;       ///< largest product of L over all starting points
    std::uint64_t since = 0;  ///< bars since that starting point
  };
  using Side = std::array<Bet, kStrengths>;

  double scaled(double bar_return);
  static double mean_sum(const Side& side);
  void begin(TrendRegime direction, Side& side);

  TrendDetectorOptions options_;
  std::array<double, kStrengths> lambda_{}, both_{};  ///< a bar; L of both directions, multiplied
  double needed_, scale_weight_, stop_;
  double variance_ = 0;
  std::uint64_t known_ = 0;  ///< bars that counted
  std::size_t unmoved_ = 0;  ///< bars in a row
  Side up_{}, down_{};
  double gained_ = 0, best_ = 0;   ///< since the trend was seen, in its direction
  std::uint64_t began_known_ = 0;  ///< `known_` where it began
  TrendRegime state_ = TrendRegime::unknown;
};

}  // namespace clm
