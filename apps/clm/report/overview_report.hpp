#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "report/data_section.hpp"
#include "report/version_report.hpp"

namespace clm::app {

/// What was decided about: a version that was judged, a vintage of an accepted recipe, or a lineup of such.
enum class DecidedOn { judged, vintage, lineup };

/// What a cycle decided about one model type.
struct DecisionLine {
  std::string model_type, version, decision;  ///< `version` is empty if the training failed
  Estimate improvement;
  std::vector<std::string> reasons;
  DecidedOn what = DecidedOn::judged;
};

struct CycleLine {
  std::int64_t id = 0;
  Timestamp as_of;                      ///< nothing known later was read
  std::optional<Timestamp> decided_at;  ///< by the clock; cycles of older releases do not say
  std::string status;
  double seconds = 0;                 ///< of wall time
  std::vector<std::string> triggers;  ///< sentences
  std::vector<DecisionLine> decisions;
};

/// From when to when a version was the active one of its type, in the time of the data.
struct ActiveBand {
  std::string model_type, version;
  TimeRange range;         ///< to = Timestamp::max(): still is
  bool by_person = false;  ///< who let it in
};

/// All that a workspace's or a cycle's report is made of.
struct OverviewFacts {
  std::vector<CycleLine> cycles;  ///< oldest first
  std::vector<ActiveBand> active;
  std::int64_t shown_cycle = 0;          ///< whose candidates are described; 0 = none
  std::vector<VersionFacts> candidates;  ///< of the shown cycle
  std::vector<SeriesCoverage> data;
  std::string workspace;
  std::string speakers;  ///< who speaks now, in words: "ensemble 0123456789ab, made of ..."; empty: nobody
  LineupFigures lineup;  ///< the same with weights
  std::vector<std::string> without_vote;  ///< sentences: who does not speak, and why
  std::vector<std::string> due;           ///< sentences: when the next vintages are
};

/// Every candidate of the shown cycle, to be unfolded, decisions over time, the cycles in a table, and the data.
/// Without a cycle it says how to go on.
std::string overview_report(const OverviewFacts& facts, Timestamp made_at);
/// The shown cycle alone: its triggers, decisions and candidates.
std::string cycle_report(const OverviewFacts& facts, Timestamp made_at);

}  // namespace clm::app
