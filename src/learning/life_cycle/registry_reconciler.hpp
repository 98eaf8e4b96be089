#pragma once
#include <map>
#include <string>
#include <vector>

#include "learning/cycle/cycle.hpp"
#include "learning/life_cycle/broken_versions.hpp"

namespace clm {

/// Brings the state into line with the registry: versions that a cycle has made, and what a person has done. Trials
/// begin, start over or end with it. Borrows all it is given.
class RegistryReconciler {
 public:
  RegistryReconciler(Registry& registry, LifeCycleJournal& journal, JobQueue& jobs, ActiveTypes& types,
                     LiveTrials& trials, BrokenVersions& broken, const LearningOptions& options)
      : registry_(registry),
        journal_(journal),
        jobs_(jobs),
        types_(types),
        trials_(trials),
        broken_(broken),
        options_(options) {}

  /// Tells of the versions of a cycle and puts them where the registry has them: on trial, or into a watch. Likewise
  /// where the cycle was carried out a second time. Errors: the registry's.
  Status reconcile_trained(const std::vector<CycleResult>& results, Timestamp now);
  /// Versions that were moved since the state was stored, in which `active_before` were active; and broken ones.
  /// Errors: the registry's.
  Status reconcile_what_a_person_did(std::map<std::string, VersionId> active_before);

 private:
  Status reconcile_trained_version(const CycleResult& result, const VersionId& reference, Timestamp now);
  Status propose_trained(const VersionRecord& record, const VersionVerdict& verdict, Timestamp now);
  Status tell_who_was_retired(const std::map<std::string, VersionId>& active_before, Timestamp now);
  Result<bool> may_lead_back_to(const std::string& model_type, const VersionId& version, Timestamp now) const;
  Status reconcile_moved_actives(const std::map<std::string, VersionId>& active_before, Timestamp now);
  Status reconcile_unknown_trials(Timestamp now);

  Registry& registry_;
  LifeCycleJournal& journal_;
  JobQueue& jobs_;
  ActiveTypes& types_;
  LiveTrials& trials_;
  BrokenVersions& broken_;
  const LearningOptions& options_;
};

}  // namespace clm
