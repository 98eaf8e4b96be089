#include "learning/cycle/ensemble_lineup.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "features/sets/feature_set.hpp"
#include "learning/cycle/floor.hpp"
#include "learning/data/protocol.hpp"
#include "learning/options/recipe_options.hpp"
#include "learning/options/serving_rules.hpp"
#include "learning/recipes/recipe.hpp"
#include "learning/vintages/recipe_vintages.hpp"
#include "serving/expiry.hpp"
#include "serving/servable_version.hpp"

namespace clm {
namespace {

constexpr std::size_t kFewestMembers = 2;

using Members = std::vector<std::pair<std::string, std::string>>;  ///< (type, version), ascending

Members names_of(const Manifest& ensemble) {
  Members names;
  for (const auto& member : ensemble.members) names.emplace_back(member.model_type, member.version);
  return names;
}

/// An ensemble of the members that are wanted, made before.
struct Attempt {
  Timestamp as_of;
  VersionStatus status = VersionStatus::candidate;
};

/// When one was last made and decided on.
Result<std::optional<Attempt>> last_attempt(const Registry& registry, const CycleLog& log, const Members& members) {
  const auto versions = registry.list(Registry::Filter{std::string(kEnsembleType), {}, {}});
  if (!versions) return forward_error(versions);
  std::optional<Attempt> last;
  for (const auto& version : *versions) {
    if (version.status == VersionStatus::failed) continue;  // its bytes are broken, and it is wanted again
    if (version.status == VersionStatus::candidate) {
      const auto settled = log.is_settled(version.version);
      if (!settled) return forward_error(settled);
      if (!*settled) continue;  // a killed cycle's: still to be decided on
    }
    const auto manifest = stored_manifest(version);
    if (manifest && names_of(*manifest) == members && (!last || manifest->created_as_of > last->as_of))
      last = Attempt{manifest->created_as_of, version.status};
  }
  return last;
}

bool is_refresh(const Manifest& manifest) {
  const auto protocol = read_protocol(manifest.protocol_json);
  return protocol && is_of_everything_known(*protocol);
}

/// Why a version cannot take part, or nothing. One that is to be judged in the ensemble reads the features of the rows
/// that it is judged on, which are the workspace's; a vintage reads those of its recipe.
Result<std::string> unfit(const Manifest& manifest, const LearningOptions& options, Timestamp as_of) {
  if (is_expired(manifest.learned_until, as_of, max_data_age(options.serving)))
    return "its active version has expired: " + describe_age({manifest.learned_until, manifest.created_as_of}, as_of);
  const auto own = options_of(options, is_refresh(manifest) ? slot_name(manifest) : manifest.model_type);
  if (!own) return forward_error(own);
  const auto features = feature_set(own->feature_set);
  if (!features) return forward_error(features);
  if (manifest.feature_hash != features->hash()) return std::string("its active version was trained on other features");
  return std::string(is_about(manifest, options.label) ? "" : "its active version forecasts another label");
}

/// The active version, and the older refreshes of its recipe that speak beside it; ascending by version. Of a version
/// that was judged by itself, it alone. A newer one that a person put it in the place of has no say.
Result<std::vector<VersionRecord>> lineup_of(const Registry& registry, const VersionRecord& active,
                                             const Manifest& manifest, const LearningOptions& options) {
  if (!is_refresh(manifest)) return std::vector{active};
  const auto recipe = recipe_of(manifest);
  if (!recipe) return forward_error(recipe);
  auto members = vintages_of(registry, *recipe, options.lineup, manifest.created_as_of, VintageUse::lineup);
  if (!members) return forward_error(members);
  // Of two of one moment the other one may have the place.
  const auto is_active = [&](const VersionRecord& one) { return one.version == active.version; };
  if (std::none_of(members->begin(), members->end(), is_active)) members->push_back(active);
  std::sort(members->begin(), members->end(), [](const auto& a, const auto& b) { return a.version < b.version; });
  return members;
}

std::string describe(const Members& members) {
  std::string text;
  for (const auto& [type, version] : members) text += (text.empty() ? "" : ", ") + type + " " + version;
  return text;
}

Status decide_whether_due(const Registry& registry, const CycleLog& log, const LearningOptions& options,
                          const CycleRequest& request, EnsemblePlan& plan) {
  Members members;
  for (const auto& member : plan.members) members.emplace_back(slot_name(member.slot), member.version.str());
  const auto active = registry.active(Slot{std::string(kEnsembleType)});
  if (!active) return forward_error(active);
  const bool replaces_another = *active && !members.empty() && plan.is_composed;
  if (members.size() < kFewestMembers && !replaces_another) {
    plan.lineup.why = "not made: an ensemble needs two members, and " +
                      (members.empty() ? "nobody can be one" : "only " + describe(members) + " can be one");
    return {};
  }
  if (request.force == Force::yes) {
    plan.due = true;
    plan.lineup.why = "made: asked for by hand";
    return {};
  }
  if (*active) {
    const auto manifest = stored_manifest((*active)->record);
    if (manifest && names_of(*manifest) == members) {
      // Of a cycle that was killed before the life cycle heard of it, and is carried out again: it is told of.
      plan.due = plan.is_composed && manifest->created_as_of == request.as_of && !request.triggers.empty();
      plan.lineup.why = plan.due
                            ? "made: as of this very moment"
                            : "not made: the active ensemble " + (*active)->record.version.str() + " has these members";
      return {};
    }
  }
  const auto attempt = last_attempt(registry, log, members);
  if (!attempt) return forward_error(attempt);
  const Duration patience(static_cast<std::int64_t>(options.triggers.retrain_hours * kHourMs));
  if (*attempt && plan.is_composed && (*attempt)->status == VersionStatus::rolled_back) {
    plan.lineup.why = "not made: one of these members, as of " + to_string((*attempt)->as_of) + ", was rolled back";
    return {};
  }
  // One that gave way to the active one speaks again at once; whoever was not let in, or was taken out, waits.
  const bool gave_way = *attempt && *active && plan.is_composed && (*attempt)->status == VersionStatus::retired;
  if (*attempt && (request.as_of < (*attempt)->as_of || (!gave_way && request.as_of - (*attempt)->as_of < patience))) {
    plan.lineup.why = "not made: one of these members was decided on as of " + to_string((*attempt)->as_of);
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
  const auto chosen = options.ensemble.models.empty() ? trained_recipes(options) : options.ensemble.models;
  std::set<std::string> types(chosen.begin(), chosen.end());
  if (wants_floor(options)) types.insert(floor_type(options));
  const auto suspended = suspended_versions(registry);
  if (!suspended) return forward_error(suspended);
  for (const auto& type : types) {
    const auto active = registry.active(slot_of(type));
    if (!active) return forward_error(active);
    if (!*active) {
      if (std::find(chosen.begin(), chosen.end(), type) != chosen.end())
        plan.lineup.left_out.push_back({type, "no version is active"});
      continue;
    }
    const auto manifest = stored_manifest((*active)->record);
    if (!manifest) {
      plan.lineup.left_out.push_back({type, "its active version is broken: " + manifest.error().message});
      continue;
    }
    if (const auto one = suspended->find((*active)->record.version); one != suspended->end()) {
      plan.lineup.left_out.push_back({type, "its active version has no vote: " + one->second});
      continue;
    }
    const auto why = unfit(*manifest, options, request.as_of);
    if (!why) return forward_error(why);
    if (!why->empty()) {
      plan.lineup.left_out.push_back({type, *why});
      continue;
    }
    const auto broken = registry.what_is_broken((*active)->record);
    if (!broken) return forward_error(broken);
    if (*broken) {
      plan.lineup.left_out.push_back({type, "its active version is broken: " + (*broken)->message});
      continue;
    }
    auto vintages = lineup_of(registry, (*active)->record, *manifest, options);
    if (!vintages) return forward_error(vintages);
    plan.is_composed = plan.is_composed || is_refresh(*manifest);
    plan.members.insert(plan.members.end(), vintages->begin(), vintages->end());
  }
  for (const VersionRecord& member : plan.members)
    plan.lineup.members.push_back({slot_name(member.slot), member.version.str()});
  if (auto decided = decide_whether_due(registry, log, options, request, plan); !decided) return forward_error(decided);
  return plan;
}

}  // namespace clm
