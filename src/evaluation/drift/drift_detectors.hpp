#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "evaluation/drift/drift_signal.hpp"

namespace clm {

// Detectors of change in a stream, one value at a time. What they share:
// - `update` takes the next value and says what follows from it. After a `drift` the next value begins a new stream, as
//   in the library River, whose defaults the options have.
// - A value that is not finite is missing: the detector stays as it was and says `none`. Counting what is missing is
// the
//   caller's (`two_sample_tests.hpp` tests it).
// - They assume independent values. Hand them one value a bar, and of overlapping labels one per horizon; else alarms
//   come more often than the options say.
// - Plain values: copying one copies the stream's memory. Not thread-safe. Deterministic.

struct PageHinkleyOptions {
  std::size_t min_values = 30;  ///< no alarm before
  double delta = 0.005;         ///< change a value that is tolerated, >= 0, in units of the values
  double threshold = 50;        ///< > 0, in units of the values; higher: fewer alarms, later
  double alpha = 1 - 0.0001;    ///< in (0, 1]: what remains of the sums at each value
  ChangeSide side = ChangeSide::both;
};

/// Sum of deviations from the running mean, with its lowest (highest) point so far: an alarm once the sum has risen
/// (fallen) by `threshold` from there. E. S. Page (1954), Biometrika 41:100; the form with fading is Sebastiao &
/// Fernandes (2017): m_t = alpha m_{t-1} + x_t - mean_t -+ delta. Memory: 5 numbers. Never warns.
class PageHinkley {
 public:
  explicit PageHinkley(const PageHinkleyOptions& options = {});
  DriftSignal update(double value);
  void restart();
  DetectorState state() const;
  Status restore(std::span<const double> state);

 private:
  PageHinkleyOptions options_;
  std::uint64_t count_ = 0;
  double mean_ = 0;
  double up_ = 0;
  double lowest_up_ = 0;
  double down_ = 0;
  double highest_down_ = 0;
  bool restart_due_ = false;
};

struct DdmOptions {
  std::size_t warm_up_values = 30;  ///< no signal up to here
  double warning_sigmas = 2;
  double drift_sigmas = 3;  ///< higher: fewer alarms, later
};

/// Error rate against its best time: with p the rate over all values since the start and s = sqrt(p (1 - p) / n), warns
/// at p + s > p_min + 2 s_min and alarms at 3, the minimum being that of p + s. Gama, Medas, Castillo & Rodrigues
/// (2004), SBIA, 286. Only rises are found. Values: 1 for an error, 0 for a hit. Memory: 5 numbers.
class Ddm {
 public:
  explicit Ddm(const DdmOptions& options = {});
  /// `value` in [0, 1].
  DriftSignal update(double value);
  void restart();
  DetectorState state() const;
  Status restore(std::span<const double> state);

 private:
  DdmOptions options_;
  std::uint64_t count_ = 0;
  double rate_ = 0;
  double lowest_rate_ = 0;
  double lowest_deviation_ = 0;
  bool has_lowest_ = false;
  bool restart_due_ = false;
};

struct HddmWOptions {
  double drift_confidence = 0.001;    ///< in (0, 1): chance of a false alarm at a comparison
  double warning_confidence = 0.005;  ///< >= drift_confidence
  double lambda = 0.05;               ///< in (0, 1]: weight of the newest value; higher: quicker, less sure
  ChangeSide side = ChangeSide::increase;
};

/// Two exponentially weighted means, before and after the cut point at which the mean's upper bound was lowest,
/// compared by McDiarmid's bound sqrt(ibc ln(1 / confidence) / 2), ibc being the sum of the squared weights.
/// Frias-Blanco et al. (2015), IEEE Trans. Knowledge and Data Engineering 27(3):810, test W; as in MOA, a mean starts
/// at its first value (River takes a mean that is 0 for one that has not started). Values in [0, 1]: 1 for an error.
/// Memory: 19 numbers.
class HddmW {
 public:
  explicit HddmW(const HddmWOptions& options = {});
  /// `value` in [0, 1].
  DriftSignal update(double value);
  void restart();
  DetectorState state() const;
  Status restore(std::span<const double> state);

 private:
  /// An exponentially weighted mean and the sum of its squared weights, which bounds its error.
  struct WeightedMean {
    double mean = 0;
    double squared_weights = 1;
    bool started = false;
    void add(double value, double lambda);
  };
  /// One direction: the mean up to the best cut point, and the one since.
  struct Side {
    WeightedMean before;
    WeightedMean after;
    double cut = 0;
    bool has_cut = false;
  };

  void add_to(Side& side, double value, double sign) const;
  DriftSignal judge(const Side& side, double sign) const;

