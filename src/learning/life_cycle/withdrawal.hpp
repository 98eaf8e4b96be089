#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "learning/life_cycle/skill_watch.hpp"
#include "registry/registry.hpp"

namespace clm {

/// Versions that were suspended at one moment for one reason, and are to be reinstated together. The registry keeps who
/// is suspended; this, what a life cycle needs to go on: a withdrawal is stored before it is carried out.
struct Withdrawal {
  Timestamp found_at;    ///< close of the bar at which it was decided
  Timestamp changed_at;  ///< since when they did harm
  SuspensionCause cause = SuspensionCause::market_break;
  std::string reason;               ///< a sentence
  std::vector<VersionId> versions;  ///< ascending
  std::vector<VersionId> heard;     ///< of these, those that spoke: they go on being asked, so that they can come back
  SkillWatch recovery;              ///< of their mean rank IC since `found_at`
  bool is_carried_out = false;      ///< the registry knows of it
  bool has_recovered = false;       ///< they are to be reinstated
  /// At how many labels since the change vintages of it were last asked for; 0: not yet.
  std::int64_t labels_learned = 0;
};

nlohmann::json to_json(const Withdrawal& withdrawal);
/// The inverse. Error "drift.state"; throws what nlohmann throws on a foreign document.
Result<Withdrawal> read_withdrawal(const nlohmann::json& json, int horizon_bars, Interval interval);

/// After how many labels since a change of the market vintages are made of the rows since, ascending: the first ones
/// soon, because nobody speaks; the later ones because each knows twice or half as much again.
inline constexpr std::int64_t kLabelsSinceBreak[] = {24, 48, 72, 96, 144, 192};

}  // namespace clm
