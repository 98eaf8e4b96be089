#include "learning/life_cycle/features_needed.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "learning/life_cycle/active_versions.hpp"
#include "learning/options/recipe_options.hpp"
#include "learning/triggers/trigger_types.hpp"

namespace clm {
namespace {

struct Nothing {
  double operator()(const Bar&) { return 0.0; }
};

/// Whether anybody is active or on trial, by the state or by what a person has done since.
Result<bool> is_anybody_concerned(const Registry& registry, const LifeCycleState& state) {
  if (!state.trials.empty()) return true;
  for (const auto& [name, type] : state.types)
    if (!type.active.empty()) return true;
  for (const auto status : {VersionStatus::active, VersionStatus::shadow, VersionStatus::canary}) {
    const auto versions = registry.list(Registry::Filter{{}, {}, status});
    if (!versions) return forward_error(versions);
    if (!versions->empty()) return true;
  }
  return false;
}

}  // namespace

Result<bool> needs_features(const Registry& registry, const LifeCycleLog& log, const LearningOptions& options,
                            Interval interval, Timestamp newest) {
  LifeCycleState state;
  const auto stored = log.state();
  if (!stored) return forward_error(stored);
  if (*stored) {
    auto read = read_life_cycle_state(**stored, options.deployment.stages, options.label, interval);
    if (!read) return forward_error(read);
    state = std::move(*read);
    if (auto restored = restore_active(registry, state); !restored) return forward_error(restored);
  }
  const auto jobs = log.jobs(WhichJobs::open);
  if (!jobs) return forward_error(jobs);
  const bool left_to_do =
      std::any_of(jobs->begin(), jobs->end(), [](const Job& job) { return job.approval != Approval::awaited; });
  if (left_to_do) return true;
  if (!state.last_close || *state.last_close < newest) return is_anybody_concerned(registry, state);
  return !state.last_look || std::any_of(trigger_types().begin(), trigger_types().end(), [&](const TriggerType& type) {
    return type.reads_features == ReadsFeatures::yes &&
           falls_due(type, *state.last_look, *state.last_close, options.triggers);
  });
}

Result<std::vector<FeatureSet>> other_features_read(const Registry& registry, const LearningOptions& options) {
  std::vector<Manifest> served;  // a broken record is nobody who is served
  const auto add = [&](const VersionRecord& record) {
    if (auto manifest = stored_manifest(record)) served.push_back(std::move(*manifest));
  };
  for (const auto status : {VersionStatus::active, VersionStatus::canary}) {
    const auto versions = registry.list(Registry::Filter{{}, {}, status});
    if (!versions) return forward_error(versions);
    for (const VersionRecord& record : *versions) add(record);
  }
  for (std::size_t i = 0; i < served.size(); ++i) {
    const std::vector<ManifestMember> members = served[i].members;
    for (const ManifestMember& member : members)
      if (const auto record = registry.find(member.version)) add(*record);
  }
  std::set<std::string> names = other_feature_sets(options);
  for (const Manifest& manifest : served)
    if (manifest.members.empty() && manifest.feature_set != options.feature_set) names.insert(manifest.feature_set);
  std::vector<FeatureSet> sets;
  for (const auto& name : names)
    if (auto known = feature_set(name)) sets.push_back(std::move(*known));
  return sets;
}

Status add_other_features(MarketTape& tape, const Registry& registry, const LearningOptions& options,
                          const CandleSource& candles, const ContextSource* context, const RunContext& run) {
  const auto others = other_features_read(registry, options);
  if (!others) return forward_error(others);
  for (const FeatureSet& set : *others)
    if (auto added = tape.add_features(set, candles, context, run); !added) return added;
  return {};
}

FeatureSet no_features() {
  FeatureSet set("none");
  set.add(symbol_feature({"nothing", 1, "close", "0"}, Nothing{}));
  return set;
}

}  // namespace clm
