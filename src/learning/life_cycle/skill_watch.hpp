#pragma once
#include <cstdint>
#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "base/time.hpp"
#include "evaluation/drift/e_detector.hpp"

namespace clm {

/// Which side of zero a forecaster's rank IC is watched for.
enum class WatchedFor {
  harm,     ///< it has fallen below zero: what is forecast is worse than nothing
  recovery  ///< it has risen above zero
};

struct SkillWatchOptions {
  double sigma = 0.15;       ///< > 0: standard deviation of the rank IC of a bar
  double run_length = 1000;  ///< > 1: blocks up to a false alarm, in the mean at least, while the mean is zero
  int horizon_bars = 5;      ///< bars of a block: those that a label spans
  Interval interval = Interval::one_hour();
};

/// Whether the mean rank IC of a forecaster has come to lie on the wrong side (or on the right one) of zero, and since
/// when: an e-detector (`EDetector`) over means of blocks as long as a label. Labels of neighbouring bars overlap; the
/// sum of such means grows like one of independent values with the standard deviation of a bar (`PerformanceChart`),
/// which therefore is the sigma. Only the small bets are made (1/4, 1/2): a rank IC seldom lies further from zero than
/// half a sigma for long, and where skill comes and goes with the market's moods, large bets take a bad day for harm.
/// An alarm stands until it is answered, and what is seen afterwards begins anew. A value
/// of some numbers; not thread-safe. Cost of a bar: one addition, of a block four exponentials.
class SkillWatch {
 public:
  SkillWatch(WatchedFor side, const SkillWatchOptions& options);

  /// The score of a bar, in the order of bars, once its outcome is known; not finite: none, and it is passed over.
  void add(Timestamp decided_at, double rank_ic);

  struct Alarm {
    Timestamp changed_at;      ///< the first decision after the change, as it is estimated; bars without a score are
                               ///< not counted, so it may lie too late by as many
    double mean_rank_ic = 0;   ///< since then
    std::uint64_t blocks = 0;  ///< since then
    double evidence = 0;       ///< `EDetector::evidence`; at least the run length
    bool operator==(const Alarm&) const = default;
  };
  const std::optional<Alarm>& alarm() const { return alarm_; }
  void answer() { alarm_.reset(); }
  const SkillWatchOptions& options() const { return options_; }
  /// How near it is to an alarm: the logarithm of the evidence by that of the run length, in [0, 1]; 1: at it.
  double nearness() const;

  nlohmann::json state() const;
  /// The inverse. Error "drift.state"; throws what nlohmann throws on a foreign document.
  static Result<SkillWatch> from_state(const nlohmann::json& state, int horizon_bars, Interval interval);

 private:
  void close_block();

  WatchedFor side_;
  SkillWatchOptions options_;
  EDetector detector_;
  int block_bars_ = 0;
  double block_sum_ = 0;
  Timestamp block_began_;
  std::optional<Alarm> alarm_;
};

}  // namespace clm
