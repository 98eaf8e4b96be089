#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "evaluation/calibration/calibrated_model.hpp"
#include "registry/registry.hpp"
#include "serving/serving_plan.hpp"

namespace clm {

/// A version with its model, verified and loaded once. Immutable and thread-safe.
struct ServableVersion {
  VersionFacts facts;
  std::optional<Error> problem;          ///< why nobody can be served by it; none: everybody can
  Manifest manifest;                     ///< without a problem
  std::optional<CalibratedModel> model;  ///< of a single version without a problem
};

/// Who is suspended, and why in words.
using SuspendedVersions = std::map<VersionId, std::string>;
/// As the registry has it. Errors: those of the registry.
Result<SuspendedVersions> suspended_versions(const Registry& registry);

/// Versions that were verified and loaded, each once. Not thread-safe; what it hands out is. Borrows the registry.
class ServableVersions {
 public:
  explicit ServableVersions(const Registry& registry) : registry_(registry) {}

  /// A version that is not known, whose bytes are not what they were, that does not load, or that reads features which
  /// this program does not compute has a problem and is no error. An ensemble is looked at by itself: its members are
  /// versions of their own. Errors: those of the registry's database.
  Result<std::shared_ptr<const ServableVersion>> load(const std::string& model_type, const VersionId& version);

  /// What a plan is made of: the facts of all who are named, and of the members of ensembles among them; they are
  /// loaded then. Errors as `load`.
  Result<ServingFacts> facts(std::map<std::string, VersionId> active, std::vector<CanaryShare> canaries,
                             const SuspendedVersions& suspended = {});

  /// By version.
  const std::map<VersionId, std::shared_ptr<const ServableVersion>>& loaded() const { return loaded_; }
  void forget(const VersionId& version) { loaded_.erase(version); }

 private:
  Status add_facts(const std::string& model_type, const VersionId& version, ServingFacts& facts);

  const Registry& registry_;
  std::map<VersionId, std::shared_ptr<const ServableVersion>> loaded_;
};

}  // namespace clm
