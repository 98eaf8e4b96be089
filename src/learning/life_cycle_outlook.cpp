// When something is to be learned next.
#include <algorithm>

#include "learning/life_cycle.hpp"

namespace clm {

std::vector<NextTraining> LifeCycle::next_trainings() const {
  const std::size_t last = tape_.bars() - 1;
  const Timestamp now = tape_.close(last);
  std::vector<NextTraining> all;
  for (const auto& name : options_.training.models) {
    ModelFreshness model{name, std::nullopt, std::nullopt};
    bool vacant = true;
    if (const auto known = state_.types.find(name); known != state_.types.end()) {
      const TypeState& type = known->second;
      model.last_attempt_data_end = model.newest_data_end = type.last_attempt;
      vacant = is_vacant(type, now);
      if (!vacant) {
        model.active_data_end = type.active_data_end;
        model.newest_data_end = std::max(type.last_attempt, std::optional(type.active_data_end));
      }
    }
    const auto new_bars = model.newest_data_end ? tape_.rows_since(*model.newest_data_end, last) : 0;
    NextTraining next = next_training(model, new_bars, options_.triggers);
    const auto waiting = std::find_if(open_jobs_.begin(), open_jobs_.end(), [&](const Job& job) {
      return job.kind == JobKind::train && job.model_type == name;
    });
    const auto on_trial = std::count_if(state_.trials.begin(), state_.trials.end(), [&](const Trial& trial) {
      return trial.model_type == name && trial.stage != Stage::watch;
    });
    if (waiting != open_jobs_.end()) {
      next.waits_for = (waiting->attempts > 0 ? "the last try failed (" + waiting->outcome + "); " : "") + "job " +
                       std::to_string(waiting->id) + " is tried again once bars until " +
                       to_string(waiting->not_before) + " are stored, or at once with clm cycle --force";
    } else if (!vacant && on_trial >= options_.deployment.stages.shadow.places) {
      next.waits_for = std::to_string(on_trial) + " on trial, and there are no more places";
    }
    all.push_back(std::move(next));
  }
  return all;
}

}  // namespace clm
