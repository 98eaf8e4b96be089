#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "evaluation/drift/drift_signal.hpp"

namespace clm {

struct EDetectorOptions {
  double mean = 0;           ///< in control no lower than this, in units of the values
  double sigma = 1;          ///< > 0: standard deviation in control; an alarm comes too often where it is underrated
  double run_length = 1000;  ///< > 1: values up to a false alarm, in the mean at least
  /// The largest lambda, of 1/4, 1/2, 1 and 2. Large ones find a fall of several sigmas within few values, and are the
  /// first to be misled by values that come in bursts.
  double largest_bet = 2;
};

/// Has the mean of a stream fallen below `mean`, and since when?
///
/// The e-detector of Shin, Ramdas & Rinaldo (2023, New England Journal of Statistics in Data Science, arXiv 2203.03532)
/// in the manner of Shiryaev and Roberts: M = (M + 1) L with L = exp(lambda z - lambda^2 / 2), z = (mean - x) / sigma,
/// in the mean over lambda = 1/4, 1/2, ... up to `largest_bet`; an alarm at M >= run_length. While every L is at most 1
/// in the mean given the past, which it is for normal values, and for others whose tails below are no heavier, of mean
/// at least `mean`, the run length is at least that: no independence is asked for beyond it, and nothing is
/// approximated. It is a mean, and no probability. The change point is that of the e-CUSUM (the maximum over starting
/// points) of the lambda that says most. Values that are not finite are missing and change nothing. Never warns; the
/// value after an alarm begins anew. Memory: 13 numbers. Cost of a value: four exponentials.
class EDetector {
 public:
  explicit EDetector(const EDetectorOptions& options = {});
  DriftSignal update(double value);
  void restart();
  /// M: an alarm from `run_length` on.
  double evidence() const;
  /// How many of the newest values lie after the estimated change point; 0 where nothing speaks for a change.
  std::uint64_t values_since_change() const;
  /// The mean of those values; 0 where there are none.
  double mean_since_change() const;
  DetectorState state() const;
  Status restore(std::span<const double> state);

 private:
  static constexpr std::array<double, 4> kLambdas{0.25, 0.5, 1, 2};
  struct Bet {
    double sum = 0;           ///< M of this lambda
    double log_maximum = 0;   ///< logarithm of the largest product of L over all starting points; no less than 0
    std::uint64_t since = 0;  ///< values since that starting point
  };
  std::size_t strongest_bet() const;
  std::size_t bets_in_use() const;
  EDetectorOptions options_;
  std::array<Bet, 4> bets_{};
  bool restart_due_ = false;
};

}  // namespace clm
