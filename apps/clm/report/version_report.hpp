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

namespace clm::app {

/// A line of a version's history.
struct HistoryLine {
  Timestamp at;
  std::string from, to, actor, reason;
};

/// Everything a report says about one version.
struct VersionFacts {
  std::string model_type, version, status;
  std::optional<Evidence> evidence;
  std::string evidence_problem;  ///< why there is none
  std::vector<FeatureShare> importance;
  std::string importance_problem;  ///< why there is none
  PermutationFacts permutation;
  std::vector<std::pair<std::string, std::string>> facts;  ///< of the manifest: name, value
  std::vector<HistoryLine> history;                        ///< oldest first
};

/// Decision, comparison, plots, importance, facts and history of a version. The section's id is "version-VERSION".
HtmlSection version_section(const VersionFacts& facts);

/// A training that made no version, or a decision whose version is gone: said in words.
HtmlSection failure_section(const std::string& model_type, const std::string& decision,
                            const std::vector<std::string>& reasons);

/// A page about one version.
std::string version_report(const VersionFacts& facts, Timestamp made_at);

}  // namespace clm::app
