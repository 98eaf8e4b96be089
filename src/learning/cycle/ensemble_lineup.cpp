#include "learning/cycle/ensemble_lineup.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "features/sets/feature_set.hpp"
#include "learning/data/protocol.hpp"
#include "learning/options/serving_rules.hpp"
#include "serving/expiry.hpp"

namespace clm {
namespace {

constexpr std::size_t kFewestMembers = 2;

using Members = std::vector<std::pair<std::string, std::string>>;  ///< (type, version), ascending

Members names_of(const Manifest& ensemble) {
  Members names;
  for (const auto& member : ensemble.members) names.emplace_back(member.model_type, member.version);
  return names;
}

/// When an ensemble of these members was last made and decided on.
Result<std::optional<Timestamp>> last_attempt(const Registry& registry, const CycleLog& log, const Members& members) {
  const auto versions = registry.list(Registry::Filter{std::string(kEnsembleType), {}, {}});
  if (!versions) return forward_error(versions);
  std::optional<Timestamp> last;
  for (const auto& version : *versions) {
    if (version.status == VersionStatus::failed) continue;  // its bytes are broken, and it is wanted again
    if (version.status == VersionStatus::candidate) {
      const auto settled = log.is_settled(version.version);
      if (!settled) return forward_error(settled);
      if (!*settled) continue;  // a killed cycle's: still to be decided on
    }
    const auto manifest = stored_manifest(version);
    if (manifest && names_of(*manifest) == members) last = std::max(last, std::optional(manifest->created_as_of));
  }
  return last;
}

/// Why a version cannot take part, or nothing.
std::string unfit(const Manifest& manifest, const LearningOptions& options, const std::string& feature_hash,
                  Timestamp as_of) {
  if (is_expired(manifest.learned_until, as_of, max_data_age(options.serving)))
    return "its active version has expired: " + describe_age({manifest.learned_until, manifest.created_as_of}, as_of);
  if (manifest.feature_hash != feature_hash) return "its active version was trained on other features";
  return is_about(manifest, options.label) ? "" : "its active version forecasts another label";
}

std::string describe(const Members& members) {
  std::string text;
  for (const auto& [type, version] : members) text += (text.empty() ? "" : ", ") + type + " " + version;
  return text;
}

Status decide_whether_due(const Registry& registry, const CycleLog& log, const LearningOptions& options,
                          const CycleRequest& request, EnsemblePlan& plan) {
  Members members;
  for (const auto& member : plan.members) members.emplace_back(member.slot.model_type, member.version.str());
  if (members.size() < kFewestMembers) {
    plan.lineup.why = "not made: an ensemble needs two members, and " +
                      (members.empty() ? "nobody can be one" : "only " + describe(members) + " can be one");
    return {};
  }
  if (request.force == Force::yes) {
    plan.due = true;
    plan.lineup.why = "made: asked for by hand";
    return {};
  }
  const auto active = registry.active(Slot{std::string(kEnsembleType)});
  if (!active) return forward_error(active);
  if (*active) {
    const auto manifest = stored_manifest((*active)->record);
    if (manifest && names_of(*manifest) == members) {
      plan.lineup.why = "not made: the active ensemble " + (*active)->record.version.str() + " has these members";
      return {};
    }
  }
  const auto attempt = last_attempt(registry, log, members);
  if (!attempt) return forward_error(attempt);
  const Duration patience(static_cast<std::int64_t>(options.triggers.retrain_hours * kHourMs));
  if (*attempt && (request.as_of <= **attempt || request.as_of - **attempt < patience)) {
    plan.lineup.why = "not made: one of these members was decided on as of " + to_string(**attempt);
    return {};
  }
  std::size_t on_trial = 0;
  for (const auto status : {VersionStatus::shadow, VersionStatus::canary}) {
    const auto versions = registry.list(Registry::Filter{std::string(kEnsembleType), {}, status});
    if (!versions) return forward_error(versions);
    on_trial += versions->size();
  }
  if (on_trial >= static_cast<std::size_t>(options.deployment.stages.shadow.places)) {
    plan.lineup.why = "not made: " + std::to_string(on_trial) + " on trial, and there are no more places";
    return {};
  }
  plan.due = true;
  plan.lineup.why = *active ? "made: the active ensemble " + (*active)->record.version.str() + " has other members"
                            : "made: none is active";
  return {};
}

}  // namespace

Result<EnsemblePlan> plan_ensemble(const Registry& registry, const CycleLog& log, const LearningOptions& options,
                                   const CycleRequest& request) {
  EnsemblePlan plan;
  if (options.ensemble.mode == EnsembleMode::off) {
    plan.lineup.why = "not made: ensemble.mode is off";
    return plan;
  }
  const auto features = feature_set(options.feature_set);
  if (!features) return forward_error(features);
  const auto& chosen = options.ensemble.models.empty() ? options.training.models : options.ensemble.models;
  for (const auto& type : std::set<std::string>(chosen.begin(), chosen.end())) {
    const auto active = registry.active(Slot{type});
    if (!active) return forward_error(active);
    if (!*active) {
      plan.lineup.left_out.push_back({type, "no version is active"});
      continue;
    }
    const auto manifest = stored_manifest((*active)->record);
    if (!manifest) {
      plan.lineup.left_out.push_back({type, "its active version is broken: " + manifest.error().message});
      continue;
    }
    if (const std::string why = unfit(*manifest, options, features->hash(), request.as_of); !why.empty()) {
      plan.lineup.left_out.push_back({type, why});
      continue;
    }
    const auto broken = registry.what_is_broken((*active)->record);
    if (!broken) return forward_error(broken);
    if (*broken) {
      plan.lineup.left_out.push_back({type, "its active version is broken: " + (*broken)->message});
      continue;
    }
    plan.lineup.members.push_back({type, (*active)->record.version.str()});
    plan.members.push_back((*active)->record);
  }
  if (auto decided = decide_whether_due(registry, log, options, request, plan); !decided) return forward_error(decided);
  return plan;
}

}  // namespace clm
