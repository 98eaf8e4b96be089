#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "report/evidence.hpp"
#include "report/html_page.hpp"
#include "report/importance_figure.hpp"
#include "report/permutation_figure.hpp"
#include "report/verdict_section.hpp"

namespace clm::app {

/// A line of a version's history.
struct HistoryLine {
  std::optional<Timestamp> data_until;  ///< what was known then; none: a person's decision, which stands at no data
  std::optional<Timestamp> decided_at;  ///< by the clock; none: not recorded
  std::string from, to, actor, reason;
};

/// Vintages of accepted recipes that speak together.
struct LineupFigures {
  struct Member {
    std::string model_type, recipe, version;
    std::optional<Timestamp> learned_until;  ///< none: its record cannot be read
    double weight = kUnknown;
  };
  std::string why;              ///< it was made; empty: it was judged, and `evidence` says why
  std::vector<Member> members;  ///< by model type, what was learned last first
};
/// A table of them. HTML.
std::string lineup_table(const LineupFigures& lineup, std::string caption);

/// Everything a report says about one version.
struct VersionFacts {
  std::string model_type, version;
  std::string status;  ///< in words; `standing.status` without what retention did
  Standing standing;
  std::optional<EvidenceFigures> evidence;
  std::string evidence_problem;         ///< why there is none
  std::optional<LineupFigures> lineup;  ///< of an ensemble
  std::vector<FeatureShare> importance;
  std::string importance_problem;  ///< why there is none
  PermutationFacts permutation;
  std::vector<std::pair<std::string, std::string>> facts;  ///< of the manifest: name, value
  std::vector<HistoryLine> history;                        ///< oldest first
};

/// Of an ensemble: it was made of vintages of accepted recipes and not judged.
inline bool is_composed(const VersionFacts& facts) { return facts.lineup && !facts.lineup->why.empty(); }
/// What was decided about it and why. HTML.
std::string decision_box(const VersionFacts& facts);
/// Comparison, plots, importance, facts and history of a version, each to be unfolded. HTML.
std::string version_parts(const VersionFacts& facts, Fold first);
/// Standing and decision, then the parts. The section's id is "version-VERSION".
HtmlSection version_section(const VersionFacts& facts);

/// A page about one version.
std::string version_report(const VersionFacts& facts, Timestamp made_at);

}  // namespace clm::app
