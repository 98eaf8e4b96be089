#pragma once
#include <string>

#include "learning/life_cycle/active_versions.hpp"
#include "learning/life_cycle/life_cycle_journal.hpp"
#include "learning/triggers/trigger_monitor.hpp"

namespace clm {

/// Brings what the state knows of model types up to date with the registry: what is active, and a chart of what it
/// delivers against what was promised of it, which begins anew with every other version but a vintage of the same
/// recipe with the same promise. Borrows all it is given.
class ActiveTypes {
 public:
  ActiveTypes(LifeCycleJournal& journal, const Registry& registry, const TriggerMonitor& monitor,
              const LearningOptions& options)
      : journal_(journal), registry_(registry), monitor_(monitor), options_(options) {}

  /// One type. Errors: those of the registry.
  Status read(const std::string& model_type);
  /// Every type that the settings name (`configured_types`), and every other one that is active, or that the state
  /// knows: who is not trained any more is watched as long as it is in service.
  Status read_all();
  /// Likewise by the registry (`clm::has_vote`).
  Result<bool> has_vote(const VersionId& version, Timestamp now) const;
  /// Whether both are vintages of one recipe; of what cannot be told, not.
  bool are_of_one_recipe(const VersionId& a, const VersionId& b) const;

 private:
  LifeCycleJournal& journal_;
  const Registry& registry_;
  const TriggerMonitor& monitor_;
  const LearningOptions& options_;
};

}  // namespace clm
