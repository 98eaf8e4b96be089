#pragma once
#include <map>
#include <string>

#include "learning/life_cycle/live_trials.hpp"

namespace clm {

/// Versions whose stored bytes are not what was judged, or do not load (`Registry::what_is_broken`): out of service,
/// who takes their place, and what is to be trained again (`TypeState::lost`). Borrows all it is given.
class BrokenVersions {
 public:
  BrokenVersions(Registry& registry, LifeCycleJournal& journal, ActiveTypes& types, LiveTrials& trials,
                 const LearningOptions& options)
      : registry_(registry), journal_(journal), types_(types), trials_(trials), options_(options) {}

  /// Reads the registry, and looks at every version that is active, on trial, or the nearest way back. `active_before`
  /// is what the state knew; the result is the same with what took the place of a lost version. Errors: the registry's.
  Result<std::map<std::string, VersionId>> reconcile(std::map<std::string, VersionId> active_before);
  /// Whether the version is broken, and so `failed` from now on. Errors: the registry's.
  Result<bool> fail_if_broken(const VersionId& version, Timestamp now);

 private:
  Result<VersionId> lost_of(const VersionId& active, const VersionId& known, Timestamp now);
  Status reconcile_ways_back(const std::string& model_type, Timestamp now);
  Status reconcile_trials(Timestamp now);
  Status make_up_for(const std::string& model_type, const VersionId& lost, Timestamp now);
  Result<VersionId> go_back_from(const std::string& model_type, const VersionId& lost, Timestamp now);

  Registry& registry_;
  LifeCycleJournal& journal_;
  ActiveTypes& types_;
  LiveTrials& trials_;
  const LearningOptions& options_;
};

}  // namespace clm
