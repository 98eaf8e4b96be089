#pragma once
#include <memory>
#include <string>

#include "learning/data/learning_data.hpp"
#include "learning/data/protocol.hpp"
#include "learning/data/training_split.hpp"
#include "models/model.hpp"
#include "registry/registry.hpp"

namespace clm {

/// The version whose weights a training begins with.
struct WarmParent {
  std::string version;                 ///< empty: weights are drawn
  std::shared_ptr<const Model> model;  ///< null: weights are drawn
  std::string note;                    ///< then why, in words
};

/// The active version of `model_type`, with its bytes verified, if its weights can be begun with. Weights carry what
/// they were trained on into the new version, so nothing of it may touch what that one is judged on, nor what stops and
/// calibrates it: all rows of the parent's training, those of its early stopping too, lie before `split.holdout`, those
/// it was fitted on before `split.validation`, labels and the protocol's embargo included; the same for the versions
/// that the parent itself began with. Otherwise, and without an active version, weights are drawn and the note says
/// why. Errors: those of the registry and of loading a model.
Result<WarmParent> find_warm_parent(const Registry& registry, const std::string& model_type, const LearningData& data,
                                    const TrainingSplit& split, const Protocol& protocol);

/// The version's model, with its bytes verified, to make a training that began with it again. Errors: those of the
/// registry (`registry.pruned` where retention removed it) and of loading a model.
Result<std::shared_ptr<const Model>> load_warm_parent(const Registry& registry, const std::string& version);

}  // namespace clm
