#pragma once
#include <set>
#include <string>

#include "base/result.hpp"
#include "evaluation/calibration/calibrated_model.hpp"
#include "registry/artifact_store.hpp"

namespace clm {

/// The model of a version with its calibration, ready to be asked. Its bytes are verified already. Errors, all of them
/// integrity unless a library is missing: those of `load_calibrated_model`, and `model.feature_hash` where it was
/// trained on other features than its manifest says.
Result<CalibratedModel> load_servable_model(const StoredArtifact& artifact);

/// Whether that succeeds, or of an ensemble, whether its rule can be read and is about the members of its manifest
/// (`ensemble.load`); the members are artifacts of their own.
Status check_loads(const StoredArtifact& artifact);

/// The registry's `LoadCheck`: as `check_loads`, each version once. The registry has compared all bytes with the
/// manifest before it asks, and what was loaded from these bytes is loaded from them again; what failed is tried again.
/// A copy remembers by itself. Not thread-safe.
class LoadsOnce {
 public:
  Status operator()(const StoredArtifact& artifact);

 private:
  std::set<std::string> loaded_;  ///< hashes of manifests, which hold the hash of every file
};

}  // namespace clm
