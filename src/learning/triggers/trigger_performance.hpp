#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/time.hpp"
#include "evaluation/drift/control_charts.hpp"
#include "evaluation/trials/bar_score.hpp"
#include "evaluation/verdict/evidence.hpp"
#include "learning/triggers/triggers.hpp"

namespace clm {

/// What the evaluation of a version let expect of it.
struct RankIcPromise {
  double mean = 0;                ///< of the rank IC of a bar
  double standard_deviation = 0;  ///< of the same, bar by bar; > 0
  double standard_error = 0;      ///< of the mean, labels' overlap allowed for
  bool operator==(const RankIcPromise&) const = default;
};
/// From the evidence on a version; empty where it holds no cross-sectional rank IC that varied.
std::optional<RankIcPromise> promise_in(const Evidence& evidence);

struct PerformanceOptions {
  int horizon_bars = 5;  ///< that a label spans
  Interval interval = Interval::one_hour();
  double false_alarm_days = 180;  ///< one false alarm in so many days, of one model type
};

/// Whether the active version of a model type still does what was promised of it.
///
/// Rank ICs of bars are averaged over blocks of `horizon_bars` bars and summed up in a one-sided CUSUM against the
/// promise. Its sigma is the standard deviation of a bar's rank IC: sums of labels that overlap have a block deviation
/// of sqrt((2 h^2 + 1) / (3 h^2)) of that, and neighbouring blocks a correlation of (h^2 - 1) / (2 (2 h^2 + 1)); the
/// long-run deviation, by which the sums of a chart grow, is that of a bar again. The promise is an estimate: what is
/// held against is so far below it that the rate of false alarms, averaged over where the true mean may lie, is the
/// stated one. The shift that is found quickest is
/// the loss of all skill, within [0.2, 1] sigma. Beside it, the share of forecasts that had the right sign must not be
/// shown to be below one half: Wilson's upper bound, ten symbols and a horizon's bars counting as one call, once a
/// block. Each of the two is allowed half of the false alarms: a CUSUM one in 2 `false_alarm_days` while the promise
/// holds, the win rate as much or less while it is one half or higher.
///
/// An alarm stands until `answer`, as a chart begins anew after it. A value of some numbers; not thread-safe.
class PerformanceChart {
 public:
  static constexpr std::size_t kRecentBlocks = 20;

  PerformanceChart(const RankIcPromise& promise, const PerformanceOptions& options);

  /// The active version's score of a bar, in the order of bars, once the outcome is known; a bar without a rank IC is
  /// left out.
  void add(const BarScore& score);
  struct Finding {
    bool alarm = false;
    double value = 0;  ///< of the CUSUM, in sigmas; at the alarm, where there is one
    double limit = 0;
    Priority priority = Priority::high;
    std::string reason;  ///< what is seen, alarm or not
  };
  Finding look() const;
  /// What was found has been acted on.
  void answer() { alarm_value_.reset(); }
  std::size_t blocks() const { return blocks_; }
  const RankIcPromise& promise() const { return promise_; }

  /// With promise and false-alarm rate: a chart keeps those that it began with, as otherwise its rate would be
  /// nobody's.
  nlohmann::json state() const;
  /// The inverse. Error "drift.state"; throws what nlohmann throws on a foreign document.
  static Result<PerformanceChart> from_state(const nlohmann::json& state, int horizon_bars, Interval interval);

 private:
  /// The mean that is held against, as it was found before.
  PerformanceChart(const RankIcPromise& promise, const PerformanceOptions& options, double target);
  void close_block();
  double upper_win_rate() const;

  RankIcPromise promise_;
  PerformanceOptions options_;
  double target_ = 0;
  double win_alpha_ = 0;
  double limit_ = 0;
  CusumChart chart_;
  std::size_t blocks_ = 0, block_bars_ = 0;
  double block_sum_ = 0, sum_ = 0;
  std::uint64_t calls_ = 0, hits_ = 0;
  std::vector<double> recent_;  ///< newest block means, oldest first
  std::optional<double> alarm_value_;
  double alarm_win_rate_ = 1;  ///< upper bound at the alarm
};

}  // namespace clm
