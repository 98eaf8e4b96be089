#pragma once
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "learning/data/bar_means.hpp"
#include "learning/triggers/trigger_types.hpp"

namespace clm {

/// All triggers beside one another, over one tape. Answers depend on tape, registry, log and options alone, not on what
/// was asked before. Borrows all it is given. Not thread-safe.
class TriggerMonitor {
 public:
  /// `corrections`: of the candles of the tape; null: they are what they were.
  TriggerMonitor(const MarketTape& tape, const Registry& registry, const ForecastHistory& log,
                 const LearningOptions& options, const CandleCorrections* corrections = nullptr);
  TriggerMonitor(const TriggerMonitor&) = delete;
  TriggerMonitor& operator=(const TriggerMonitor&) = delete;

  /// What the triggers of `kinds` see at the close of `bar`, in that order; of a type that nobody is served by (no
  /// version is active, or it has expired) only whether it is to be tried again (`check_vacancy`), whatever the kinds.
  /// Errors: those of artifacts and the log.
  Result<std::vector<TriggerReading>> look(const TriggerSubject& subject, std::size_t bar,
                                           const std::vector<TriggerKind>& kinds);

  /// What the evidence in the registry promises of a version.
  Result<std::optional<RankIcPromise>> promise_of(const VersionId& version) const;
  PerformanceOptions performance_options() const;

 private:
  TriggerReading look_at_vacancy(const TriggerSubject& subject, std::size_t bar) const;

  const MarketTape& tape_;
  const Registry& registry_;
  const LearningOptions& options_;
  BarMeans means_;
  std::map<TriggerKind, std::unique_ptr<TriggerCheck>> checks_;
};

}  // namespace clm
