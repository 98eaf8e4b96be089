#pragma once
#include <string>
#include <vector>

#include "learning/life_cycle/life_cycle_log.hpp"
#include "learning/life_cycle/life_cycle_state.hpp"

namespace clm {

/// The state of a life cycle, and what has happened since it was last stored: events, plans, and jobs that changed. All
/// of it is stored in one transaction, or is lost together with the process. Borrows the log. Not thread-safe.
class LifeCycleJournal {
 public:
  explicit LifeCycleJournal(LifeCycleLog& log) : log_(log) {}

  LifeCycleState& state() { return state_; }
  const LifeCycleState& state() const { return state_; }
  TypeState& type(const std::string& model_type) { return state_.types[model_type]; }
  const LifeCycleLog& log() const { return log_; }
  /// Of the last bar that was gone through; the epoch before the first.
  Timestamp now() const { return state_.last_close.value_or(Timestamp(0)); }

  void record_event(Timestamp at, EventKind kind, const std::string& model_type, const VersionId& version,
                    std::string text, std::string detail_json = "{}");
  /// What came of bars whose truth became known.
  void count(std::vector<RegretDay> regret) {
    uncommitted_regret_.insert(uncommitted_regret_.end(), regret.begin(), regret.end());
  }
  void save(Plan plan) { unsaved_plans_.push_back(std::move(plan)); }
  /// As it stands now; saved again before it is stored, it is stored as it then stands.
  void save(const Job& job);
  /// Whether an event or a job waits to be stored.
  bool has_news() const { return !uncommitted_events_.empty() || !unsaved_jobs_.empty(); }

  /// Stores all of it with the state, and these forecasts. Errors: those of the log.
  Status commit(std::vector<ForecastRow> forecasts);

 private:
  LifeCycleLog& log_;
  LifeCycleState state_;
  std::vector<LifeEvent> uncommitted_events_;
  std::vector<Plan> unsaved_plans_;
  std::vector<Job> unsaved_jobs_;
  std::vector<RegretDay> uncommitted_regret_;
};

}  // namespace clm
