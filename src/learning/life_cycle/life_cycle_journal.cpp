#include "learning/life_cycle/life_cycle_journal.hpp"

#include <algorithm>
#include <utility>

namespace clm {

void LifeCycleJournal::record_event(Timestamp at, EventKind kind, const std::string& model_type,
                                    const VersionId& version, std::string text, std::string detail_json) {
  uncommitted_events_.push_back({0, at, kind, model_type, version.str(), std::move(text), std::move(detail_json)});
}

void LifeCycleJournal::save(const Job& job) {
  const auto known = std::find_if(unsaved_jobs_.begin(), unsaved_jobs_.end(),
                                  [&](const Job& unsaved) { return unsaved.id == job.id; });
  if (known == unsaved_jobs_.end()) {
    unsaved_jobs_.push_back(job);
  } else {
    *known = job;
  }
}

Status LifeCycleJournal::commit(std::vector<ForecastRow> forecasts) {
  LifeCycleLog::Step step{{},
                          std::move(forecasts),
                          std::exchange(uncommitted_events_, {}),
                          std::exchange(unsaved_plans_, {}),
                          std::exchange(unsaved_jobs_, {}),
                          std::exchange(uncommitted_regret_, {})};
  for (LifeEvent& event : step.events) event.sequence = ++state_.events;
  step.state_json = to_json_text(state_);
  return log_.commit(step);
}

}  // namespace clm
