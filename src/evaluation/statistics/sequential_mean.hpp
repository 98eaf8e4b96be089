#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace clm {

struct SequentialMeanOptions {
  /// One-sided level: the mean is claimed to be above zero, when it is not, with at most this probability over the
  /// whole life of the sequence; likewise below. (0, .5)
  double alpha = 0.01;
  /// The first values set the scale that the boundary is tuned to, and count no further. >= 1
  std::size_t pilot = 5;
  /// Number of values at which the boundary is tightest. >= 1; more decides later and surer of small means
  double tuned_for = 100;
  /// By how much the variance of the values' mean exceeds that of independent values, for values that overlap; >= 1.
  double variance_inflation = 1;
};

/// Is the mean of a sequence above or below zero? May be asked after every value without cheating.
///
/// Values are summed against the mixture boundary of their sum of squares (`NormalMixture`). The guarantee is exact
/// for values symmetric about zero given the past, heavy tails included, which the difference of two forecasters of
/// equal skill is; that it holds for overlapping returns of a simulated market is shown by `clm error-rates`. A small
/// value object: 4 numbers and the options. Cost of a value O(1), of an interval some microseconds.
class SequentialMean {
 public:
  explicit SequentialMean(const SequentialMeanOptions& options) : options_(options) {}

  void add(double value);
  std::size_t count() const { return count_; }  ///< of all values, the pilot's included
  double mean() const;                          ///< of those after the pilot; 0 without one

  bool above_zero() const;
  bool below_zero() const;
  /// Means that are not excluded, each side at level alpha, at all times at once; infinite where there are too few.
  struct Bounds {
    double lo, hi;
  };
  Bounds bounds() const;
  /// How many further values like the present mean and spread until one side is decided; empty: not foreseeable
  /// (`most` further would not do).
  std::optional<std::size_t> expected_remaining(std::size_t most) const;

  /// {count, pilot's sum of squares, sum, sum of squares}: all that must be kept to go on to the same bits.
  std::vector<double> state() const;
  /// The inverse; as many numbers as `state` gives (contract).
  void restore(const std::vector<double>& state);

 private:
  bool is_decided(double sum, double squares) const;
  SequentialMeanOptions options_;
  std::size_t count_ = 0;
  double pilot_squares_ = 0, sum_ = 0, squares_ = 0;
};

}  // namespace clm
