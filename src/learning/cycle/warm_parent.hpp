#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "evaluation/calibration/calibrated_model.hpp"
#include "learning/data/learning_data.hpp"
#include "learning/data/protocol.hpp"
#include "learning/data/training_split.hpp"
#include "models/model.hpp"
#include "models/trainers.hpp"
#include "registry/registry.hpp"

namespace clm {

/// The version whose weights a training begins with.
struct WarmParent {
  std::string version;                 ///< empty: weights are drawn
  std::shared_ptr<const Model> model;  ///< null: weights are drawn
  std::string note;                    ///< then why, in words
};

/// How a training began, as a reader of its result is told; nothing where nobody asked for a warm start.
std::vector<std::string> how_it_began(const WarmParent& parent);

/// Whether the settings ask for it.
bool starts_warm(const std::string& model_type, const TrainingOptions& options);

/// The active version of `slot`, with its bytes verified, if its weights can be begun with. Weights carry what
/// they were trained on into the new version, so nothing of it may touch what that one is judged on, nor what stops and
/// calibrates it: all rows of the parent's training, those of its early stopping too, lie before `split.holdout`, those
/// it was fitted on before `split.validation`, labels and the protocol's embargo included; the same for the versions
/// that the parent itself began with. A vintage that is fitted on everything known is judged on nothing, and without
/// early stopping nothing stops it: then there is nothing to touch. Otherwise, and without an active version, weights
/// are drawn and the note says why. Errors: those of the registry and of loading a model.
Result<WarmParent> find_warm_parent(const Registry& registry, const Slot& slot, const LearningData& data,
                                    const TrainingSplit& split, const Protocol& protocol);

/// The same of the version `parent`, whether it is active or not.
Result<WarmParent> as_warm_parent(const Registry& registry, const std::string& parent, const LearningData& data,
                                  const TrainingSplit& split, const Protocol& protocol);

/// Trains `model_type` by `train`, with the weights of `parent` where there are some. Where the network turns out to be
/// of another structure than the parent's, weights are drawn, and `parent` is changed to say so. Errors: those of
/// `make_trainer` and of `train`.
Result<CalibratedModel> train_from(WarmParent& parent, const std::string& model_type, const TrainerOptions& options,
                                   const std::function<Result<CalibratedModel>(const Trainer&)>& train);

/// The version's model, with its bytes verified, to make a training that began with it again. Errors: those of the
/// registry (`registry.pruned` where retention removed it) and of loading a model.
Result<std::shared_ptr<const Model>> load_warm_parent(const Registry& registry, const std::string& version);

}  // namespace clm
