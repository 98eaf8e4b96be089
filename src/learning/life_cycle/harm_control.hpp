#pragma once
#include <map>
#include <string>
#include <vector>

#include "learning/life_cycle/life_cycle_journal.hpp"
#include "learning/triggers/trigger_monitor.hpp"
#include "registry/registry.hpp"
#include "serving/servable_version.hpp"

namespace clm {

/// Sees to it that what does harm falls silent within the bar, and that what no longer does comes back.
///
/// The rank IC of what is served, and that of everybody who has a vote, are watched (`SkillWatch`). Where what is
/// served is shown to be worse than nothing, the market has changed: everybody who was fitted on rows from before the
/// change is suspended (who could vote, and who a rollback or a lineup might lead to), and vintages are made of the
/// rows since, after `kLabelsSinceBreak` labels. Where only a voter is, it alone is suspended; but the market has
/// changed likewise where most of those who spoke have lost their votes for harm, do harm now, or are half way to where
/// that is shown
/// (`SkillWatch::nearness`): vintages of a recipe do harm together, and the oldest of them shows it first. Suspended
/// versions that spoke go on being asked; once their mean is shown to be better than nothing again, all of that
/// withdrawal are reinstated, and vintages of everything known are made. After half a year nobody waits for them any
/// more.
///
/// In every mode but `logging_only`, where it is said and nothing is done; not where nothing is gated
/// (`PolicyGate::none`), nor with `Ladder::on`, where versions are replaced and not refreshed. Nobody is watched who
/// was promised no rank IC (`promise_in`): a universe too small to rank. Borrows all it is given.
class HarmControl {
 public:
  HarmControl(LifeCycleJournal& journal, Registry& registry, const TriggerMonitor& monitor, const MarketTape& tape,
              const LearningOptions& options)
      : journal_(journal), registry_(registry), monitor_(monitor), tape_(tape), options_(options) {}

  /// Brings the state up to date with the registry: who is suspended, what a person undid, who is watched. Errors: the
  /// registry's.
  Status read();
  /// Looks at the watches at the close of `bar`; what calls for a training is added to `wanted`. Errors: the
  /// registry's.
  Status decide(std::size_t bar, std::vector<Trigger>& wanted);
  /// What was decided is done in the registry; once more after a kill. Errors: the registry's.
  Status carry_out(Timestamp now);

 private:
  bool is_listening() const;
  std::vector<VersionId> in_service() const;
  Status watch_voters();
  void forget_what_a_person_undid();
  Result<std::vector<VersionId>> fitted_before(Timestamp changed_at) const;
  SkillWatch watch(WatchedFor side, double sigma) const;
  void withdraw(Withdrawal withdrawal, const std::string& model_type, const SkillWatch::Alarm& alarm);
  Status look_at_served(Timestamp now);
  Status look_at_voters(Timestamp now);
  Status withdraw_all_from_before(const SkillWatch::Alarm& alarm, const SkillWatchOptions& options,
                                  const std::string& what, Timestamp now);
  bool do_most_seem_to_do_harm() const;
  void look_at_suspended(Timestamp now, std::vector<Trigger>& wanted);
  void ask_for_vintages_since(std::size_t bar, std::vector<Trigger>& wanted);
  void ask_for_all(const std::string& reason, Timestamp now, std::vector<Trigger>& wanted);
  /// Rows and bars decided from `time` on whose truth is known at `bar`.
  struct Known {
    std::int64_t bars = 0, rows = 0;
  };
  Known known_since(Timestamp time, std::size_t bar) const;

  LifeCycleJournal& journal_;
  Registry& registry_;
  const TriggerMonitor& monitor_;
  const MarketTape& tape_;
  const LearningOptions& options_;
  /// Of which `members_` are: so they are looked up only when something moved.
  std::map<std::string, VersionId> active_;
  std::map<VersionId, std::string> members_;  ///< who is in service, and of which recipe
};

}  // namespace clm
