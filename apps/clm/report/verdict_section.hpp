#pragma once
#include <string>
#include <vector>

#include "report/evidence.hpp"

namespace clm::app {

/// The decision and its reasons in plain words; for a refusal also what would have to change. HTML.
std::string verdict_box(const std::string& heading, const Evidence& evidence);

/// One sentence per limit that was missed: "Its win rate ... would have to be at least 50.0 %; it is 47.1 %."
std::vector<std::string> what_would_have_to_change(const VerdictFigures& verdict);

/// Every limit of the policy beside what was found. HTML.
std::string limits_table(const VerdictFigures& verdict);

}  // namespace clm::app
