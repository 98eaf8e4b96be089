#pragma once
#include <span>

#include "evaluation/drift/drift_signal.hpp"

namespace clm {

// Control charts for outcomes (hit or miss, loss, error of a forecast) against what the evaluation promised. How often
// one alarms falsely is its average run length: the mean number of values up to a false alarm, while mean and sigma are
// as promised and values independent and about normal. Thresholds come from a wished run length, below. Hand them one
// value a bar, averaged over symbols, and of overlapping labels one per horizon; an estimated mean or sigma shortens
// the run length. `update` says `drift` on an alarm, never `warning`; the next value then begins anew at the target.
// Values that are not finite are missing and change nothing. Copyable, deterministic, not thread-safe.

struct CusumOptions {
  double mean = 0;         ///< in control, in units of the values
  double sigma = 1;        ///< > 0: standard deviation in control, in units of the values
  double reference = 0.5;  ///< k > 0, in sigmas: half of the shift that is to be found quickest
  double threshold = 4;    ///< h > 0, in sigmas; higher: fewer alarms, later
  ChangeSide side = ChangeSide::both;
};

/// Cumulative sums S+ = max(0, S+ + z - k) and S- = max(0, S- - z - k) of z = (x - mean) / sigma; an alarm beyond h. E.
/// S. Page (1954), Biometrika 41:100. Quickest for a shift of 2 k sigmas. Memory: 2 numbers.
class CusumChart {
 public:
  explicit CusumChart(const CusumOptions& options = {});
  DriftSignal update(double value);
  void restart();
  double up() const { return up_; }      ///< in sigmas
  double down() const { return down_; }  ///< in sigmas
  DetectorState state() const;
  Status restore(std::span<const double> state);

 private:
  CusumOptions options_;
  double up_ = 0;
  double down_ = 0;
  bool restart_due_ = false;
};

struct EwmaOptions {
  double mean = 0;       ///< in control, in units of the values
  double sigma = 1;      ///< > 0: standard deviation in control, in units of the values
  double lambda = 0.1;   ///< in [0.01, 1]: weight of the newest value; lower finds smaller shifts
  double limit = 2.814;  ///< L > 0, in standard deviations of the average; higher: fewer alarms, later
  ChangeSide side = ChangeSide::both;
};

/// Exponentially weighted average z = lambda x + (1 - lambda) z, from the mean on, against the limits
/// mean +- L sigma sqrt(lambda / (2 - lambda)). S. W. Roberts (1959), Technometrics 1:239. Of one side, z goes no
/// further than the mean to the other, so that good times are no credit. Memory: 1 number.
class EwmaChart {
 public:
  explicit EwmaChart(const EwmaOptions& options = {});
  DriftSignal update(double value);
  void restart();
  /// The average, in units of the values; and how far from the mean it may go.
  double average() const { return options_.mean + options_.sigma * level_; }
  double reach() const { return options_.sigma * reach_; }
  DetectorState state() const;
  Status restore(std::span<const double> state);

 private:
  EwmaOptions options_;
  double reach_;      ///< in sigmas
  double level_ = 0;  ///< in sigmas from the mean
  bool restart_due_ = false;
};

// Average run lengths, from the chart's start, with the true mean `shift` sigmas above the mean in control (0: of false
// alarms), for independent normal values. By the integral equation L(u) = 1 + integral of L over the next state (Page
// 1954; Crowder 1987, Technometrics 29:401), solved on 64 Gauss-Legendre nodes: the limit of the Markov chains of Brook
// & Evans (1972, Biometrika 59:539) and Lucas & Saccucci (1990, Technometrics 32:1) for ever more states (Champ &
// Rigdon 1991). Both sides of a CUSUM by 1 / L = 1 / L+ + 1 / L-. Good to six digits for thresholds up to 30 and lambda
// from 0.01. Cost: about 0.1 ms.

double cusum_run_length(double reference, double threshold, ChangeSide side, double shift = 0);
double ewma_run_length(double lambda, double limit, ChangeSide side, double shift = 0);

/// The threshold (limit) whose run length in control is `run_length`, in [5, 1e7]. Cost: some 50 run lengths.
double cusum_threshold(double reference, double run_length, ChangeSide side);
double ewma_limit(double lambda, double run_length, ChangeSide side);

/// D. Siegmund's (1985) closed form for one side of a CUSUM, within some percent: (exp(-2 D b) + 2 D b - 1) / (2 D^2)
/// with D = shift - reference and b = threshold + 1.166.
double siegmund_run_length(double reference, double threshold, double shift = 0);

}  // namespace clm
