#include "serving/servable_version.hpp"

#include <utility>

#include "features/sets/feature_set.hpp"
#include "serving/expiry.hpp"
#include "serving/load_check.hpp"

namespace clm {
namespace {

Status check_features(const Manifest& manifest, const VersionId& version, const std::string& where) {
  const auto features = feature_set(manifest.feature_set);
  if (features && features->hash() == manifest.feature_hash) return {};
  return fail(ErrorKind::integrity, "model.feature_hash",
              manifest.model_type + " version " + version.str() + " was trained on features " + manifest.feature_set +
                  " " + manifest.feature_hash + ", which this program does not compute",
              where, "Train another version: clm cycle --force --models " + manifest.model_type);
}

/// A version that is no ensemble.
Status read_model(const Registry& registry, const VersionRecord& record, ServableVersion& out) {
  const auto artifact = registry.open_artifact(record);
  if (!artifact) return forward_error(artifact);
  const auto label = read_label_options(artifact->manifest.label_json);
  if (!label) return forward_error(label);
  if (auto known = check_features(artifact->manifest, record.version, artifact->directory.string()); !known)
    return known;
  auto model = load_servable_model(*artifact);
  if (!model) return forward_error(model);
  out.manifest = artifact->manifest;
  out.facts.label = *label;
  out.model = std::move(*model);
  return {};
}

/// Its own bytes alone.
Status read_ensemble(const Registry& registry, const VersionRecord& record, ServableVersion& out) {
  if (const auto sound = stored_manifest(record); !sound) return forward_error(sound);
  const auto own = registry.store().open(record.slot.model_type, record.version, record.manifest_sha256);
  if (!own) return forward_error(own);
  if (auto loads = check_loads(*own); !loads) return loads;
  auto rule = EnsembleRule::load(own->directory / EnsembleRule::kFileName);
  if (!rule) return forward_error(rule);
  const auto label = read_label_options(own->manifest.label_json);
  if (!label) return forward_error(label);
  out.manifest = own->manifest;
  out.facts.label = *label;
  out.facts.rule = std::move(*rule);
  return {};
}

}  // namespace

Result<std::shared_ptr<const ServableVersion>> ServableVersions::load(const std::string& model_type,
                                                                      const VersionId& version) {
  if (const auto known = loaded_.find(version); known != loaded_.end()) return known->second;
  auto made = std::make_shared<ServableVersion>();
  made->facts.model_type = model_type;
  made->facts.version = version;
  const auto record = registry_.find(version.str());
  if (!record && record.error().kind != ErrorKind::usage) return forward_error(record);
  Status read = record ? Status() : forward_error(record);
  if (record) {
    made->facts.model_type = slot_name(record->slot);
    read = record->slot.model_type == kEnsembleType ? read_ensemble(registry_, *record, *made)
                                                    : read_model(registry_, *record, *made);
  }
  if (read) {
    made->facts.learned_until = made->manifest.learned_until;
  } else {
    made->problem = read.error();
    made->facts.broken = to_string(read.error());
  }
  return loaded_.emplace(version, std::move(made)).first->second;
}

Status ServableVersions::add_facts(const std::string& model_type, const VersionId& version, ServingFacts& facts) {
  if (facts.versions.contains(version)) return {};
  const auto loaded = load(model_type, version);
  if (!loaded) return forward_error(loaded);
  facts.versions.emplace(version, (*loaded)->facts);
  if (!(*loaded)->facts.rule) return {};
  for (const EnsembleMember& member : (*loaded)->facts.rule->members)
    if (auto added = add_facts(member.model_type, VersionId(member.version), facts); !added) return added;
  return {};
}

Result<SuspendedVersions> suspended_versions(const Registry& registry) {
  const auto suspensions = registry.suspensions();
  if (!suspensions) return forward_error(suspensions);
  SuspendedVersions words;
  for (const Suspension& one : *suspensions)
    words.emplace(one.version, "it is suspended since " + to_string(one.at) + ": " + one.reason);
  return words;
}

Result<ServingFacts> ServableVersions::facts(std::map<std::string, VersionId> active, std::vector<CanaryShare> canaries,
                                             const SuspendedVersions& suspended) {
  ServingFacts facts;
  for (const auto& [model_type, version] : active)
    if (auto added = add_facts(model_type, version, facts); !added) return forward_error(added);
  for (const CanaryShare& canary : canaries)
    if (auto added = add_facts(canary.model_type, canary.version, facts); !added) return forward_error(added);
  for (auto& [version, one] : facts.versions)
    if (const auto found = suspended.find(version); found != suspended.end()) one.suspended = found->second;
  facts.active = std::move(active);
  facts.canaries = std::move(canaries);
  return facts;
}

}  // namespace clm
