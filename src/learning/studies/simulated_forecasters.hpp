#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "base/random.hpp"
#include "evaluation/trials/bar_score.hpp"

namespace clm {

/// Two forecasters of known rank IC in one market, bar by bar: labels of one symbol overlap (sums over the horizon's
/// shocks, which have the tails of Student's t with 4 degrees of freedom), and what a forecaster gets wrong about a
/// symbol lasts for some 10 bars and is half shared with the other forecaster. Deterministic by its Random; not
/// thread-safe. Cost of a bar: some 6 us for 60 symbols, and 4 us a score.
class SimulatedForecasters {
 public:
  struct Options {
    std::size_t symbols = 60;
    std::size_t horizon_bars = 5;
    double first_ic = 0.05, second_ic = 0.05;  ///< rank ICs, [0, 1)
  };
  SimulatedForecasters(const Options& options, Random random);

  void advance();
  /// Of the bar that was advanced to; 0 is the first forecaster, 1 the second.
  BarScore score(std::size_t forecaster, std::size_t min_symbols) const;

 private:
  Random random_;
  std::size_t symbols_, horizon_, slot_ = 0;
  double skill_[2];
  std::vector<double> shocks_, shared_, own_[2];
  std::vector<float> label_, forecast_[2];
};

}  // namespace clm
