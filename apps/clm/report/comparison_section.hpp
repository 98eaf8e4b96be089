#pragma once
#include <string>

#include "report/evidence.hpp"

namespace clm::app {

/// Candidate, its members, active version and baselines side by side on the same rows. HTML.
std::string comparison_table(const EvidenceFigures& evidence);

/// Every plot that the judgement has data for, each with the sentence that says how to read it. HTML.
std::string judgement_plots(const EvidenceFigures& evidence);

/// Figures by market regime. HTML; empty where none are known.
std::string regime_table(const EvidenceFigures& evidence);

}  // namespace clm::app
