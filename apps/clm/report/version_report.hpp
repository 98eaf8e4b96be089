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

/// Everything a report says about one version.
struct VersionFacts {
  std::string model_type, version;
  std::string status;  ///< in words; `standing.status` without what retention did
  Standing standing;
  std::optional<EvidenceFigures> evidence;
  std::string evidence_problem;  ///< why there is none
  std::vector<FeatureShare> importance;
  std::string importance_problem;  ///< why there is none
  PermutationFacts permutation;
  std::vector<std::pair<std::string, std::string>> facts;  ///< of the manifest: name, value
  std::vector<HistoryLine> history;                        ///< oldest first
};

/// Comparison, plots, importance, facts and history of a version, each to be unfolded. HTML.
std::string version_parts(const VersionFacts& facts, Fold first);
/// Standing and decision, then the parts. The section's id is "version-VERSION".
HtmlSection version_section(const VersionFacts& facts);

/// A page about one version.
std::string version_report(const VersionFacts& facts, Timestamp made_at);

}  // namespace clm::app
