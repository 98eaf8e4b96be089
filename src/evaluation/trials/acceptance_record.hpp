#pragma once
#include <cstddef>
#include <limits>
#include <optional>

#include "evaluation/statistics/sequential_mean.hpp"

namespace clm {

/// The share of a year's budget of wrong acceptances that the recipe gets that was the `order`-th to be tried in that
/// year (1, 2, ...): min(1/10, 3 / (t (t + 1))), which sums to 1 over all t. The first five get the same, so that four
/// model types and the baseline that are tried together are on one footing; the twentieth still gets .7 %, and a
/// seventh of a level costs a tenth more deviations.
double acceptance_share(std::size_t order);

/// The level at which a recipe's foresight has to be shown: `budget` times its share times one more than were accepted
/// of that year's (e-LOND: Xu & Ramdas 2024, AISTATS, "Online multiple testing with e-values", theorem 1). Whatever the
/// recipes' evidence has to do with each other, and whenever it is looked at, of the recipes accepted without foresight
/// the expected share is at most `budget`; where none has any, so is the probability that one is accepted. At most .5.
double acceptance_level(double budget, std::size_t order, std::size_t accepted_before);

/// What is known of the mean of bars' scores, at all times at once.
struct ShownMean {
  double mean = 0;
  double least = 0;       ///< it is to be above
  double lo = 0, hi = 0;  ///< each side at `level`, however often it is looked at; infinite where there is too little
  double level = 0;
  bool shown = false;  ///< that it is above `least`
  /// How many further bars like those so far would show it; none: it is shown, or not foreseeable.
  std::optional<std::size_t> expected_bars;
};

/// The mean of bars' scores against a limit, which may be looked at after every bar: blocks of `horizon_bars` bars, for
/// neighbouring bars share their labels, in a normal mixture (`SequentialMean`); what still overlaps between two blocks
/// is allowed for in their variance (`overlap_inflation`).
class ScoreSequence {
 public:
  /// `level` > 0; from .5 on the estimate decides.
  ScoreSequence(int horizon_bars, double level, double least);
  void add(double score);
  bool is_shown() const { return blocks_.above_zero(); }
  std::size_t bars() const { return bars_; }
  std::size_t blocks() const { return blocks_.count(); }
  ShownMean finding() const;

 private:
  int horizon_bars_;
  double level_, least_;
  SequentialMean blocks_;
  double block_sum_ = 0, sum_ = 0;
  int block_bars_ = 0;
  std::size_t bars_ = 0;
};

struct AcceptanceOptions {
  int horizon_bars = 5;         ///< that the labels span
  double skill_level = 0.0005;  ///< `acceptance_level`; > 0
  double lineup_level = 0.05;   ///< of being worse than the margin and let in all the same; > 0
  double margin = 0.003;        ///< in units of rank IC; >= 0
};

/// Scores of one bar (rank ICs): of the recipe, and of what would be served with and without it.
struct AcceptanceScores {
  double alone = 0;
  double with_it = 0, without_it = 0;
  /// Of the benchmark that no lineup may fall below, and of the lineup with the recipe but without the benchmark; NaN:
  /// there is none.
  double benchmark = std::numeric_limits<double>::quiet_NaN();
  double without_benchmark = std::numeric_limits<double>::quiet_NaN();
};

/// What the record of a recipe says so far.
struct AcceptanceFinding {
  std::size_t bars = 0, blocks = 0;
  ShownMean skill;                     ///< of the recipe's own scores, above 0
  double with_it = 0, without_it = 0;  ///< means
  ShownMean lineup;                    ///< with it less without it, above minus the margin
  double benchmark_mean = 0;           ///< of the benchmark's scores
  std::optional<ShownMean> benchmark;  ///< with it less the benchmark, above minus the margin; none: no benchmark
  std::optional<ShownMean> without_benchmark;  ///< the lineup but for the benchmark less the benchmark, likewise
  bool is_accepted() const;                    ///< skill, lineup and benchmark, where there is one
};

/// The record of a recipe that is new, bar by bar in the order of time: does it foresee anything, and is what would be
/// served with it no worse than without? All questions may be asked after every bar. What the cycle decides by, and
/// `clm error-rates` simulates. A value object of some hundred bytes.
class AcceptanceRecord {
 public:
  explicit AcceptanceRecord(const AcceptanceOptions& options);
  void add(const AcceptanceScores& bar);
  bool accepts() const;  ///< as `finding().is_accepted()`, for less
  /// Whether the lineup is shown to need no benchmark beside it: `finding().without_benchmark`.
  bool is_enough_alone() const { return without_benchmark_.is_shown(); }
  AcceptanceFinding finding() const;

 private:
  ScoreSequence skill_, lineup_, benchmark_, without_benchmark_;
  double with_sum_ = 0, without_sum_ = 0, benchmark_sum_ = 0;
};

}  // namespace clm
