#include "learning/cycle/holdout_candidates.hpp"

#include <algorithm>
#include <optional>

#include "base/parallel.hpp"
#include "learning/cycle/warm_parent.hpp"
#include "models/trainers.hpp"
#include "models/warm_start.hpp"

namespace clm {
namespace {

/// `parent` is set to drawn weights where the network turns out to be another one than the parent.
Result<TrainedCandidate> train_candidate(const CycleWorkplace& place, const LearningOptions& options,
                                         const JudgingContext& judging, const Slot& slot, WarmParent& parent,
                                         const RunContext& run) {
  const std::string& model_type = slot.model_type;
  const auto trainer = make_trainer(model_type, options.trainers);
  if (!trainer) return forward_error(trainer);
  auto staged = place.registry.store().stage(model_type);
  if (!staged) return forward_error(staged);
  const auto model = train_from(parent, model_type, options.trainers, [&](const Trainer& one) {
    return train_into(staged->directory(), one, judging.data, judging.split, options.training, run, place.folders);
  });
  if (!model) return forward_error(model);
  auto said = model->served(judging.split.holdout);
  if (!said) return forward_error(said);
  Protocol protocol = judging.protocol;
  protocol.warm_start = parent.version;
  Manifest manifest = manifest_of(**trainer, *model, judging.data, judging.split, protocol, slot.scope);
  note_circumstances(place, manifest);
  auto files = describe_model_files(staged->directory());
  if (!files) return forward_error(files);
  manifest.files = std::move(*files);
  auto version = version_id(manifest);
  if (!version) return forward_error(version);
  return TrainedCandidate{
      std::move(*staged),
      std::move(manifest),
      std::move(*version),
      ForecastTable{model_type, judging.truth, std::move(said->forecast), std::move(said->up_probability)},
      {},
      {},
      model->model->notes()};
}

/// What each of the triggered types begins with.
Result<std::vector<WarmParent>> warm_parents(const CycleWorkplace& place, const LearningOptions& options,
                                             const JudgingContext& judging, const std::vector<Trigger>& triggers) {
  std::vector<WarmParent> parents(triggers.size());
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    const Slot slot = slot_of(triggers[i].model_type);
    if (!starts_warm(slot.model_type, options.training)) continue;
    auto parent = find_warm_parent(place.registry, slot, judging.data, judging.split, judging.protocol);
    if (!parent) return forward_error(parent);
    parents[i] = std::move(*parent);
  }
  return parents;
}

}  // namespace

Result<std::vector<MadeCandidate>> train_on_holdout_split(const CycleWorkplace& place, const LearningOptions& options,
                                                          const JudgingContext& judging,
                                                          const std::vector<Trigger>& triggers, const RunContext& run) {
  auto parents = warm_parents(place, options, judging, triggers);
  if (!parents) return forward_error(parents);
  std::vector<MadeCandidate> trained(triggers.size());
  std::size_t rounds = 0;
  for (const Trigger& trigger : triggers)
    rounds += planned_rounds(slot_of(trigger.model_type).model_type, options.trainers);
  run.progress.begin("training", rounds);
  parallel_for(run.jobs, triggers.size(), [&](std::size_t i) {
    trained[i].emplace(train_candidate(place, options, judging, slot_of(triggers[i].model_type), (*parents)[i], run));
  });
  run.progress.end();
  if (auto stop = run.cancel.check(); !stop) return forward_error(stop);
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    if (!*trained[i]) continue;
    auto& notes = (*trained[i])->notes;
    const auto began = how_it_began((*parents)[i]);
    notes.insert(notes.begin(), began.begin(), began.end());
  }
  return trained;
}

}  // namespace clm