  HddmWOptions options_;
  double drift_log_;    ///< ln(1 / confidence) / 2
  double warning_log_;  ///< likewise
  WeightedMean all_;
  Side rise_;
  Side fall_;
  bool restart_due_ = false;
};

struct AdwinOptions {
  double delta = 0.002;           ///< in (0, 1): confidence; lower: fewer alarms, later
  std::size_t clock = 32;         ///< values between checks, >= 1; higher: cheaper, later
  std::size_t max_buckets = 5;    ///< of a size, >= 2; higher: finer cuts, more memory
  std::size_t min_part = 5;       ///< values on either side of a cut, >= 1
  std::size_t grace_values = 10;  ///< no check of a window up to this long
};

/// A window that grows while its mean stays and forgets its oldest part when two of its parts differ by more than
/// chance: |mean_0 - mean_1| > sqrt(2/m v ln(2 ln(n) / delta)) + 2/(3m) ln(2 ln(n) / delta), 1/m = 1/n_0 + 1/n_1.
/// Bifet & Gavalda (2007), SIAM Data Mining, 443, section 4.2 (ADWIN2), n_0 and n_1 lessened by min_part - 1 as in MOA.
/// The window is kept as buckets of 1, 2, 4, ... values (total and variance), at most `max_buckets` (+ 1) of a size:
/// memory and the cost of a check are logarithmic in the window. River leaves out the newest bucket of each size when
/// it compares; here all cuts between buckets are tried.
class Adwin {
 public:
  explicit Adwin(const AdwinOptions& options = {});
  DriftSignal update(double value);
  void restart();
  /// Values in the window, their mean (0 for none) and their variance (divided by the number).
  double width() const { return width_; }
  double mean() const { return width_ > 0 ? total_ / width_ : 0; }
  double variance() const { return width_ > 0 ? variance_ / width_ : 0; }
  /// Buckets that are kept: at most (max_buckets + 1) (1 + log2(width)).
  std::size_t buckets() const;
  DetectorState state() const;
  Status restore(std::span<const double> state);

 private:
  /// Consecutive values: their sum, and the sum of squared deviations from their mean.
  struct Bucket {
    double total = 0;
    double variance = 0;
  };

  std::span<const Bucket> level(std::size_t index) const;
  void push(std::size_t index, const Bucket& bucket);
  void drop_oldest(std::size_t index, std::size_t count);
  void insert(double value);
  void forget_oldest();
  bool parts_differ() const;

  AdwinOptions options_;
  std::vector<Bucket> buckets_;      ///< max_buckets + 1 places per level; level k holds buckets of 2^k values
  std::vector<std::size_t> counts_;  ///< places taken per level, oldest first
  double width_ = 0;
  double total_ = 0;
  double variance_ = 0;  ///< sum of squared deviations from the window's mean
  std::uint64_t ticks_ = 0;
  bool restart_due_ = false;
};

struct KswinOptions {
  double alpha = 0.005;      ///< in (0, 1)
  std::size_t window = 100;  ///< values, in [2 recent, 1024]
  std::size_t recent = 30;   ///< values, >= 2
  std::uint64_t seed = 0;    ///< of the draws
};

/// The last `recent` values against as many of the others in the last `window`, by the exact two-sample
/// Kolmogorov-Smirnov test: an alarm at p <= alpha and a distance above 0.1. Raab, Heusinger & Schleif (2020),
/// Neurocomputing 416:340. Finds any change of distribution, not only of the mean. The test is repeated at every value,
/// so alpha is no false-alarm rate of a stream: at the defaults a quiet one is alarmed on about once in 1,500 values.
///
/// The sample of the others is uniform over all sets at every value, but not drawn anew, as in the paper and River: a
/// value that joins them takes the place of the one that leaves, and two random pairs are exchanged. So about one value
/// of the sample is renewed at a time. Values are kept in order between updates, and sets of them as bits by rank:
/// O(window) operations of a machine word, no sorting. Memory: 20 bytes a place of the window.
class Kswin {
 public:
  static constexpr std::size_t kMaxWindow = 1024;
  explicit Kswin(const KswinOptions& options = {});
  DriftSignal update(double value);
  /// Empties the window; the draws go on.
  void restart();
  /// The smallest difference of counts among `recent` against `recent` that alarms; recent + 1 where none does.
  std::size_t critical_count() const { return critical_count_; }
  DetectorState state() const;
  Status restore(std::span<const double> state);

 private:
  using Bits = std::array<std::uint64_t, kMaxWindow / 64>;

  std::size_t older() const { return options_.window - options_.recent; }
  void replace(std::size_t slot, double value);
  void draw();
  void stir();
  std::size_t rank_of_older(std::size_t age) const;
  /// The greatest difference between the counts taken and recent up to a value; and what it is at most.
  int distance() const;
  int distance_bound() const;

  KswinOptions options_;
  std::size_t critical_count_;
  std::size_t words_;  ///< of `Bits` in use
  std::uint64_t random_;
  std::vector<double> values_;       ///< the window by age: a ring
  std::vector<double> sorted_;       ///< the same, ascending
  std::vector<std::uint16_t> rank_;  ///< of every place of the ring, in `sorted_`
  Bits recent_{};                    ///< by rank: among the newest
  Bits taken_{};                     ///< by rank: in the sample of the older ones
  Bits last_of_equals_{};            ///< by rank: the next value is greater
  std::size_t next_ = 0;             ///< place in the ring of the next value
  bool restart_due_ = false;
};

/// Any of them, where a setting chooses.
using DriftDetector = std::variant<PageHinkley, Ddm, HddmW, Adwin, Kswin>;
inline DriftSignal update(DriftDetector& detector, double value) {
  return std::visit([value](auto& one) { return one.update(value); }, detector);
}

/// The exact p-value of a two-sample Kolmogorov-Smirnov distance of count / size between two samples of `size` values
/// each, ties aside: 2 sum_{j>=1} (-1)^(j+1) C(2 size, size - j count) / C(2 size, size); Gnedenko & Korolyuk (1951).
double exact_ks_p_value(std::size_t count, std::size_t size);

}  // namespace clm
