#include "serving/load_check.hpp"

#include <algorithm>

#include "evaluation/ensemble/ensemble_rule.hpp"

namespace clm {

Result<CalibratedModel> load_servable_model(const StoredArtifact& artifact) {
  auto model = load_calibrated_model(artifact.manifest.model_type, artifact.directory);
  if (!model) return model;
  if (model->model->feature_hash() != artifact.manifest.feature_hash)
    return fail(ErrorKind::integrity, "model.feature_hash",
                "the model was trained on features " + model->model->feature_hash() + ", its manifest says " +
                    artifact.manifest.feature_hash,
                artifact.directory.string(), "Train it again: clm cycle --force");
  return model;
}

Status check_loads(const StoredArtifact& artifact) {
  if (artifact.manifest.model_type != kEnsembleType) {
    if (auto model = load_servable_model(artifact); !model) return forward_error(model);
    return {};
  }
  const auto file = artifact.directory / EnsembleRule::kFileName;
  const auto rule = EnsembleRule::load(file);
  if (!rule) return forward_error(rule);
  const bool alike = std::equal(rule->members.begin(), rule->members.end(), artifact.manifest.members.begin(),
                                artifact.manifest.members.end(), [](const auto& ours, const auto& theirs) {
                                  return ours.model_type == theirs.model_type && ours.version == theirs.version;
                                });
  if (alike) return {};
  return fail(ErrorKind::integrity, "ensemble.load", "its rule is about other members than its manifest", file.string(),
              "Roll back: clm rollback ensemble --reason TEXT.");
}

Status LoadsOnce::operator()(const StoredArtifact& artifact) {
  if (loaded_.contains(artifact.manifest_sha256)) return {};
  if (auto loads = check_loads(artifact); !loads) return loads;
  loaded_.insert(artifact.manifest_sha256);
  return {};
}

}  // namespace clm
