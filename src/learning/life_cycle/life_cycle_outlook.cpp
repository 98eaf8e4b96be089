#include "learning/life_cycle/life_cycle_outlook.hpp"

#include <algorithm>

#include "learning/options/recipe_options.hpp"
#include "learning/options/training_settings.hpp"

namespace clm {

std::vector<NextTraining> training_outlook(const OutlookQuestion& question, const LearningOptions& options) {
  const LifeCycleState& state = question.state;
  const std::vector<Job>& open_jobs = question.open_jobs;
  const std::string settings = training_settings_fingerprint(options);
  std::vector<NextTraining> all;
  for (const auto& name : trained_recipes(options)) {
    ModelFreshness model{name, std::nullopt, std::nullopt};
    bool vacant = true;
    if (const auto known = state.types.find(name); known != state.types.end()) {
      const TypeState& type = known->second;
      model.last_attempt = model.newest_as_of = type.last_attempt;
      vacant = is_vacant(type, question.now, options.serving);
      if (!vacant) {
        model.active_as_of = type.active_as_of;
        model.newest_as_of = std::max(type.last_attempt, std::optional(type.active_as_of));
      }
    }
    const auto new_bars = model.newest_as_of ? question.bars_since(*model.newest_as_of) : 0;
    NextTraining next = next_training(model, new_bars, options.triggers);
    const auto waiting = std::find_if(open_jobs.begin(), open_jobs.end(), [&](const Job& job) {
      return job.kind == JobKind::train && job.model_type == name;
    });
    const auto on_trial = std::count_if(state.trials.begin(), state.trials.end(), [&](const Trial& trial) {
      return trial.model_type == name && trial.stage != Stage::watch;
    });
    if (const RefreshPause* pause = pause_of(question.pauses, name)) {
      next.waits_for = describe(*pause);
    } else if (waiting != open_jobs.end()) {
      if (waiting->attempts > 0) next.waits_for = "the last try failed (" + waiting->outcome + "); ";
      next.waits_for += was_begun_with_other_settings(*waiting, settings)
                            ? "the settings have changed since, so the next clm cycle tries again"
                            : "job " + std::to_string(waiting->id) + " is tried again once bars until " +
                                  to_string(waiting->not_before) + " are stored, or at once with clm cycle --force";
    } else if (!vacant && on_trial >= options.deployment.stages.shadow.places) {
      next.waits_for = std::to_string(on_trial) + " on trial, and there are no more places";
    }
    const auto last = std::find_if(question.last_trainings.begin(), question.last_trainings.end(),
                                   [&](const Job& job) { return job.model_type == name; });
    const bool failed = last != question.last_trainings.end() && last->state == JobState::failed;
    if (failed && waiting == open_jobs.end())
      next.given_up =
          GivenUpTraining{last->id, last->attempts, last->outcome, was_begun_with_other_settings(*last, settings)};
    all.push_back(std::move(next));
  }
  return all;
}

}  // namespace clm
