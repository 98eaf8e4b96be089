#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/statistics/sequential_mean.hpp"
#include "evaluation/trials/bar_score.hpp"
#include "evaluation/trials/loss_distribution.hpp"

namespace clm {

struct PairedTrialOptions {
  BarLoss loss = BarLoss::rank;
  /// Bars that the labels span. Losses of neighbouring bars share their returns, so that many bars make one
  /// observation; what still overlaps between two observations is allowed for in their variance.
  int horizon_bars = 5;
  double alpha = 0.01;  ///< of a wrong decision on either side, over the whole life of the trial; (0, .5)
  double margin = 0;    ///< the challenger is better once its gain is shown to be above minus this; >= 0, loss units
  std::size_t min_bars = 100;  ///< no decision before
  std::size_t max_bars = 720;  ///< undecided so long: it ends
};

enum class TrialOutcome {
  open,    ///< nothing is shown yet
  better,  ///< the challenger loses less than the reference
  worse,   ///< it loses more
  ended    ///< `max_bars` without a decision
};
std::string_view to_string(TrialOutcome outcome);
std::optional<TrialOutcome> parse_trial_outcome(std::string_view name);

/// What a trial says so far.
struct TrialReport {
  TrialOutcome outcome = TrialOutcome::open;
  std::size_t bars = 0;
  std::size_t observations = 0;
  double reference_loss = 0, challenger_loss = 0;  ///< means over the bars
  double gain = 0, lo = 0, hi = 0;                 ///< reference less challenger; holds at all times at once
  std::optional<std::size_t> expected_bars;        ///< until a decision, as things look; empty: not within `max_bars`
  /// Of the two distributions of bars' losses, a horizon's bars counting as one. It informs and decides nothing: it is
  /// not paired, may not be looked at after every bar, and does not say which of the two is better.
  TestResult distributions;
};

/// Compares two forecasters on the same live bars. Symbols move together, so a bar is one observation, whatever the
/// number of symbols. The mean difference of losses has a confidence sequence (`SequentialMean`), so that it may be
/// looked at after every bar. Shadow, canary and watch all use it; it does not know which of the two is active.
///
/// The caller adds a bar when its labels are known, in the order of decision times.
class PairedTrial {
 public:
  explicit PairedTrial(const PairedTrialOptions& options);

  /// A bar where one of them cannot be scored is left out.
  void add(const BarScore& reference, const BarScore& challenger);
  /// The outcome of the first moment at which there was one: later bars do not change it.
  TrialOutcome outcome() const { return outcome_; }
  TrialReport report() const;
  std::size_t bars() const { return bars_; }

  /// All that must be kept; the options are the caller's to keep.
  nlohmann::json state() const;
  /// The inverse. Throws what nlohmann throws on a foreign document.
  void restore(const nlohmann::json& state);

 private:
  PairedTrialOptions options_;
  SequentialMean gain_;
  double block_sum_ = 0;
  int block_bars_ = 0;
  std::size_t bars_ = 0;
  double reference_sum_ = 0, challenger_sum_ = 0;
  LossDistribution reference_losses_, challenger_losses_;
  TrialOutcome outcome_ = TrialOutcome::open;
};

/// By how much the variance of the mean of sums over `horizon_bars` bars exceeds that of independent ones, when each
/// bar's value is itself about a span of `horizon_bars` bars: 3 h^2 / (2 h^2 + 1), from the triangular autocorrelation
/// of overlapping sums; 1 for h = 1, towards 1.5.
double overlap_inflation(int horizon_bars);

}  // namespace clm
